"""Utterances of one to four words, and pools of their features from which training draws.

Joining words and computing spectra costs as much as a training step, so each pool is made once and shared by all models
that read the same domain; seeds differ in what they draw and in which order.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from model import features
from sounds import RATE, SAMPLES, Bank, low_pass

Grammar = Callable[[random.Random], str]
EVEN_SPEED = (0.9, 1.12)


@dataclass
class Pool:
    """`mel`: float16 [utterances, 80, 200], in `features`' scale; `texts`: the words of each."""

    mel: torch.Tensor
    texts: list[list[str]]


def one_of(words: tuple[str, ...]) -> Grammar:
    return lambda rng: words[int(rng.random() * len(words))]


def half_of(target: tuple[str, ...], general: tuple[str, ...]) -> Grammar:
    """Target domain: each word is a target word with probability one half."""
    return lambda rng: one_of(target if rng.random() < 0.5 else general)(rng)


def change_speed(x: np.ndarray, factor: float) -> np.ndarray:
    """As a tape runs faster: pitch and timbre change with it."""
    n = max(8, int(len(x) / factor))
    return np.interp(np.linspace(0, len(x) - 1, n), np.arange(len(x)), x).astype(np.float32)


class Voices:
    """Clips by voice, then word: the words of an utterance are one voice's (`mixed`: any voice's)."""

    def __init__(self, *banks: Bank, keep: Callable[[str], bool] = lambda voice: True, mixed: bool = False):
        self.clips: dict[str, dict[str, list[np.ndarray]]] = {}
        for bank in banks:
            for word, clips in bank.items():
                for voice, x in clips:
                    if keep(voice):
                        speaker = "*" if mixed else voice.split("/")[0]
                        self.clips.setdefault(speaker, {}).setdefault(word, []).append(x)
        self.names = sorted(self.clips)

    def utterance(
        self, grammar: Grammar, count: int, rng: random.Random, speed: tuple[float, float] | None
    ) -> tuple[np.ndarray, list[str]]:
        """Words joined with gaps of 30-220 ms, levels within 3 dB; words that do not fit into two seconds are left out."""
        clips = self.clips[self.names[int(rng.random() * len(self.names))]]
        out, at, used = np.zeros(SAMPLES, np.float32), int(rng.uniform(0.02, 0.25) * RATE), []
        factor = rng.uniform(*speed) if speed else 1.0
        for _ in range(count):
            word = grammar(rng)
            x = clips[word][int(rng.random() * len(clips[word]))]
            if speed:
                x = change_speed(x, factor * (rng.uniform(0.96, 1.04)))
            level, gap = 10 ** (rng.uniform(-3, 3) / 20), rng.uniform(0.03, 0.22)
            if at + len(x) > SAMPLES - 300:
                break
            out[at : at + len(x)] += x * level
            at += len(x) + int(gap * RATE)
            used.append(word)
        return out, used


def noise(shape: tuple[int, int], rng: np.random.Generator, narrow: bool) -> np.ndarray:
    """Between white and pink, each row its own tilt, root mean square 1; `narrow`: nothing above 4 kHz."""
    f = np.fft.rfft(rng.standard_normal(shape, np.float32))
    k = np.maximum(np.arange(f.shape[1]), 8)
    f *= k[None] ** (-rng.random((shape[0], 1)) / 2)
    if narrow:
        f[:, f.shape[1] // 2 :] = 0
    x = np.fft.irfft(f, shape[1]).astype(np.float32)
    return x / np.sqrt((x**2).mean(1, keepdims=True))


def room_and_filter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random echo in half of the rows, and a random tone control in all: strong augmentation for the base's first stage."""
    rows, n = x.shape
    t = np.arange(4800) / RATE
    decay = 0.05 + 0.35 * rng.random((rows, 1))
    echo = rng.standard_normal((rows, len(t))) * np.exp(-6.9 * t / decay)
    echo /= np.sqrt((echo**2).sum(1, keepdims=True))
    echo *= 0.6 * rng.random((rows, 1)) * (rng.random((rows, 1)) < 0.5)
    echo[:, 0] = 1
    f = np.fft.rfft(x, 2 * n) * np.fft.rfft(echo, 2 * n)
    place = np.linspace(0, 2, f.shape[1])
    tone = sum(rng.standard_normal((rows, 1)) * 3.5 * np.cos(np.pi * h * place) for h in range(4))
    return np.fft.irfft(f * 10 ** (tone / 20), 2 * n)[:, :n].astype(np.float32)


def finish(x: np.ndarray, rng: np.random.Generator, snr: tuple[float, float], narrow: bool) -> np.ndarray:
    """Noise `snr` dB below the words (their mean over the clip), and a level of up to 10 dB below full scale."""
    x = x / (np.abs(x).max(1, keepdims=True) + 1e-6)
    power = np.sqrt((x**2).mean(1, keepdims=True))
    x = x + noise(x.shape, rng, narrow) * power * 10 ** (-rng.uniform(*snr, (len(x), 1)) / 20)
    return (x * 0.7 * 10 ** (-rng.random((len(x), 1)) / 2)).astype(np.float32)


def waves(
    voices: Voices, grammar: Grammar, count: int, seed: str, *, words=(2, 4), speed=EVEN_SPEED, snr=(28, 45), narrow=False, hard=False
) -> tuple[np.ndarray, list[list[str]]]:
    """Utterance i is drawn from a generator of its own, so that two voices say the same strings with the same gaps.

    `narrow`: low-passed as 8 kHz recordings are. `hard`: with echo, tone control and more noise.
    """
    made = []
    for i in range(count):
        rng = random.Random(f"{seed} {i}")
        made.append(voices.utterance(grammar, words[0] + int(rng.random() * (words[1] - words[0] + 1)), rng, speed))
    made = [m for m in made if m[1]]
    x, dice = np.stack([m[0] for m in made]), np.random.default_rng(list(seed.encode()))
    if narrow:
        x = low_pass(x)
    if hard:
        x = room_and_filter(x, dice)
    return finish(x, dice, snr, narrow), [m[1] for m in made]


def pool(voices: Voices, grammar: Grammar, count: int, seed: str, **how) -> Pool:
    mels, texts = [], []
    for part in range(0, count, 256):
        x, used = waves(voices, grammar, min(256, count - part), f"{seed} {part}", **how)
        mels.append(features(torch.from_numpy(x)).half())
        texts += used
    return Pool(torch.cat(mels), texts)


def joined(*parts: Pool) -> Pool:
    return Pool(torch.cat([p.mel for p in parts]), [t for p in parts for t in p.texts])
