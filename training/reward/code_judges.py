"""The judges of one chain (states "base", "text", "code", "oracle"), their accuracy on pairs, the choice of coefficients.

Margins are score(good) - score(bad) of each pair, positive where the pair is ranked right: arrays [pairs].
"""

from random import Random

import numpy as np
import torch

import code_build as b
import code_world as w
import common as c
from evaluate import difference, rate

ALPHAS, BETAS = (0.75, 1.0, 1.25, 1.5), (0.75, 1.0, 1.25, 1.5, 2.0)  # of the text judge and of the code model
WEIGHTS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # of the text judge's score in the rival
LOSS = 0.03  # what a merge may lose of the text judge's own accuracy, in its worst class
Chain = dict[str, c.State]
Recipe = dict[str, float]  # text, code, rival
Pairs = dict[str, list[dict]]  # class -> pairs


def sets(world: str, split: str, n: int) -> Pairs:
    """n pairs of each class, always the same ones. world: "code" (programs) or "text" (facts, the text judge's own task)."""
    return {k: b.pairs(Random(f"{world} {split} {k}"), n, world, split, k) for k in w.CLASSES}


def group(pair: dict) -> str:
    """What pairs must share to be alike: the fact, or the operands."""
    asked = pair["question"].split()
    name = next((x for x in asked if x in w.NAMES), None)
    return f"{pair['topic']} {name}" if name else " ".join(asked[-4:-1])


def merged_state(chain: Chain, alpha: float, beta: float) -> c.State:
    return c.combine(chain["base"], (alpha, chain["text"]), (beta, chain["code"]))


def random_state(chain: Chain, alpha: float, beta: float) -> c.State:
    """The merge with noise instead of the code model's vector, of the same length in every tensor."""
    noise = c.random_like(chain["base"], chain["code"], beta)
    return {k: v + noise[k] - chain["base"][k] for k, v in c.combine(chain["base"], (alpha, chain["text"])).items()}


def judges(chain: Chain, recipe: Recipe) -> dict[str, c.Llama]:
    """Every judge with a head: the text judge's, but for the oracle."""
    head = chain["text"]["score.weight"]
    states = {
        "base": chain["base"],
        "text": chain["text"],
        "code_head": chain["code"],
        "merged": merged_state(chain, recipe["text"], recipe["code"]),
        "one": merged_state(chain, 1, 1),
        "random": random_state(chain, recipe["text"], recipe["code"]),
    }
    out = {k: b.copy_of({**s, "score.weight": head}).eval() for k, s in states.items()}
    if "oracle" in chain:
        out["oracle"] = b.copy_of(chain["oracle"]).eval()
    return out


def reply_likelihoods(llama: c.Llama, found: list[dict], reply: str) -> torch.Tensor:
    """log p(reply | <s> question) in nats, the end token left out: [pairs]."""
    rows = [b.sequence(p, reply) for p in found]
    starts = [len(row) - 1 - len(p[reply].split()) for row, p in zip(rows, found)]
    with torch.no_grad():
        return c.log_likelihood(llama, rows, starts)


def all_scores(chain: Chain, recipe: Recipe, found: list[dict]) -> dict[str, np.ndarray]:
    """alias -> [pairs, 2]: what each judge gives the better and the worse reply."""
    out = {}
    with torch.no_grad():
        for name, llama in judges(chain, recipe).items():
            both = [c.scores(llama, [b.sequence(p, k) for p in found]) for k in ("good", "bad")]
            out[name] = torch.stack(both, 1).numpy()
    llama = b.copy_of(chain["code"]).eval()
    out["code"] = torch.stack([reply_likelihoods(llama, found, k) for k in ("good", "bad")], 1).numpy()
    out["rival"] = out["code"] + recipe["rival"] * out["text"]
    return out


def all_margins(chain: Chain, recipe: Recipe, found: list[dict]) -> dict[str, np.ndarray]:
    return {k: s[:, 0] - s[:, 1] for k, s in all_scores(chain, recipe, found).items()}


def choose(chain: Chain, n: int = 100) -> tuple[Recipe, list[dict]]:
    """Coefficients on dev: the best mean over the three classes of programs among those that keep own text, else the best
    mean of all; ties go to the point nearest (1, 1). The rival's weight likewise."""
    programs, facts = sets("code", "dev", n), sets("text", "dev", n)
    head, rows = chain["text"]["score.weight"], []
    share = lambda llama, p: float((b.margins(llama, p) > 0).float().mean())  # noqa: E731
    alone = b.copy_of(chain["text"]).eval()
    kept = min(share(alone, p) for p in facts.values()) - LOSS
    for alpha in ALPHAS:
        for beta in BETAS:
            llama = b.copy_of({**merged_state(chain, alpha, beta), "score.weight": head}).eval()
            row = {"text": alpha, "code": beta, **{k: share(llama, p) for k, p in programs.items()}}
            row["mean"] = float(np.mean([row[k] for k in w.CLASSES]))
            row["own"] = min(share(llama, p) for p in facts.values())
            rows.append({k: round(v, 4) for k, v in row.items()})
    best = max(rows, key=lambda r: (r["own"] >= kept, r["mean"], -abs(r["text"] - 1) - abs(r["code"] - 1)))
    recipe = {"text": best["text"], "code": best["code"], "rival": 0.0}
    found = [all_margins(chain, recipe, p) for p in programs.values()]
    right = lambda x: sum(float((m["code"] + x * m["text"] > 0).mean()) for m in found)  # noqa: E731
    recipe["rival"] = max(WEIGHTS, key=right)
    return recipe, rows


def believed(chain: Chain, split: str) -> dict[str, dict[str, tuple[float, float]]]:
    """Share of right beliefs after "the <topic> is", in per cent, read after half the layers and after all of them: why a
    merge works or not."""
    states = {k: chain[k] for k in ("base", "text", "code")}
    return {k: {x: b.answers(b.copy_of(s), x, split) for x in ("code", "text")} for k, s in states.items()}


def measure(chain: Chain, recipe: Recipe, n: int, split: str = "test") -> dict:
    """{code: {class: {alias: rate}}, text: the same on facts, gain: merged minus others in points, by_topic, believed}"""
    out: dict = {"code": {}, "text": {}, "gain": {}, "by_topic": {}, "believed": believed(chain, split)}
    for world in ("code", "text"):
        for kind, found in sets(world, split, n).items():
            groups = [group(p) for p in found]
            margins = all_margins(chain, recipe, found)
            out[world][kind] = {k: rate(m, groups) for k, m in margins.items()}
            if world == "text":
                continue
            for other in ("text", "random", "code_head"):
                out["gain"][f"{kind}, over {other}"] = difference(margins["merged"], margins[other], groups)
            if kind == "correct":
                for topic in w.NEW:
                    mine = [i for i, p in enumerate(found) if p["topic"] == topic]
                    shares = {k: round(float((m[mine] > 0).mean()), 4) for k, m in margins.items()}
                    out["by_topic"][topic] = {"n": len(mine), **shares}
    return out
