"""Merges by arithmetic, and what models make of a set: word errors of every utterance."""

from dataclasses import dataclass

import numpy as np
import torch

import model as M
from pools import Pool
from wer import errors


@dataclass
class Score:
    """Per utterance: word errors, words, target words missed, target words."""

    counts: np.ndarray  # int [utterances, 4]

    @property
    def wer(self) -> float:
        return float(100 * self.counts[:, 0].sum() / self.counts[:, 1].sum())

    @property
    def missed(self) -> float:
        return float(100 * self.counts[:, 2].sum() / max(1, self.counts[:, 3].sum()))


class Ear:
    """One model whose weights are exchanged."""

    def __init__(self, size: str):
        self.model = M.new_model(size)

    def score(self, state: M.State, set_: Pool, target: tuple[str, ...]) -> Score:
        M.put(self.model, state)
        rows = []
        for said, heard in zip(set_.texts, M.transcribe(self.model, set_.mel), strict=True):
            e = errors(said, heard)
            missed = sum(w in target and not kept for w, kept in zip(said, e.kept, strict=True))
            rows.append((e.count, len(said), missed, sum(w in target for w in said)))
        return Score(np.array(rows))


def merged(start: M.State, *parts: tuple[float, M.State]) -> M.State:
    """start + the sum of factor * state."""
    out = dict(start)
    for factor, state in parts:
        out = {k: v + factor * state[k] for k, v in out.items()}
    return out


def difference(a: M.State, b: M.State) -> M.State:
    return {k: a[k] - b[k] for k in a}


def mean(states: list[M.State]) -> M.State:
    return {k: sum(s[k] for s in states) / len(states) for k in states[0]}


def analogy(c: M.State, b: M.State, a: M.State, scale: float) -> M.State:
    return merged(c, (scale, b), (-scale, a))


def random_like(vector: M.State, seed: int) -> M.State:
    """A random direction with each tensor's length."""
    g = torch.Generator().manual_seed(seed)
    noise = {k: torch.randn(v.shape, generator=g) for k, v in vector.items()}
    return {k: noise[k] * (v.norm() / (noise[k].norm() + 1e-12)) for k, v in vector.items()}


def cosine(a: M.State, b: M.State) -> float:
    dot, x, y = (sum(float((p[k] * q[k]).sum()) for k in p) for p, q in ((a, b), (a, a), (b, b)))
    return dot / (x * y) ** 0.5
