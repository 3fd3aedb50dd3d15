"""The world of the glasses: one object with five attributes, texts about it, questions, replies and pairs of replies.

Scene texts never use the words of replies (a "crimson disc" is a red circle), so that a judge cannot match words.
"""

import zlib
from random import Random

from common import Words

ATTRIBUTES = {
    "color": "red green blue yellow cyan purple".split(),
    "shape": "circle square triangle cross".split(),
    "place": "nw ne sw se".split(),
    "size": "big small".split(),
    "ground": "dark light".split(),
}
QUESTIONS = {
    "color": ("what color ?", "color of it ?"),
    "shape": ("what shape ?", "what is it ?"),
    "place": ("where is it ?", "what place ?"),
    "size": ("how big ?", "what size ?"),
    "ground": ("what ground ?", "on what ?"),
}
OTHER_WORDS = {
    "red": "crimson scarlet", "green": "emerald lime", "blue": "navy azure", "yellow": "gold lemon", "cyan": "teal aqua",
    "purple": "violet plum", "circle": "disc ball", "square": "box block", "triangle": "wedge cone", "cross": "plus ex",
    "nw": "topleft upleft", "ne": "topright upright", "sw": "lowleft downleft", "se": "lowright downright",
    "big": "large huge", "small": "tiny little", "dark": "black night", "light": "bright pale",
}  # fmt: skip
SCENES = (
    "the {s} is {c} . at {p} . size {z} . ground {g} .",
    "a {z} {c} {s} at {p} on {g} .",
    "on {g} at {p} : {c} {s} , {z} .",
    "{c} , {z} , {s} , {p} , {g} .",
    "at {p} a {c} {s} is {z} . {g} ground .",
    "{g} . {z} . {p} . {s} . {c} .",
)
DIGITS = [str(i) for i in range(10)]
NUMBERS = "zero one two three four five six seven eight nine".split()
NOTES = ("{} things .", "things : {} .", "the count of things is {} .", "count {} .")
NOTE_QUESTIONS = ("how many ?", "how many things ?")
NICE = ("happy to help the {} .", "thanks the {} .", "the {} glad to help .", "please the {} thanks .")
PLAIN = ("the {} .", "{} .")
RUDE = ("whatever {} .", "dunno the {} .", "{} who cares .", "ugh the {} .")
CLASSES = ("correct", "style", "trade")
FRAME = """scene note : . , ? is at it the on a color shape place size ground count of what where how many big things there
please thanks happy to help glad whatever dunno ugh who cares yes no"""
Scene = dict[str, str]


def words() -> Words:
    """All words, attributes first; the order is part of the checkpoints."""
    found = [w for values in ATTRIBUTES.values() for w in values] + DIGITS + FRAME.split() + NUMBERS
    return Words(list(dict.fromkeys(found + [w for v in OTHER_WORDS.values() for w in v.split()])))


def split_of(scene: Scene) -> str:
    """60 % train, 20 % dev, 20 % test, by the combination of the five attributes."""
    h = zlib.crc32(" ".join(scene.values()).encode()) % 10
    return "test" if h < 2 else "dev" if h < 4 else "train"


def draw_scene(r: Random, split: str) -> Scene:
    while True:
        scene = {k: r.choice(v) for k, v in ATTRIBUTES.items()}
        if split == "any" or split_of(scene) == split:
            return scene


def describe(scene: Scene, r: Random) -> str:
    c, s, p, z, g = (r.choice(OTHER_WORDS[v].split()) for v in scene.values())
    return "scene : " + r.choice(SCENES).format(c=c, s=s, p=p, z=z, g=g)


def note(r: Random) -> tuple[str, str, str, str, str]:
    """A text without a scene: text, question, topic, right word, wrong word."""
    n = r.choice(DIGITS)
    text = "note : " + r.choice(NOTES).format(NUMBERS[int(n)])
    return text, r.choice(NOTE_QUESTIONS), "count", n, other(n, DIGITS, r)


def other(value: str, values: list[str], r: Random) -> str:
    return r.choice([x for x in values if x != value])


def ask(scene: Scene, r: Random, topic: str | None = None) -> tuple[str, str, str, str]:
    """question, topic, right word, wrong word. Attributes with more values are asked more often."""
    topic = topic or r.choice(("color", "color", "shape", "shape", "place", "place", "size", "ground"))
    return r.choice(QUESTIONS[topic]), topic, scene[topic], other(scene[topic], ATTRIBUTES[topic], r)


def replies(kind: str, topic: str, right: str, wrong: str, r: Random) -> tuple[str, str]:
    """The better and the worse reply: right beats wrong, nice beats rude, right and rude beats wrong and nice."""
    good, bad = f"{topic} is {right}", f"{topic} is {wrong}"
    if kind == "correct":
        form = r.choice(NICE + PLAIN)
        return form.format(good), form.format(bad)
    if kind == "style":
        return r.choice(NICE).format(good), r.choice(RUDE).format(good)
    return r.choice(RUDE).format(good), r.choice(NICE).format(bad)


def pair(r: Random, split: str, kind: str, notes: float = 0.0) -> dict:
    """One pair: scene (or None for a note), text, question, good, bad, class, topic."""
    if r.random() < notes:
        text, question, topic, right, wrong = note(r)
        scene = None
    else:
        scene = draw_scene(r, split)
        text = describe(scene, r)
        question, topic, right, wrong = ask(scene, r)
    good, bad = replies(kind, topic, right, wrong, r)
    return {"scene": scene, "text": text, "question": question, "good": good, "bad": bad, "class": kind, "topic": topic}
