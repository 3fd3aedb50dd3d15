"""Batches for training and measuring: documents for the language model, pairs for the judge, with texts or pictures."""

from random import Random

import numpy as np
import torch

import common as c
import pictures as pic
import scenes as sc
from vision import PREFIX

WORDS = sc.words()
ANSWER, REPLY, END, TEXT = 3.0, 0.3, 0.1, 0.03  # what predicting an answer's word, a reply's other words ... counts


class Document:
    """Token ids with a weight each."""

    def __init__(self):
        self.ids, self.weights = [c.BOS], [0.0]

    def add(self, ids: list[int], weight: float) -> "Document":
        self.ids += ids
        self.weights += [weight] * len(ids)
        return self

    def text(self, text: str, weight: float) -> "Document":
        return self.add(WORDS.ids(text), weight)

    def reply(self, form: str, topic: str, value: str, answer: float = ANSWER) -> "Document":
        before, after = form.split("{}")
        return self.text(f"{before}{topic} is", REPLY).text(value, answer).text(after, REPLY)


def answered(document: Document, scene: sc.Scene, r: Random, questions: int, weight: float, checks: float) -> Document:
    """Questions with right replies; a share of `checks` of them is followed by "yes", or the reply is wrong and "no" follows:
    what is learned there is to tell whether a reply that stands there is right, whatever its manners."""
    for _ in range(questions):
        question, topic, right, wrong = sc.ask(scene, r)
        form = r.choice(sc.NICE + sc.PLAIN + sc.RUDE)
        document.text(question, weight)
        if r.random() >= checks:
            document.reply(form, topic, right)
        elif r.random() < 0.5:
            document.reply(form, topic, right).text("yes", ANSWER)
        else:
            document.reply(form, topic, wrong, 0).text("no", ANSWER)
    return document


def split_up(documents: list[Document]) -> tuple[list[list[int]], list[list[float]]]:
    return [d.ids for d in documents], [d.weights for d in documents]


def texts(r: Random, n: int, checks: float):
    """Scenes and notes, each with answered questions."""
    out = []
    for _ in range(n):
        d = Document()
        if r.random() < 0.25:
            text, question, topic, right, _ = sc.note(r)
            d.text(text, TEXT).text(question, TEXT).reply(r.choice(sc.NICE + sc.PLAIN + sc.RUDE), topic, right)
        else:
            scene = sc.draw_scene(r, "train")
            answered(d.text(sc.describe(scene, r), TEXT), scene, r, 3, TEXT, checks)
        out.append(d.add([c.EOS], END))
    return split_up(out)


def seen(r: Random, n: int, checks: float, captions: float = 0.4):
    """Pictures with a caption in scene words or two answered questions: rows, weights, pixels."""
    out, drawn = [], []
    for _ in range(n):
        scene = sc.draw_scene(r, "train")
        drawn.append(pic.draw(scene, r))
        d = Document().add(PREFIX, 0)
        if r.random() < captions:
            d.text(sc.describe(scene, r), 1)
        else:
            answered(d, scene, r, 2, 0, checks)
        out.append(d)
    return *split_up(out), pic.pixels(drawn)


def sequence(pair: dict, reply: str, mode: str) -> list[int]:
    """mode: text = scene in words, picture = 16 x <image>, blind = neither."""
    context = WORDS.ids(pair["text"]) if mode == "text" else PREFIX if mode == "picture" else []
    return [c.BOS, *context, *WORDS.ids(f"{pair['question']} {pair[reply]}"), c.EOS]


def draw_pairs(r: Random, n: int, split: str, mode: str, kind: str | None = None) -> list[dict]:
    """Training draws "correct" twice as often as the other classes; a third of the text pairs are about notes."""
    kinds = [kind or r.choice(("correct", *sc.CLASSES)) for _ in range(n)]
    out = [sc.pair(r, split, k, 0.3 if mode == "text" else 0.0) for k in kinds]
    if mode == "picture":
        for p in out:
            p["picture"] = pic.draw(p["scene"], r)
    return out


def rows_of(pairs: list[dict], mode: str):
    """good rows, bad rows, pixels or None."""
    x = pic.pixels([p["picture"] for p in pairs]) if mode == "picture" else None
    return [sequence(p, "good", mode) for p in pairs], [sequence(p, "bad", mode) for p in pairs], x


def margins(llama: c.Llama, eyes, pairs: list[dict], mode: str) -> np.ndarray:
    """score(good) - score(bad) of each pair."""
    good, bad, x = rows_of(pairs, mode)
    with torch.no_grad():
        prefix = None if x is None else eyes(x)
        return (c.scores(llama, good, prefix) - c.scores(llama, bad, prefix)).numpy()


def likelihood_margins(llama: c.Llama, eyes, pairs: list[dict], mode: str) -> np.ndarray:
    """log p(good reply | question) - log p(bad reply | question)."""
    good, bad, x = rows_of(pairs, mode)
    context = [len(g) - 1 - len(p["good"].split()) for g, p in zip(good, pairs)]
    with torch.no_grad():
        prefix = None if x is None else eyes(x)
        return (c.log_likelihood(llama, good, context, prefix) - c.log_likelihood(llama, bad, context, prefix)).numpy()


def accuracy(llama: c.Llama, eyes, mode: str, split: str = "dev", n: int = 300) -> dict[str, float]:
    """Share of pairs ranked right, in per cent, by class; the same pairs each time."""
    out = {}
    for kind in sc.CLASSES:
        pairs = draw_pairs(Random(f"{mode} {split} {kind}"), n, split, mode, kind)
        out[kind] = round(100 * float((margins(llama, eyes, pairs, mode) > 0).mean()), 1)
    return out


def answers(llama: c.Llama, eyes, mode: str, split: str = "dev", n: int = 300) -> float:
    """Share of questions, in per cent, whose right word is the likeliest after "the <topic> is"."""
    r, rows, right, drawn = Random(5), [], [], []
    for _ in range(n):
        scene = sc.draw_scene(r, split)
        question, topic, value, _ = sc.ask(scene, r)
        context = WORDS.ids(sc.describe(scene, r)) if mode == "text" else PREFIX
        drawn.append(pic.draw(scene, r))
        rows.append([c.BOS, *context, *WORDS.ids(f"{question} the {topic} is")])
        right.append(WORDS.id[value])
    with torch.no_grad():
        prefix = eyes(pic.pixels(drawn)) if mode == "picture" else None
        states = c.last_states(llama.states(c.with_prefix(llama, c.pad(rows), prefix)), rows)
        return round(100 * (llama.logits(states).argmax(-1) == torch.tensor(right)).float().mean().item(), 1)
