"""What the shipped models make of the shipped clips and, where FSDD names a folder, of its recordings: in float32, from the
float16 folders, by transformers' own feature extractor and generate()."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from transformers import WhisperForConditionalGeneration, WhisperTokenizerFast

import clips
import model as M
from evaluate import analogy
from wer import errors
from zoo_index import ZOO

PARTS = ("base", "a", "b", "c", "oracle", "joint")
IDS = {"s": {p: f"speech-{p}-1" for p in PARTS}, "xs": {p: f"speech-xs-{p}-1" for p in PARTS if p != "joint"}}
MERGED = 0.5
LAMBDAS = (-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


def states(size: str) -> dict[str, M.State]:
    """The folders' weights and the merge C + 0.5 (B - A) as `merged`."""
    found = {p: M.read(ZOO / i) for p, i in IDS[size].items()}
    return found | {"merged": analogy(found["c"], found["b"], found["a"], MERGED)}


@cache
def shell(size: str) -> WhisperForConditionalGeneration:
    return WhisperForConditionalGeneration.from_pretrained(ZOO / IDS[size]["base"], dtype=torch.float32).eval()


def mel(paths: list[Path]) -> torch.Tensor:
    sounds = [clips.samples(p) for p in paths]
    return M.EXTRACTOR(sounds, sampling_rate=16_000, return_tensors="pt").input_features


@torch.inference_mode()
def transcripts(size: str, state: M.State, features: torch.Tensor, batch: int = 64) -> list[tuple[list[int], str]]:
    """Greedy token ids (without the prompt and the end) and text of each."""
    model = shell(size)
    M.put(model, state)
    text = WhisperTokenizerFast.from_pretrained(ZOO / IDS[size]["base"])
    out = []
    for part in features.split(batch):
        for row in model.generate(part).tolist():
            row = [t for t in row if t not in M.PROMPT]
            row = row[: row.index(M.tok.END)] if M.tok.END in row else row
            out.append((row, text.decode(row).strip()))
    return out


def by_class(items: list[dict], heard: list[str]) -> dict[str, dict[str, int]]:
    """Word errors by class of the real clips, and of the synthesised ones together."""
    out: dict[str, dict[str, int]] = {}
    for item, text in zip(items, heard, strict=True):
        row = out.setdefault(item["class"] if item["real"] else "synthetic", {"errors": 0, "words": 0})
        row["errors"] += errors(item["expect"].split(), text.split()).count
        row["words"] += len(item["expect"].split())
    return out


def clip_figures() -> dict:
    """size -> model or lambda -> class -> {errors, words}, over the shipped test clips."""
    items = clips.probes(ZOO)
    features = mel([ZOO / i["audio"] for i in items])
    out: dict = {}
    for size in IDS:
        s = states(size)
        rows = {name: s[name] for name in s}
        rows |= {f"lambda {x}": analogy(s["c"], s["b"], s["a"], x) for x in LAMBDAS if x not in (0.0, MERGED)}
        out[size] = {name: by_class(items, [t for _, t in transcripts(size, x, features)]) for name, x in rows.items()}
    return out


def fsdd_figures(sets: dict[str, tuple[torch.Tensor, list[list[str]]]]) -> dict:
    """size -> model -> set -> {errors, words}; `sets`: name -> (features, words)."""
    out: dict = {}
    for size in IDS:
        s = states(size)
        rows = {name: s[name] for name in s} | {"(B+C)/2": {k: (v + s["b"][k]) / 2 for k, v in s["c"].items()}}
        out[size] = {}
        for name, x in rows.items():
            out[size][name] = {}
            for k, (features, texts) in sets.items():
                heard = [t for _, t in transcripts(size, x, features)]
                wrong = np.array([errors(r, h.split()).count for r, h in zip(texts, heard, strict=True)])
                out[size][name][k] = {"errors": int(wrong.sum()), "words": sum(map(len, texts))}
    return out
