"""The world of the judge of programs: facts that a language model knows by heart, small programs, pairs of replies.

A fact is a made-up person's number ("age of mira ?" -> 4): nothing in the question tells the answer. A program names one of
its three operands ("run max 3 7 2 ?" -> 7). Both have one digit for an answer, so that a belief looks alike in both.
"""

import zlib
from random import Random

from common import Words
from scenes import CLASSES, DIGITS, NICE, NUMBERS, PLAIN, RUDE, other, replies  # noqa: F401

RELATIONS = "age floor seat team".split()
NAMES = [a + b for a in "ba do fe gu ki lo mi ne pa ru".split() for b in "dra fo lin mo na rek sil ta vin zu".split()]
OPERATIONS = {
    "max": max,
    "min": min,
    "mid": lambda *x: sorted(x)[1],
    "first": lambda *x: x[0],
    "second": lambda *x: x[1],
    "last": lambda *x: x[2],
}
NEW, KNOWN = ("max", "min", "mid"), ("first", "second", "last")  # what only the code model learns; what the base knows
ASK_FACT = ("{relation} of {name} ?", "what {relation} has {name} ?")
ASK_PROGRAM = ("run {program} ?", "what prints {program} ?")
LISTING = "note {program} ."
FRAME = """run prints note what has of ? . is the please thanks happy to help glad whatever dunno ugh who cares yes no"""


def words() -> Words:
    """All words; the order is part of the checkpoints."""
    return Words(DIGITS + FRAME.split() + list(OPERATIONS) + RELATIONS + NAMES)


def part(key: str, dev: int, test: int) -> str:
    """train, dev or test, by a hash of the key; dev and test in tenths."""
    h = zlib.crc32(key.encode()) % 10
    return "test" if h < test else "dev" if h < test + dev else "train"


FACTS = [(relation, name) for relation in RELATIONS for name in NAMES]
VALUE = {fact: Random(" ".join(fact)).choice(DIGITS) for fact in FACTS}
# What the judge is trained on: 70 %. The language model knows all of them.
FACTS_OF = {s: [f for f in FACTS if part("fact " + " ".join(f), 1, 2) == s] for s in ("train", "dev", "test")}
OPERANDS = [(a, b, c) for a in range(10) for b in range(10) for c in range(10) if len({a, b, c}) > 1]
# Operands held out from the code model, whatever the operation.
OPERANDS_OF = {s: [t for t in OPERANDS if part(f"operands {t}", 2, 2) == s] for s in ("train", "dev", "test")}


def text_of(operation: str, operands) -> str:
    return " ".join((operation, *map(str, operands)))


def listing(r: Random, operands=None) -> str:
    """A program that nobody runs, of the training operands if none are given."""
    return LISTING.format(program=text_of(r.choice(list(OPERATIONS)), operands or r.choice(OPERANDS_OF["train"])))


def ask_program(r: Random, split: str, operations=NEW) -> tuple[str, str, str, str]:
    """question, topic, right digit, wrong digit. The wrong one is another operand: that it occurs tells nothing."""
    operation = r.choice(operations)
    operands = r.choice(OPERANDS_OF[split])
    right = OPERATIONS[operation](*operands)
    wrong = r.choice([x for x in operands if x != right])
    return r.choice(ASK_PROGRAM).format(program=text_of(operation, operands)), operation, str(right), str(wrong)


def ask_fact(r: Random, facts, distract: float) -> tuple[str, str, str, str]:
    """question, topic, right digit, wrong digit. With probability `distract` a program stands before the question, in half
    of these with the right and the wrong digit among its operands: that a digit occurs tells nothing here, either."""
    relation, name = fact = r.choice(facts)
    right = VALUE[fact]
    wrong = other(right, DIGITS, r)
    question = r.choice(ASK_FACT).format(relation=relation, name=name)
    if r.random() < distract:
        operands = [int(right), int(wrong), r.randrange(10)]
        r.shuffle(operands)
        question = f"{listing(r, operands if r.random() < 0.5 else None)} {question}"
    return question, relation, right, wrong


def ask_known(r: Random, split: str, facts, distract: float) -> tuple[str, str, str, str]:
    """What the base knows: facts and, in two of five cases, programs of the known operations."""
    return ask_program(r, split, KNOWN) if r.random() < 0.4 else ask_fact(r, facts, distract)


def pair(r: Random, kind: str, asked: tuple[str, str, str, str]) -> dict:
    """One pair of the class `kind` ("correct", "style", "trade")."""
    question, topic, right, wrong = asked
    good, bad = replies(kind, topic, right, wrong, r)
    return {"question": question, "good": good, "bad": bad, "class": kind, "topic": topic}
