"""Why adding four skills fails: trimming, election and averaging apart, each at the same lengths.

    python training/text/causes.py

Reads public/zoo; writes training/reports/causes.json: way -> length -> answers kept on the test split of the lesson
`interference`. A way is scaled to a length (L2 norm of what is added to the base), so that what it does to the direction
is told apart from how far it goes. The lengths are those of TIES, of the sum of the trimmed vectors, and of the plain sum.
"""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import interference as fourfold  # noqa: E402
import masks  # noqa: E402
import zoo as built  # noqa: E402

SIZE = "m"
Way = Callable[[list[np.ndarray]], np.ndarray]


def trimmed(delta: np.ndarray) -> np.ndarray:
    return delta * masks.magnitude_mask(delta.ravel(), fourfold.DENSITY).reshape(delta.shape)


def elected(terms: list[np.ndarray], mean: bool) -> np.ndarray:
    """The sum, or mean, of the terms that have the sign of the sum of all."""
    sign = np.where(sum(terms) >= 0, 1, -1)
    agrees = [(np.sign(term) == sign) & (term != 0) for term in terms]
    total = sum(term * agree for term, agree in zip(terms, agrees))
    return total / np.maximum(sum(agree.astype(np.float32) for agree in agrees), 1) if mean else total


WAYS: dict[str, Way] = {
    "sum": lambda deltas: sum(deltas),
    "elect": lambda deltas: elected(deltas, mean=False),
    "elect, mean": lambda deltas: elected(deltas, mean=True),
    "trim": lambda deltas: sum(map(trimmed, deltas)),
    "trim, elect": lambda deltas: elected([trimmed(d) for d in deltas], mean=False),
    "trim, elect, mean": lambda deltas: elected([trimmed(d) for d in deltas], mean=True),
}


def added(base: dict, tunes: dict[str, dict], way: Way) -> dict[str, np.ndarray]:
    return {
        name: np.asarray(way([tune[name].numpy() - origin.numpy() for tune in tunes.values()]), np.float32)
        for name, origin in base.items()
    }


def length(change: dict[str, np.ndarray]) -> float:
    return float(np.sqrt(sum((values.astype(np.float64) ** 2).sum() for values in change.values())))


def main() -> None:
    torch.set_num_threads(1)
    base, tunes = fourfold.family(built.zoo_states(), SIZE)
    text = built.zoo_text()
    items = json.loads((built.ZOO / "probes" / "interference-test.json").read_text())["items"]
    changes = {name: added(base, tunes, way) for name, way in WAYS.items()}
    own = {name: length(change) for name, change in changes.items()}
    targets = [own["trim, elect, mean"], own["trim"], own["sum"]]
    out: dict = {"lengths": own, "kept": {}}
    for name, change in changes.items():
        out["kept"][name] = {}
        for target in targets:
            scale = np.float32(target / own[name])
            state = {key: origin + torch.from_numpy(scale * change[key]) for key, origin in base.items()}
            out["kept"][name][f"{target:.2f}"] = fourfold.kept(state, text, items, SIZE)
            print(name, f"{target:.2f}", out["kept"][name][f"{target:.2f}"]["all"]["right"], flush=True)
    (built.REPORTS / "causes.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
