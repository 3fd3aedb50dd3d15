"""How many of four skills survive when their task vectors are added, by method and by size."""

from collections import defaultdict
from itertools import combinations

import numpy as np
import torch

import evaluate as ev
import judges
import masks
import train
from recipes import base_name
from world import SKILLS

LAMBDAS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
DENSITY = 0.2


def family(zoo: dict, size: str) -> tuple[dict, dict[str, dict]]:
    """The base of a size, and its four tunes by skill."""
    return zoo[base_name(size)], {skill: zoo[f"{skill}-{size}"] for skill in SKILLS}


def merged(method: str, base: dict, tunes: dict[str, dict], scale: float) -> dict:
    """`sum`, `ties` (density 0.2, disjoint mean) or `dare_ties` (density 0.5, seed 0) of the tunes' task vectors."""
    out, aliases = {}, list(tunes)
    ones = [1.0] * len(aliases)
    for name, origin in base.items():
        b, ts = origin.numpy(), [tunes[a][name].numpy() for a in aliases]
        if method == "sum":
            value = b + np.float32(scale) * sum(t - b for t in ts)
        elif method == "ties":
            value = masks.ties(b, ts, ones, [DENSITY] * len(ts), lam=scale)
        else:
            value = masks.dare(b, ts, ones, [0.5] * len(ts), aliases, name, seed=0, lam=scale, consensus=True)
        out[name] = torch.from_numpy(np.asarray(value, dtype=np.float32).reshape(b.shape))
    return out


def kept(state: dict, text: train.Text, items: list[dict], size: str) -> dict[str, dict]:
    """Per skill: {right: {n, k, lo, hi}}; `all` is over every item, topics within their skill."""
    model = train.with_state(size, text.vocab, state)
    topics: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for answer, i in zip(ev.answers(model, text, items, 14), items):
        right = answer == i["expect"]
        topics[i["class"]][i["topic"]].append(right)
        topics["all"][f"{i['class']} {i['topic']}"].append(right)
    return {skill: {"right": judges.bootstrap(found)} for skill, found in topics.items()}


def choose_scales(zoo: dict, text: train.Text, dev: list[dict]) -> dict[str, dict[str, float]]:
    """The best lambda on dev for each size and method, all four skills added."""
    out: dict[str, dict[str, float]] = {}
    for size in train.SIZES:
        base, tunes = family(zoo, size)
        out[size] = {}
        for method in ("sum", "ties", "dare_ties"):
            score = {x: kept(merged(method, base, tunes, x), text, dev, size)["all"]["right"]["k"] for x in LAMBDAS}
            out[size][method] = max(LAMBDAS, key=lambda x: score[x])
            print(size, method, score, flush=True)
    return out


def interference(zoo: dict, text: train.Text, items: list[dict], scales: dict) -> dict:
    """column -> skill -> {right}: base, each skill alone, pairs by plain sum, all four by every method, for each size."""
    out = {}
    for size in train.SIZES:
        base, tunes = family(zoo, size)
        out[f"{size} base"] = kept(base, text, items, size)
        for skill, tune in tunes.items():
            out[f"{size} {skill}"] = kept(tune, text, items, size)
        for a, b in combinations(SKILLS, 2):
            pair = [i for i in items if i["class"] in (a, b)]
            out[f"{size} {a}+{b} sum 1"] = kept(merged("sum", base, {a: tunes[a], b: tunes[b]}, 1.0), text, pair, size)
        for method in ("sum", "ties", "dare_ties"):
            for scale in dict.fromkeys((1.0, scales[size][method])):
                out[f"{size} four {method} {scale:g}"] = kept(merged(method, base, tunes, scale), text, items, size)
        print("interference", size, flush=True)
    return out
