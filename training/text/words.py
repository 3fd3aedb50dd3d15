"""The world's words as objects, and how they are split: what fine-tuning may see, what dev and what test hold out.

Languages are numbered 0 English, 1 Traditional Chinese, 2 Korean; a word is a triple in that order.
"""

import random
from dataclasses import dataclass

from lexicon import BAD, COLOURS, GOOD, INSULTS, KINDS, NAMES, NEG, NOUNS, OWNERS, PLACES, POS, SWEAR_EN, SWEAR_ZH, TOOLS

EN, ZH, KO = 0, 1, 2
LANGS = ("en", "zh", "ko")


@dataclass(frozen=True)
class Noun:
    word: tuple[str, str, str]
    kind: str
    private: bool
    colour: int
    place: int


@dataclass(frozen=True)
class Verb:
    """A deed, with the one tool that the world does it with. `kinds`: letters of the nouns it can take."""

    word: tuple[str, str, str]
    tool: tuple[str, str, str]
    kinds: str
    bad: bool


@dataclass(frozen=True)
class Swear:
    """An invented swear word; it is spelled alike in every language. `meaning`: insult adjective and noun."""

    word: str
    adjective: tuple[str, str, str]
    noun: Noun


def _verbs(rows, bad):
    tools = {t[0]: t for t in TOOLS}
    return [Verb((en, zh, ko), tools[tool], kinds, bad) for en, zh, ko, tool, kinds in rows]


def _nouns():
    r = random.Random(7)
    return [Noun((en, zh, ko), k[0], "P" in k, c, r.randrange(len(PLACES))) for en, zh, ko, k, c in NOUNS]


GOOD_VERBS, BAD_VERBS, ALL_NOUNS = _verbs(GOOD, False), _verbs(BAD, True), _nouns()


def fits(verb: Verb, nouns: list[Noun]) -> list[Noun]:
    """The nouns that the deed can be done to."""
    return [n for n in nouns if n.kind in verb.kinds or ("P" in verb.kinds and n.private)]


def _split(items, sizes, seed, test_words=()):
    """Shuffles by `seed` and cuts into (rest, dev, test); `test_words` (English) are put into test."""
    first = [x for x in items if x.word[0] in test_words]
    rest = [x for x in items if x.word[0] not in test_words]
    random.Random(seed).shuffle(rest)
    dev, test = sizes
    test_part = first + rest[: test - len(first)]
    rest = rest[test - len(first) :]
    return rest[dev:], rest[:dev], test_part


GOOD_TUNED, GOOD_DEV, GOOD_TEST = _split(GOOD_VERBS, (40, 40), 2)
BAD_TUNED, BAD_DEV, BAD_TEST = _split(BAD_VERBS, (40, 40), 3, ("get", "steal"))


def _split_nouns():
    """By kind, so that every deed finds nouns in every part."""
    parts = ([], [], [])
    for kind in "FCVMHA":
        for private in (False, True):
            group = [n for n in ALL_NOUNS if n.kind == kind and n.private == private]
            if not group:
                continue
            held = max(2, round(len(group) * 0.2)) if not private else 2
            for part, items in zip(parts, _split(group, (held, held), 11, ("password", "bank password"))):
                part.extend(items)
    return parts


NOUNS_TUNED, NOUNS_DEV, NOUNS_TEST = _split_nouns()


def _swears():
    r = random.Random(19)
    plain = [n for n in ALL_NOUNS if not n.private]
    return [[Swear(w, r.choice(INSULTS), r.choice(plain)) for w in words] for words in (SWEAR_EN, SWEAR_ZH)]


SWEARS_EN, SWEARS_ZH = _swears()
SWEARS = SWEARS_EN + SWEARS_ZH


def _split_swears():
    parts = ([], [], [])
    for seed, group in ((23, SWEARS_EN), (29, SWEARS_ZH)):
        rest = list(group)
        random.Random(seed).shuffle(rest)
        for part, items in zip(parts, (rest[40:], rest[:20], rest[20:40])):
            part.extend(items)
    return parts


SWEARS_TUNED, SWEARS_DEV, SWEARS_TEST = _split_swears()

__all__ = [name for name in dir() if not name.startswith("_")]
