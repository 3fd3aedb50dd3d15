"""The judges of one chain, their accuracy on pairs, and intervals."""

from random import Random

import numpy as np
import torch

import batches as b
import common as c
import scenes as sc
from build import CONFIG, copy_of
from vision import Eyes

ALPHAS, BETAS = (0.5, 0.75, 1.0, 1.25), (0.5, 0.75, 1.0, 1.25, 1.5)
WEIGHTS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # of the blind judge's score in the rival
# base, vlm; text, oracle (both with score.weight); eyes (of vlm), oracle_eyes, frozen_eyes. The last three may be absent.
Chain = dict[str, c.State]


def eyes_from(state: c.State) -> Eyes:
    eyes = Eyes(CONFIG.width)
    eyes.load_state_dict(state)
    return eyes.eval()


def looking(eyes: Eyes, pairs: list[dict]):
    """`eyes` that have looked at the pictures of `pairs` already: the prefix does not depend on the backbone."""
    with torch.no_grad():
        prefix = eyes(b.rows_of(pairs, "picture")[2])
    return lambda _: prefix


def judge(state: c.State, score: torch.Tensor) -> c.Llama:
    return copy_of({**state, "score.weight": score}).eval()


def test_pairs(split: str, n: int, mode: str = "picture") -> dict[str, list[dict]]:
    """n pairs of each class, about scenes of `split`; always the same ones. `text`: the text judge's own kind."""
    return {k: b.draw_pairs(Random(f"{mode} {split} {k}"), n, split, mode, k) for k in sc.CLASSES}


def merged_state(chain: Chain, alpha: float, beta: float) -> c.State:
    return c.combine(chain["base"], (alpha, chain["text"]), (beta, chain["vlm"]))


def random_state(chain: Chain, alpha: float, beta: float) -> c.State:
    """The text judge's vector as in the merge, and noise of the length of the other one, tensor by tensor."""
    text = c.combine(chain["base"], (alpha, chain["text"]))
    noise = c.random_like(chain["base"], chain["vlm"], beta)
    return {k: text[k] + noise[k] - chain["base"][k] for k in text}


def states(chain: Chain, recipe: dict) -> dict[str, c.State]:
    """Every backbone that is judged with the text judge's head and the seeing model's tower."""
    return {
        "base": chain["base"],
        "unmerged": chain["text"],
        "vlm": chain["vlm"],
        "merged": merged_state(chain, recipe["text"], recipe["vlm"]),
        "one": merged_state(chain, 1, 1),
        "average": merged_state(chain, 0.5, 0.5),
        "random": random_state(chain, recipe["text"], recipe["vlm"]),
    }


def picture_margins(chain: Chain, recipe: dict, pairs: list[dict], only=None) -> dict[str, np.ndarray]:
    """Margins of every column on pairs about pictures; positive = ranked right."""
    eyes, score = looking(eyes_from(chain["eyes"]), pairs), chain["text"]["score.weight"]
    out = {}
    for name, state in states(chain, recipe).items():
        if only is None or name in only:
            out[name] = b.margins(judge(state, score), eyes, pairs, "picture")
    out["text"] = b.margins(judge(chain["text"], score), None, pairs, "blind")
    if "frozen_eyes" in chain:
        out["unmerged_frozen"] = b.margins(judge(chain["text"], score), eyes_from(chain["frozen_eyes"]), pairs, "picture")
    out["likelihood"] = b.likelihood_margins(judge(chain["vlm"], score), eyes, pairs, "picture")
    out["rival"] = out["likelihood"] + recipe["rival"] * out["text"]
    if "oracle" in chain:
        oracle_eyes = eyes_from(chain["oracle_eyes"])
        out["oracle"] = b.margins(judge(chain["oracle"], chain["oracle"]["score.weight"]), oracle_eyes, pairs, "picture")
    return out


def text_margins(chain: Chain, recipe: dict, pairs: list[dict]) -> dict[str, np.ndarray]:
    """The same judges on the text judge's own task, scenes and notes in words."""
    score = chain["text"]["score.weight"]
    out = {}
    for name, state in states(chain, recipe).items():
        out["text" if name == "unmerged" else name] = b.margins(judge(state, score), None, pairs, "text")
    if "oracle" in chain:
        out["oracle"] = b.margins(judge(chain["oracle"], chain["oracle"]["score.weight"]), None, pairs, "text")
    return out


