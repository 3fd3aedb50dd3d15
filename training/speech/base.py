"""Trains the bases, and the banks of synthesised words that all training reads. Resumable.

    python training/speech/base.py [SIZE ...]
"""

import sys
from pathlib import Path

import torch

import sounds
import train
from model import State
from pools import Pool, Voices, joined, one_of, pool
from words import DIGITS, HEARD

HERE = Path(__file__).parent
BUILD = HERE / "build"
HARD_STEPS = {"s": 3000, "xs": 2400}
CLEAN_STEPS = 500
SEED = 1


def kept(path: Path, make):
    """What `make` returns, from `path` if it was made before."""
    if not path.exists():
        BUILD.mkdir(exist_ok=True)
        value = make()
        part = path.with_suffix(".part")
        torch.save(value, part)
        part.rename(path)
    return torch.load(path, weights_only=False)


def bank(name: str) -> sounds.Bank:
    return kept(BUILD / f"bank-{name}.pt", lambda: sounds.synthesise(name, sounds.training_counts(name), SEED))


def synthesised() -> Voices:
    return Voices(*(bank(n) for n in sounds.SYNTHESISERS), mixed=True)


def mixture(voices: Voices, count: int, seed: str, **how) -> Pool:
    """Three fifths of the utterances over all thirty words, the rest over digits alone."""
    many = count * 3 // 5
    all_words = pool(voices, one_of(HEARD), many, seed + " all", **how)
    return joined(all_words, pool(voices, one_of(DIGITS), count - many, seed + " digits", **how))


def stages() -> list[tuple[float, Pool]]:
    """Curriculum at telephone bandwidth: single words, then two, then up to four; the last seven tenths are strongly augmented."""
    v, wide = synthesised(), (0.87, 1.15)
    easy = dict(speed=wide, snr=(20, 40), narrow=True)
    hard = dict(speed=wide, snr=(8, 35), narrow=True, hard=True)
    return [
        (0.10, mixture(v, 3000, "one", words=(1, 1), **easy)),
        (0.17, mixture(v, 2500, "two", words=(1, 2), **easy)),
        (0.30, mixture(v, 4000, "four", words=(1, 4), **easy)),
        (1.01, mixture(v, 16000, "hard", words=(1, 4), **hard)),
    ]


def clean() -> Pool:
    """Studio-clean, full bandwidth: what the base hears last and what replay repeats."""
    return kept(BUILD / "pool-clean.pt", lambda: mixture(synthesised(), 6000, "clean", words=(1, 4)))


def base(size: str) -> State:
    def make() -> State:
        hard = kept(BUILD / f"hard-{size}.pt", lambda: train.pretrain(
            size, kept(BUILD / "pool-stages.pt", stages), HARD_STEPS[size]
        ))  # fmt: skip
        return train.tune(hard, size, [(1.0, clean())], count=CLEAN_STEPS, rate=8e-4, seed=SEED)

    return kept(BUILD / f"base-{size}.pt", make)


def main() -> None:
    torch.set_num_threads(1)
    for size in sys.argv[1:] or HARD_STEPS:
        base(size)
        print(f"base {size} is ready", flush=True)


if __name__ == "__main__":
    main()
