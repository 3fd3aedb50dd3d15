"""What each model of a fold reads, and the sets that it is measured on; each made once and kept in build/."""


import base
import sounds
from base import BUILD, bank, kept
from pools import EVEN_SPEED, Grammar, Pool, Voices, half_of, one_of, pool
from words import FOLDS, Fold

POOL = 2000  # utterances a domain
TEST, DEV = 150, 120  # utterances a set
SPEAKERS = ("known", "unknown")
# FSDD's recordings of a word and speaker: the first ten for the test, five for dev, the rest for training.
TAKES = {"test": range(10), "dev": range(10, 15), "train": range(15, 50)}


def fsdd() -> sounds.Bank:
    folder = sounds.fsdd_folder()
    if folder is None:
        raise SystemExit("FSDD=DIR is needed: the recordings of the Free Spoken Digit Dataset")
    return kept(BUILD / "bank-fsdd.pt", lambda: sounds.fsdd(folder))


def people(fold: Fold, who: str, split: str) -> Voices:
    def keep(voice: str) -> bool:
        speaker, take = voice.split("/")
        return (speaker in fold.unknown) == (who == "unknown") and int(take) in TAKES[split]

    return Voices(fsdd(), keep=keep)


def synthetic(name: str) -> Voices:
    return Voices(bank(name), mixed=name == "espeak-ng")


def grammar(fold: Fold, kind: str) -> Grammar:
    kinds = {"target": half_of(fold.target, fold.general), "pure": one_of(fold.target), "general": one_of(fold.general)}
    return kinds[kind]


def read_by(name: str, kind: str, source: str, words: Fold | None = None, speed: tuple[float, float] = EVEN_SPEED) -> Pool:
    """Training utterances of a fold: `kind` of string, `source` a synthesiser or "real"; `words` replaces the fold's split.

    All sources say the same strings, so that what A and B learn of the strings themselves cancels out in B - A.
    """
    fold = words or FOLDS[name]
    label = f"{name} {kind} {source}" + (f" {fold.target}" if words else "") + ("" if speed == EVEN_SPEED else f" {speed}")
    voices = people(FOLDS[name], "known", "train") if source == "real" else synthetic(source)
    path = BUILD / f"pool-{label.replace(' ', '-')}.pt"
    return kept(path, lambda: pool(voices, grammar(fold, kind), POOL, f"{name} {kind} train", speed=speed, narrow=source == "real"))


def measured_on(name: str, split: str, kind: str, who: str, words: Fold | None = None) -> Pool:
    """Real strings at their own speed."""
    fold = words or FOLDS[name]
    label = f"{name} {split} {kind} {who}" + (f" {fold.target}" if words else "")
    count = TEST if split == "test" else DEV
    voices = people(FOLDS[name], who, split)
    path = BUILD / f"set-{label.replace(' ', '-')}.pt"
    return kept(path, lambda: pool(voices, grammar(fold, kind), count, label, speed=None, narrow=True))


def synthetic_set(name: str, source: str, narrow: bool) -> Pool:
    """Synthetic target strings as C heard them, and the same ones without what is above 4 kHz."""
    path = BUILD / f"set-{name}-{source}-{'narrow' if narrow else 'wide'}.pt"
    label = f"{name} {source} bandwidth"
    return kept(path, lambda: pool(synthetic(source), grammar(FOLDS[name], "target"), TEST, label, speed=None, narrow=narrow))


def replay() -> Pool:
    return base.clean()


def telephone() -> Pool:
    """The base's first training data again: all its words, synthesised, low-passed, with echo, tone control and noise."""
    how = dict(words=(1, 4), speed=(0.87, 1.15), snr=(15, 40), narrow=True, hard=True)
    return kept(BUILD / "pool-telephone.pt", lambda: base.mixture(base.synthesised(), 3000, "telephone", **how))
