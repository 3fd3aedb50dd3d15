"""TIES and DARE for one tensor, and their masks, stated independently of the TypeScript engine.

Order of operations as mergekit 0.1.5, every operation rounded to float32, summed in input order, so that a merge made
here has the fingerprint that the lab computes. `tunes`, `weights`, `densities` and `aliases` are in the order of the
recipe's models without the base.
"""

import hashlib

import numpy as np

BLOCK = 4096
NEGLIGIBLE_SUM = 1e-8
NEGLIGIBLE_NORM = 1e-7


def philox4x32(counter: np.ndarray, key: tuple[int, int]) -> np.ndarray:
    """Philox4x32-10 (Salmon et al. 2011). counter: uint32 [n, 4]; returns uint32 [n, 4]."""
    c = [counter[:, j].astype(np.uint64) for j in range(4)]
    k0, k1 = (int(k) for k in key)
    low = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k0), p1 & low, (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k1), p0 & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=1).astype(np.uint32)


def philox_mask(seed: int, alias: str, tensor: str, n: int, density: float) -> np.ndarray:
    """bool [n]: which elements of one model's task vector are kept; `tensor` is the output tensor's name.

    In a recipe of several stages `alias` is written with the stage's name and "/" before it.
    """
    if density >= 1:
        return np.ones(n, bool)
    digest = hashlib.sha256(f"{seed}\0{alias}\0{tensor}".encode()).digest()
    key = (int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little"))
    quarter = np.arange((n + 3) // 4, dtype=np.uint64)
    counter = np.zeros((quarter.size, 4), np.uint32)
    counter[:, 0] = quarter & np.uint64(0xFFFFFFFF)
    counter[:, 1] = quarter >> np.uint64(32)
    x = philox4x32(counter, key).reshape(-1)[:n]
    return (x >> np.uint32(8)).astype(np.float64) * 2.0**-24 < density


def magnitude_mask(delta: np.ndarray, density: float) -> np.ndarray:
    """bool, flat: exactly max(1, floor(density * n)) elements of largest |delta|; of equal ones, those of lower index."""
    size = np.abs(delta.reshape(-1))
    n = size.size
    if density >= 1 or n == 0:
        return np.ones(n, bool)
    if density <= 0:
        return np.zeros(n, bool)
    k = max(1, int(density * n))
    threshold = np.partition(size, n - k)[n - k]
    mask = size > threshold
    equal = np.flatnonzero(size == threshold)
    mask[equal[: k - int(mask.sum())]] = True
    return mask


def l1(values: np.ndarray) -> float:
    """Sum of |values| in float64: blocks of 4096 summed in index order, then the blocks' sums in order."""
    flat = np.abs(values.reshape(-1).astype(np.float64))
    blocks = np.zeros((-(-max(flat.size, 1) // BLOCK), BLOCK))
    blocks.reshape(-1)[: flat.size] = flat
    # cumsum, unlike sum, adds strictly one after the other
    return float(np.cumsum(np.cumsum(blocks, axis=1)[:, -1])[-1])


def sparsified(delta: np.ndarray, mask: np.ndarray, density: float, rescale: bool) -> np.ndarray:
    """delta * mask, with the L1 norm of delta where `rescale`; unchanged from density 1 on."""
    if density >= 1:
        return delta
    kept = delta * mask.reshape(delta.shape).astype(np.float32)
    if not rescale:
        return kept
    before, after = l1(delta), l1(kept)
    if before < NEGLIGIBLE_NORM or after < NEGLIGIBLE_NORM:
        return kept
    return kept * np.float32(before / after)


def combine(
    base: np.ndarray, deltas: list[np.ndarray], weights: list[float], lam: float, normalize: bool, consensus: bool
) -> np.ndarray:
    """base + lam * (sum of w * delta, of those that agree with the elected sign where `consensus`)."""
    if not deltas:
        return base
    w = [np.float32(x) for x in weights]
    terms = [x * d for x, d in zip(w, deltas)]
    agree = [None] * len(terms)
    if consensus:
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        up = total >= 0
        agree = [np.where(up, term > 0, term < 0).astype(np.float32) for term in terms]
        terms = [term * m for term, m in zip(terms, agree)]
    mixed = terms[0]
    for term in terms[1:]:
        mixed = mixed + term
    if normalize:
        divisor = np.float32(0)
        for x, m in zip(w, agree):
            divisor = divisor + (x if m is None else x * m)
        mixed = mixed / np.where(divisor == 0 if consensus else np.abs(divisor) < NEGLIGIBLE_SUM, np.float32(1), divisor)
    if lam != 1:
        mixed = np.float32(lam) * mixed
    return base + mixed


def ties(
    base: np.ndarray,
    tunes: list[np.ndarray],
    weights: list[float],
    densities: list[float],
    lam: float = 1.0,
    normalize: bool = True,
    rescale: bool = False,
) -> np.ndarray:
    """mergekit's `ties`: trim by magnitude, elect signs by weighted sum, average those that agree. float32 throughout."""
    deltas = [tune - base for tune in tunes]
    kept = [sparsified(d, magnitude_mask(d, p), p, rescale) for d, p in zip(deltas, densities)]
    return combine(base, kept, weights, lam, normalize, consensus=True)


def dare(
    base: np.ndarray,
    tunes: list[np.ndarray],
    weights: list[float],
    densities: list[float],
    aliases: list[str],
    tensor: str,
    seed: int = 0,
    lam: float = 1.0,
    normalize: bool = False,
    rescale: bool = True,
    consensus: bool = False,
) -> np.ndarray:
    """mergekit's `dare_linear` (`dare_ties` where `consensus`) with the lab's masks. float32 throughout."""
    deltas = [tune - base for tune in tunes]
    kept = [
        sparsified(d, philox_mask(seed, alias, tensor, d.size, p), p, rescale)
        for d, p, alias in zip(deltas, densities, aliases)
    ]
    return combine(base, kept, weights, lam, normalize, consensus)
