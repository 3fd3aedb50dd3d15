"""What NumPy finds in the four vectors of the lesson `interference`.

    python training/goldens_analyze.py

Reads public/zoo; writes test/golden/analyze/interference.json. A second run writes the same bytes. Task vectors are
float32 differences of the decoded weights; of each tensor the largest fifth is kept (mergekit's rule: max(1,
floor(density * n)), lower index first among equals); signs are elected by the float32 sum of what is kept (TIES,
arXiv:2306.01708). Sums are in float64. Histograms count the binary exponents of what changed; rounding loss is
w * tau against round(base + w * tau) - round(base) in float16 and bfloat16. Of one matrix: singular values by LAPACK.
Kinship: distance and angle of the matrices themselves, of each model to the base.
"""

import functools
import itertools
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

ROOT = Path(__file__).resolve().parent.parent
ZOO = ROOT / "public" / "zoo"
OUT = ROOT / "test" / "golden" / "analyze" / "interference.json"
VECTORS = ["repeat", "reverse", "translate", "list"]
DENSITY = 0.2
# Kept apart from the total, so that an error is found where it is.
ONE = "model.layers.1.mlp.gate_proj.weight"


def largest(delta: np.ndarray) -> np.ndarray:
    keep = max(1, int(np.floor(DENSITY * delta.size)))
    mask = np.zeros(delta.size, bool)
    mask[np.argsort(-np.abs(delta), kind="stable")[:keep]] = True
    return mask & (delta != 0)


# As in the recipe of the lesson: TIES' density is given, the weights are 1.
WEIGHT = np.float32(1)
# A slice of a vector, so that a narrow format takes something away even from weights that were stored in it.
SOFT = np.float32(0.3)
FIRST_EXPONENT = -36
BINS = 40


def histogram(delta: np.ndarray) -> list[int]:
    exponents = np.frexp(delta[delta != 0])[1] - 1
    return np.bincount(np.clip(exponents - FIRST_EXPONENT, 0, BINS - 1), minlength=BINS).tolist()


