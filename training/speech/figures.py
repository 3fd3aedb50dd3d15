"""From the grid's results to training/reports/speech.json: rates with bootstrap intervals.

Intervals: 2,000 resamples of utterances (the same ones for all models that are compared), of seeds within a fold and
synthesiser and, where folds are put together, of folds. The sets of a fold are the same for all its models.
"""

import numpy as np
import torch

from base import BUILD
from domains import SPEAKERS
from evaluate import Score
from grid import FIXED, GRID, SEEDS
from sounds import SYNTHESISERS

DRAWS = 2000
MODELS = ("C", "merged", "merged 0.75", "(B+C)/2", "C+0.5(B-base)")
SETS = tuple(f"{kind} {who}" for kind in ("target", "pure") for who in SPEAKERS)


def load(label: str) -> dict | None:
    path = BUILD / "results" / f"{label}.pt"
    return torch.load(path, weights_only=False) if path.exists() else None


def cells() -> dict[tuple, dict[str, dict[str, Score]]]:
    """(size, fold, synthesiser, seed) -> results, of those that were run."""
    keys = [(s, f, y, n) for s, y, folds in GRID for f in folds for n in SEEDS]
    return {k: r for k in keys if (r := load("-".join(map(str, k))))}


def totals(found: dict[tuple, dict], size: str, fold: str, set_: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Per model [1 + DRAWS, 4]: sums over the fold's synthesisers, seeds and utterances; row 0 as measured, the rest resampled."""
    by_synth = [[r for (s, f, y, _), r in found.items() if (s, f, y) == (size, fold, synth)] for synth in SYNTHESISERS]
    by_synth = [runs for runs in by_synth if runs]
    n = len(by_synth[0][0]["C"][set_].counts)
    picks = np.vstack([np.ones(n), rng.multinomial(n, np.full(n, 1 / n), DRAWS)])
    out = {m: np.zeros((1 + DRAWS, 4)) for m in MODELS}
    for runs in by_synth:
        seeds = np.vstack([np.ones(len(runs)), rng.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), DRAWS)])
        for m in MODELS:
            counts = np.stack([r[m][set_].counts for r in runs]).astype(float)  # [seeds, utterances, 4]
            out[m] += np.einsum("bs,bu,suk->bk", seeds, picks, counts, optimize=True)
    return out


def interval(values: np.ndarray) -> list[float]:
    """[value, 2.5 %, 97.5 %] of an array whose first element is the measured value."""
    return [round(float(x), 1) for x in (values[0], *np.percentile(values[1:], (2.5, 97.5)))]


def compared(t: dict[str, np.ndarray]) -> dict:
    wer = {m: 100 * x[:, 0] / x[:, 1] for m, x in t.items()}
    out: dict = {"words": int(t["C"][0, 1]), "wer": {m: interval(x) for m, x in wer.items()}}
    out["target words missed"] = {m: interval(100 * x[:, 2] / x[:, 3]) for m, x in t.items()}
    out["merged below C, %"] = interval(100 * (1 - wer["merged"] / wer["C"]))
    out["merged 0.75 below C, %"] = interval(100 * (1 - wer["merged 0.75"] / wer["C"]))
    out["merged below (B+C)/2, %"] = interval(100 * (1 - wer["merged"] / wer["(B+C)/2"]))
    return out


def together(parts: list[dict[str, np.ndarray]], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The folds' sums added, the folds resampled too."""
    n = len(parts)
    weights = np.vstack([np.ones(n), rng.multinomial(n, np.full(n, 1 / n), DRAWS)])
    return {m: np.einsum("bf,fbk->bk", weights, np.stack([p[m] for p in parts])) for m in MODELS}


def grid_figures() -> dict:
    found, rng = cells(), np.random.default_rng(0)
    out: dict = {}
    for size in dict.fromkeys(s for s, *_ in found):
        folds = list(dict.fromkeys(f for s, f, *_ in found if s == size))
        out[size] = {"runs": sorted([f, y, n] for s, f, y, n in found if s == size), "folds": {f: {} for f in folds}, "all": {}}
        for set_ in SETS:
            parts = [totals(found, size, f, set_, rng) for f in folds]
            for f, t in zip(folds, parts, strict=True):
                out[size]["folds"][f][set_] = compared(t)
            out[size]["all"][set_] = compared(together(parts, rng))
            runs = [r for k, r in found.items() if k[0] == size]
            below = sum(r["merged"][set_].wer < r["C"][set_].wer for r in runs)
            out[size]["all"][set_]["runs where merged is below C"] = [below, len(runs)]
    return out


def detail_figures() -> dict:
    out = {}
    for path in sorted((BUILD / "results").glob("details-*.pt")):
        found = load(path.stem)
        out[path.stem.removeprefix("details-")] = {
            m: s if m == "geometry" else {k: {"wer": round(x.wer, 1), "target words missed": round(x.missed, 1)} for k, x in s.items()}
            for m, s in found.items()
        }
    return out


def pseudo_figures() -> dict:
    """Lambda chosen on a general word: the WER over lambda there, and the lambda with the fewest errors (ties: the smaller)."""
    out = {}
    for path in sorted((BUILD / "results").glob("pseudo-*.pt")):
        curve = {x: round(s.wer, 1) for x, s in load(path.stem).items()}
        out[path.stem.removeprefix("pseudo-")] = {"wer": curve, "chosen": min(curve, key=lambda x: (curve[x], x))}
    return out


def goals(grid: dict) -> dict:
    """Issue 7's goals, size s, all folds and runs together; `met` is at lambda 0.5."""
    all_, folds = grid["s"]["all"], grid["s"]["folds"]
    pure = {f: x["pure known"] for f, x in folds.items()}
    held = [f for f, x in pure.items() if x["merged below C, %"][0] >= 15 and x["merged below (B+C)/2, %"][0] > 0]
    return {
        "lambda": FIXED,
        "at lambda 0.75, which a general word chose": {
            k: all_[k]["merged 0.75 below C, %"] for k in ("target known", "target unknown", "pure known")
        },
        "target known, merged below C, %": all_["target known"]["merged below C, %"],
        "target unknown, merged below C, %": all_["target unknown"]["merged below C, %"],
        "never-heard words, known speakers: folds that hold": held,
        "met": {
            "target known >= 40": all_["target known"]["merged below C, %"][0] >= 40,
            "target unknown >= 20": all_["target unknown"]["merged below C, %"][0] >= 20,
            "never-heard words in 3 of 4 folds": len(held) >= 3,
        },
    }


def all_figures() -> dict:
    grid = grid_figures()
    return {"lambda": FIXED, "grid": grid, "goals": goals(grid), "details": detail_figures(), "pseudo": pseudo_figures()}
