"""The weights fingerprint (contract C4) and the stepwise float32 merges, stated independently of the TypeScript engine."""

import hashlib

import numpy as np

NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "uint8": "U8"}


def lines(tensors: dict[str, np.ndarray]) -> list[str]:
    """One C4 line per tensor, sorted by the UTF-8 bytes of its name; each ends in LF."""
    out = []
    for name in sorted(tensors, key=lambda n: n.encode()):
        a = tensors[name]
        data = np.ascontiguousarray(a).astype(a.dtype.newbyteorder("<"), copy=False).tobytes()
        shape = ",".join(map(str, a.shape))
        out.append(f"{name}\t{NAMES[a.dtype.name]}\t{shape}\t{hashlib.sha256(data).hexdigest()}\n")
    return out


def fingerprint(tensors: dict[str, np.ndarray]) -> str:
    """sha256 of all C4 lines."""
    return hashlib.sha256("".join(lines(tensors)).encode()).hexdigest()


def f32(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {k: v.astype(np.float32) for k, v in tensors.items()}


def task_arithmetic(base: np.ndarray, tunes: list[np.ndarray], weights: list[float], lam: float = 1.0) -> np.ndarray:
    """base + lambda * sum(w * (t - base)), every operation rounded to float32, summed in input order."""
    mixed = None
    for tune, weight in zip(tunes, weights):
        term = np.float32(weight) * (tune - base)
        mixed = term if mixed is None else mixed + term
    if mixed is None:
        return base
    if lam != 1:
        mixed = np.float32(lam) * mixed
    return base + mixed


def linear(inputs: list[np.ndarray], weights: list[float], normalize: bool) -> np.ndarray:
    """sum(w * t) / (normalize ? sum(w) : 1), every operation rounded to float32, summed in input order."""
    acc, total = None, np.float32(0)
    for tensor, weight in zip(inputs, weights):
        term = np.float32(weight) * tensor
        acc = term if acc is None else acc + term
        total = total + np.float32(weight)
    return acc / total if normalize else acc
