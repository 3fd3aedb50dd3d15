"""16x16 RGB pictures of a scene, drawn on a 4x finer grid and averaged, as the page averages what a visitor draws."""

from random import Random

import numpy as np
import torch

from scenes import Scene

SIDE, FINE = 16, 4
RGB = {
    "red": (1, 0.1, 0.1), "green": (0.1, 0.8, 0.2), "blue": (0.15, 0.25, 1), "yellow": (1, 0.9, 0.1),
    "cyan": (0.1, 0.9, 0.95), "purple": (0.6, 0.1, 0.7),
}  # fmt: skip
GROUND = {"dark": 0.12, "light": 0.6}
Y, X = (np.mgrid[0 : SIDE * FINE, 0 : SIDE * FINE] + 0.5) / FINE  # centres of the fine pixels, in pixels


def shape(name: str, y: float, x: float, radius: float) -> np.ndarray:
    """Coverage [16, 16] of a shape around (y, x); `radius` in pixels."""
    dy, dx = Y - y, X - x
    if name == "circle":
        inside = dy**2 + dx**2 < radius**2
    elif name == "square":
        inside = np.maximum(abs(dy), abs(dx)) < radius * 0.9
    elif name == "triangle":
        inside = (abs(dy) < radius) & (abs(dx) < (dy + radius) / 2)
    else:
        arm = max(0.8, radius * 0.3)
        inside = (np.minimum(abs(dy), abs(dx)) < arm) & (np.maximum(abs(dy), abs(dx)) < radius)
    return inside.reshape(SIDE, FINE, SIDE, FINE).mean((1, 3)).astype(np.float32)


def draw(scene: Scene, r: Random) -> np.ndarray:
    """8-bit pixels [16, 16, 3]: place, size, brightness, tint and noise vary."""
    big = scene["size"] == "big"
    radius = r.uniform(3.2, 3.9) if big else r.uniform(1.8, 2.4)
    slack = 0.7 if big else 1.3
    y = (4 if scene["place"][0] == "n" else 12) + r.uniform(-slack, slack)
    x = (4 if scene["place"][1] == "w" else 12) + r.uniform(-slack, slack)
    cover = shape(scene["shape"], y, x, radius)[..., None]
    tint = np.array([r.uniform(-0.06, 0.06) for _ in range(6)], np.float32)
    ground = GROUND[scene["ground"]] * r.uniform(0.75, 1.15) + tint[:3] / 2
    ink = np.array(RGB[scene["color"]], np.float32) * r.uniform(0.8, 1) + tint[3:]
    picture = ground * (1 - cover) + ink * cover
    noise = np.random.RandomState(r.randrange(2**31)).randn(SIDE, SIDE, 3) * r.uniform(0, 0.05)
    return np.clip((picture + noise) * 255 + 0.5, 0, 255).astype(np.uint8)


def pixels(pictures: list[np.ndarray]) -> torch.Tensor:
    """8-bit pictures -> the model's input [batch, 3, 16, 16] in -1 .. 1."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() * (2 / 255) - 1
