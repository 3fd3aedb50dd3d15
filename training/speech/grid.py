"""Trains and measures everything: FSDD=DIR python training/speech/grid.py [--until HH:MM]. Resumable; results in build/results/.

A cell is (size, fold, synthesiser, seed). Seeds are the outer loop, so that a grid that is stopped early is a balanced one.
"""

import argparse
import datetime
import time

import torch

import domains
import recipes
from base import BUILD, base, kept
from evaluate import Ear, Score, analogy, cosine, difference, mean, merged, random_like
from model import State
from recipes import ENCODER, general, state, target
from words import FOLDS, Fold

SEEDS = range(5)
FEWER = ("t789", "t136")
GRID = (("s", "espeak-ng", tuple(FOLDS)), ("xs", "espeak-ng", FEWER), ("s", "flite", FEWER), ("xs", "flite", FEWER))
FIXED = 0.5
CURVE = (-0.5, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
DESIGN = recipes.CHOSEN
JOINT_STEPS = 120  # from C with the decoder frozen, or from the base, all parameters
Scores = dict[str, dict[str, Score]]  # model -> "kind who" -> score


def tests(name: str, kinds=("target", "pure")) -> dict:
    return {f"{k} {w}": domains.measured_on(name, "test", k, w) for k in kinds for w in domains.SPEAKERS}


def b_state(size: str, name: str, seed: int) -> State:
    return state(f"{size}-{name}-real-b-{seed}", lambda: general(size, name, "real", seed, DESIGN))


def a_state(size: str, name: str, synth: str, seed: int) -> State:
    return state(f"{size}-{name}-{synth}-a-{seed}", lambda: general(size, name, synth, seed, DESIGN))


def c_state(size: str, name: str, synth: str, seed: int) -> State:
    return state(f"{size}-{name}-{synth}-c-{seed}", lambda: target(size, name, synth, seed))


def oracle_state(size: str, name: str, seed: int) -> State:
    return state(f"{size}-{name}-real-oracle-{seed}", lambda: target(size, name, "real", seed))


def joint_state(size: str, name: str, synth: str, seed: int, plain: bool = False) -> State:
    start = base(size) if plain else c_state(size, name, synth, seed)
    key = "joint plain" if plain else "joint"
    only = ("",) if plain else ENCODER
    label = f"{size}-{name}-{synth}-{key.replace(' ', '-')}-{seed}"
    return state(label, lambda: recipes.joint(start, size, name, synth, seed, only, JOINT_STEPS))


def results(label: str, make) -> Scores:
    (BUILD / "results").mkdir(parents=True, exist_ok=True)
    return kept(BUILD / "results" / f"{label}.pt", make)


def cell(size: str, name: str, synth: str, seed: int) -> Scores:
    """The comparison that every cell gets."""

    def make() -> Scores:
        ear, sets, words = Ear(size), tests(name), FOLDS[name].target
        a, b, c = a_state(size, name, synth, seed), b_state(size, name, seed), c_state(size, name, synth, seed)
        models = {"C": c, "merged": analogy(c, b, a, FIXED), "merged 0.75": analogy(c, b, a, 0.75), "(B+C)/2": mean([b, c])}
        models["C+0.5(B-base)"] = merged(c, (0.5, b), (-0.5, base(size)))
        return {m: {k: ear.score(s, v, words) for k, v in sets.items()} for m, s in models.items()}

    return results(f"{size}-{name}-{synth}-{seed}", make)


def details(size: str, name: str, synth: str, seed: int = 0) -> Scores:
    """The other controls, the lambda curve and what the parts score; one seed."""

    def make() -> Scores:
        ear, sets, words = Ear(size), tests(name, ("target", "pure", "general")), FOLDS[name].target
        a, b, c = a_state(size, name, synth, seed), b_state(size, name, seed), c_state(size, name, synth, seed)
        v = difference(b, a)
        models = {"base": base(size), "A": a, "B": b, "C": c, "oracle": oracle_state(size, name, seed)}
        models |= {"joint": joint_state(size, name, synth, seed), "joint plain": joint_state(size, name, synth, seed, True)}
        models |= {"random": merged(c, (FIXED, random_like(v, seed)))}
        models |= {f"lambda {x}": merged(c, (x, v)) for x in CURVE}
        out = {m: {k: ear.score(s, t, words) for k, t in sets.items()} for m, s in models.items()}
        for width in ("wide", "narrow"):
            set_ = domains.synthetic_set(name, synth, width == "narrow")
            for m in ("C", "lambda 0.5"):
                out[m][f"synthetic {width}"] = ear.score(models[m], set_, words)
        o = models["oracle"]
        out["geometry"] = {
            "cos(A-base, B-base)": cosine(difference(a, base(size)), difference(b, base(size))),
            "cos(B-A, oracle-C)": cosine(v, difference(o, c)),
        }  # fmt: skip
        return out

    return results(f"details-{size}-{name}-{synth}-{seed}", make)


def pseudo(size: str, name: str, synth: str, seed: int = 0) -> dict:
    """Lambda without target speech: a general word plays the target, A' and B' do without it, and its real dev recordings choose."""

    def make() -> dict:
        fold, ear = FOLDS[name], Ear(size)
        words = Fold((fold.pseudo,), fold.unknown, fold.pseudo, fold.general)
        a, b = (
            state(f"pseudo-{size}-{name}-{s}-{seed}", lambda s=s: general(size, name, s, seed, DESIGN, words)) for s in (synth, "real")
        )
        c = state(f"pseudo-{size}-{name}-{synth}-c-{seed}", lambda: target(size, name, synth, seed, words))
        set_ = domains.measured_on(name, "dev", "target", "known", words)
        return {x: ear.score(analogy(c, b, a, x), set_, words.target) for x in (0.0, *CURVE[1:])}

    return results(f"pseudo-{size}-{name}-{synth}-{seed}", make)


def jobs() -> list[tuple]:
    """The first seed of the first two rows of GRID, what one seed must do for, then the rest."""
    cells = [(cell, size, name, synth, seed) for seed in SEEDS for size, synth, names in GRID for name in names]
    first = len(GRID[0][2])
    extras = [(job, "s", name, "espeak-ng") for name in FEWER for job in (details, pseudo)]
    return cells[:first] + extras[:1] + cells[first : first + 1] + extras[1:2] + cells[first + 1 :] + extras[2:]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--until", help="HH:MM, begins no job after that")
    until = parser.parse_args().until
    torch.set_num_threads(1)
    for job, *about in jobs():
        if until and datetime.datetime.now().strftime("%H:%M") >= until:
            print("stopped", job.__name__, *about, flush=True)
            break
        began = time.process_time()
        job(*about)
        now = datetime.datetime.now().strftime("%H:%M:%S")
        print(now, job.__name__, *about, f"cpu {time.process_time() - began:.0f}", flush=True)


if __name__ == "__main__":
    main()