def narrow(values: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    return torch.from_numpy(values).to(dtype).to(torch.float32).numpy()


def rounding(base: np.ndarray, delta: np.ndarray, weight: np.float32, dtype: torch.dtype) -> dict[str, float]:
    term = weight * delta
    survives = (narrow(base + term, dtype) - narrow(base, dtype)).astype(np.float64)[term != 0]
    term = term.astype(np.float64)[term != 0]
    return {
        "squares": float((term**2).sum()),
        "lost": float(((term - survives) ** 2).sum()),
        "changed": int(term.size),
        "vanished": int((survives == 0).sum()),
    }


def fine(base: np.ndarray, delta: np.ndarray, weight: np.float32) -> dict:
    return {
        "histogram": histogram(delta),
        "rounding": {
            "F16": rounding(base, delta, weight, torch.float16),
            "BF16": rounding(base, delta, weight, torch.bfloat16),
        },
    }


def spectrum(delta: np.ndarray, shape: tuple[int, ...]) -> dict:
    values = np.linalg.svd(delta.reshape(-1, shape[-1]).astype(np.float64), compute_uv=False)
    return {"values": values[:32].tolist(), "squares": float((delta.astype(np.float64) ** 2).sum())}


def kinship(base: dict[str, np.ndarray], model: dict[str, np.ndarray], matrices: list[str]) -> dict[str, float]:
    a, b = (np.concatenate([one[name] for name in matrices]).astype(np.float64) for one in (base, model))
    return {
        "relative": float(np.linalg.norm(b - a) / np.linalg.norm(a)),
        "cosine": float(a @ b / np.linalg.norm(a) / np.linalg.norm(b)),
    }


def signs(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> dict[str, float]:
    opposite = where & (np.sign(a) != np.sign(b))
    common = np.minimum(np.abs(a), np.abs(b)).astype(np.float64)
    return {
        "both": int(where.sum()),
        "opposite": int(opposite.sum()),
        "common": float(common[where].sum()),
        "cancelled": float(common[opposite].sum()),
    }


def mixed(deltas: list[np.ndarray], masks: list[np.ndarray]) -> dict[str, int]:
    plus = sum((m & (d > 0)).astype(int) for d, m in zip(deltas, masks))
    minus = sum((m & (d < 0)).astype(int) for d, m in zip(deltas, masks))
    return {"several": int((plus + minus > 1).sum()), "mixed": int(((plus > 0) & (minus > 0)).sum())}


def measure(base: np.ndarray, tunes: list[np.ndarray]) -> dict:
    deltas = [tune - base for tune in tunes]
    masks = [largest(delta) for delta in deltas]
    terms = [np.where(mask, delta, np.float32(0)) for delta, mask in zip(deltas, masks)]
    total = terms[0].copy()
    for term in terms[1:]:
        total += term
    elected = np.where(total >= 0, 1, -1)
    agrees = [(term != 0) & (np.sign(term) == elected) for term in terms]
    voters = np.maximum(sum(a.astype(np.float32) for a in agrees), 1).astype(np.float32)
    mean = np.zeros_like(base)
    for term, agree in zip(terms, agrees):
        mean += term * agree
    plain = deltas[0].copy()
    for delta in deltas[1:]:
        plain += delta
    combination = sum(mask.astype(int) << i for i, mask in enumerate(masks))
    wide = [delta.astype(np.float64) for delta in deltas]
    every = [delta != 0 for delta in deltas]
    return {
        "weights": int(base.size),
        "origin": float((base.astype(np.float64) ** 2).sum()),
        "fine": [fine(base, delta, WEIGHT) for delta in deltas],
        "vectors": [
            {
                "squares": float((w * w).sum()),
                "magnitude": float(np.abs(w).sum()),
                "changed": int((w != 0).sum()),
                "kept": int(mask.sum()),
                "whole": float(np.abs(w).sum()),
                "cast": float(np.abs(term.astype(np.float64)).sum()),
                "outvoted": int(((term != 0) & ~agree).sum()),
                "dropped": float(np.abs(term.astype(np.float64))[~agree].sum()),
            }
            for w, mask, term, agree in zip(wide, masks, terms, agrees)
        ],
        "pairs": [
            {
                "dot": float((wide[i] * wide[j]).sum()),
                "changed": signs(deltas[i], deltas[j], every[i] & every[j]),
                "kept": signs(deltas[i], deltas[j], masks[i] & masks[j]),
            }
            for i, j in itertools.combinations(range(len(deltas)), 2)
        ],
        "changed": mixed(deltas, every),
        "kept": mixed(deltas, masks),
        "combinations": np.bincount(combination, minlength=1 << len(deltas)).tolist(),
        "elected": {
            "positive": int(((mean > 0)).sum()),
            "negative": int(((mean < 0)).sum()),
            "sumSquares": float((plain.astype(np.float64) ** 2).sum()),
            "meanSquares": float(((mean / voters).astype(np.float64) ** 2).sum()),
        },
    }


def add(a, b):
    if isinstance(a, dict):
        return {key: add(a[key], b[key]) for key in a}
    if isinstance(a, list):
        return [add(x, y) for x, y in zip(a, b, strict=True)]
    return a + b


def load(model: str) -> dict[str, np.ndarray]:
    tensors = load_file(ZOO / model / "model.safetensors")
    return {name: tensor.astype(np.float32).ravel() for name, tensor in tensors.items()}


def main() -> None:
    base = load("base-1")
    models = [load(f"{vector}-m-1") for vector in VECTORS]
    tensors = {name: measure(base[name], [model[name] for model in models]) for name in sorted(base)}
    total = functools.reduce(add, tensors.values())
    shapes = {name: tensor.shape for name, tensor in load_file(ZOO / "base-1" / "model.safetensors").items()}
    deltas = [model[ONE] - base[ONE] for model in models]
    golden = {
        "vectors": VECTORS,
        "density": DENSITY,
        "fine": total.pop("fine"),
        "total": total,
        "tensors": {ONE: tensors[ONE]},
        "soft": [fine(base[ONE], delta, SOFT)["rounding"] for delta in deltas],
        "spectra": [spectrum(delta, shapes[ONE]) for delta in deltas],
        "kin": [kinship(base, model, [name for name in sorted(base) if len(shapes[name]) > 1]) for model in models],
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