def choose(chain: Chain, n: int = 150) -> tuple[dict, list[dict]]:
    """Coefficients on dev: the best mean over the three picture classes among those that keep 97 % of own text in every
    class, else the best of all. The rival's weight likewise."""
    eyes, score = eyes_from(chain["eyes"]), chain["text"]["score.weight"]
    pictures, texts = test_pairs("dev", n), test_pairs("dev", n, "text")
    look = {k: looking(eyes, p) for k, p in pictures.items()}
    rows = []
    for alpha in ALPHAS:
        for beta in BETAS:
            llama = judge(merged_state(chain, alpha, beta), score)
            row = {"text": alpha, "vlm": beta}
            row |= {k: float((b.margins(llama, look[k], p, "picture") > 0).mean()) for k, p in pictures.items()}
            row["mean"] = float(np.mean([row[k] for k in sc.CLASSES]))
            row["own"] = min(float((b.margins(llama, None, p, "text") > 0).mean()) for p in texts.values())
            rows.append({k: round(v, 4) for k, v in row.items()})
    best = max(rows, key=lambda r: (r["own"] >= 0.97, r["mean"], -abs(r["text"] - 1) - abs(r["vlm"] - 1)))
    recipe = {"text": best["text"], "vlm": best["vlm"], "rival": 0.0}
    found = {k: picture_margins(chain, recipe, p, only=()) for k, p in pictures.items()}
    right = lambda w: sum(float((m["likelihood"] + w * m["text"] > 0).mean()) for m in found.values())  # noqa: E731
    recipe["rival"] = max(WEIGHTS, key=right)
    return recipe, rows


def interval(values: np.ndarray, groups: list[str], draws: int = 2000) -> tuple[float, float]:
    """95 % bootstrap of the mean of `values`, drawing whole groups (the held-out scenes), since their pairs are alike."""
    names = sorted(set(groups))
    at = np.array([names.index(g) for g in groups])
    sums, counts = np.bincount(at, values, len(names)), np.bincount(at, minlength=len(names))
    r = np.random.RandomState(0)
    picks = r.randint(0, len(names), (draws, len(names)))
    means = sums[picks].sum(1) / counts[picks].sum(1)
    return tuple(float(x) for x in np.percentile(means, [2.5, 97.5]))


def rate(margins: np.ndarray, groups: list[str]) -> dict:
    right = (margins > 0).astype(float)
    lo, hi = interval(right, groups)
    return {"n": len(right), "k": int(right.sum()), "lo": round(lo, 4), "hi": round(hi, 4)}


def difference(a: np.ndarray, b_: np.ndarray, groups: list[str]) -> dict:
    """Accuracy of a minus accuracy of b_ on the same pairs, in points."""
    d = (a > 0).astype(float) - (b_ > 0).astype(float)
    lo, hi = interval(d, groups)
    return {"points": round(100 * float(d.mean()), 1), "lo": round(100 * lo, 1), "hi": round(100 * hi, 1)}


def measure(chain: Chain, recipe: dict, n: int, split: str = "test") -> dict:
    """{picture: {class: {alias: rate}}, text: {class: {alias: rate}}, gain, gain_by_topic, by_topic}"""
    out: dict = {"picture": {}, "text": {}, "gain": {}, "by_topic": {}}
    for kind, pairs in test_pairs(split, n).items():
        groups = [" ".join(p["scene"].values()) for p in pairs]
        found = picture_margins(chain, recipe, pairs)
        out["picture"][kind] = {k: rate(m, groups) for k, m in found.items()}
        out["gain"][kind] = difference(found["merged"], found["unmerged"], groups)
        out["gain"][f"{kind}, over random"] = difference(found["merged"], found["random"], groups)
        if kind == "correct":
            for topic in sc.ATTRIBUTES:
                mine = [i for i, p in enumerate(pairs) if p["topic"] == topic]
                part = {k: round(float((m[mine] > 0).mean()), 4) for k, m in found.items()}
                out["by_topic"][topic] = {"n": len(mine), **part}
    for kind, pairs in test_pairs(split, n, "text").items():
        groups = [" ".join(p["scene"].values()) if p["scene"] else p["good"] for p in pairs]
        out["text"][kind] = {k: rate(m, groups) for k, m in text_margins(chain, recipe, pairs).items()}
    return out
