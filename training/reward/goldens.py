"""test/golden/reward/vision.json: what every judge says about 20 test pairs, in float32 from the float16 folders.

`scores`: [good, bad] of each alias (`base`, `unmerged`, `vlm`, `random`, `merged`: that backbone with the text judge's head and
the tower of reward-vlm-1; `text`: without the picture; `rival`: log-likelihood of the reply under reward-vlm-1, `</s>` left
out, + recipe.rival x the score of `text`). `logits`: at the last token of the good sequence, of reward-base-1 without the
picture and of reward-vlm-1 with it, the latter also by LlavaForConditionalGeneration itself, which must agree within 1e-4.
"""

import json
import sys

import torch
from transformers import LlamaForCausalLM, LlamaForSequenceClassification, LlavaForConditionalGeneration

import batches as b
import common as c
import evaluate as ev
import folders as f
from judge import Judge
from zoo import COEFFICIENTS, zoo_chain

OUT = c.HERE.parents[1] / "test" / "golden" / "reward" / "vision.json"
TOLERANCE = 1e-4
ITEMS = 20


@torch.no_grad()
def hugging_face(pairs: list[dict]) -> dict:
    """The shipped models by transformers' own classes: {alias: [[good, bad], ...]} and logits of base and vlm."""
    load = lambda kind, name: kind.from_pretrained(f.ZOO / name, dtype=torch.float32, output_loading_info=True)  # noqa: E731
    found = {}
    for alias, kind, name in (
        ("base", LlamaForCausalLM, f.BASE), ("text", LlamaForSequenceClassification, f.TEXT), ("vlm", LlavaForConditionalGeneration, f.VLM),
    ):  # fmt: skip
        found[alias], info = load(kind, name)
        assert not info["missing_keys"] and not info["unexpected_keys"], (name, info)
        found[alias].eval()
    oracle = Judge(str(f.ZOO / f.ORACLE))
    out = {"text": [], "oracle": [], "base_logits": [], "vlm_logits": []}
    for p in pairs:
        blind = [c.pad([b.sequence(p, reply, "blind")]) for reply in ("good", "bad")]
        out["text"].append([float(found["text"](input_ids=x).logits) for x in blind])
        out["oracle"].append([oracle.score(p["picture"], p["question"], p[reply]) for reply in ("good", "bad")])
        out["base_logits"].append(found["base"](input_ids=blind[0]).logits[0, -1])
        good, _, x = b.rows_of([p], "picture")
        out["vlm_logits"].append(found["vlm"](input_ids=c.pad(good), pixel_values=x).logits[0, -1])
    return out


@torch.no_grad()
def ours(chain: ev.Chain, recipe: dict, pairs: list[dict]) -> dict:
    """The same by our code, and the merges."""
    eyes, score = ev.eyes_from(chain["eyes"]), chain["text"]["score.weight"]
    good, bad, x = b.rows_of(pairs, "picture")
    both = lambda llama, prefix, rows: [c.scores(llama, r, prefix).tolist() for r in rows]  # noqa: E731
    out = {}
    for alias, state in ev.states(chain, recipe).items():
        if alias not in ("one", "average"):
            out[alias] = both(ev.judge(state, score), eyes(x), (good, bad))
    blind = b.rows_of(pairs, "blind")[:2]
    out["text"] = both(ev.judge(chain["text"], score), None, blind)
    oracle_eyes = ev.eyes_from(chain["oracle_eyes"])
    out["oracle"] = both(ev.judge(chain["oracle"], chain["oracle"]["score.weight"]), oracle_eyes(x), (good, bad))
    vlm = ev.judge(chain["vlm"], score)
    out["rival"] = []
    for rows, reply, text in ((good, "good", out["text"][0]), (bad, "bad", out["text"][1])):
        starts = [len(r) - 1 - len(p[reply].split()) for r, p in zip(rows, pairs)]
        likelihood = c.log_likelihood(vlm, rows, starts, eyes(x)).tolist()
        out["rival"].append([a + recipe["rival"] * t for a, t in zip(likelihood, text)])
    out = {alias: [list(z) for z in zip(*v)] for alias, v in out.items()}
    base = ev.judge(chain["base"], score)
    out["base_logits"] = list(base.logits(c.last_states(base.states(c.with_prefix(base, c.pad(blind[0]), None)), blind[0])))
    out["vlm_logits"] = list(vlm.logits(c.last_states(vlm.states(c.with_prefix(vlm, c.pad(good), eyes(x))), good)))
    return out


def main() -> None:
    chain, recipe = zoo_chain(), json.loads(COEFFICIENTS.read_text())
    probe = f.read_probe("test")
    # Every class in turn, from pictures all over the set.
    pairs = [probe[3 * (i * 6) + i % 3] for i in range(ITEMS)]
    theirs, mine = hugging_face(pairs), ours(chain, recipe, pairs)
    worst = max(
        float((torch.as_tensor(a) - torch.as_tensor(m)).abs().max()) for alias in theirs for a, m in zip(theirs[alias], mine[alias])
    )
    print(f"transformers against our code, {ITEMS} pairs: largest difference {worst:.1e}")
    assert worst < TOLERANCE
    items = []
    for i, p in enumerate(pairs):
        scores = {alias: [round(v, 6) for v in mine[alias][i]] for alias in mine if not alias.endswith("logits")}
        logits = {alias: [round(float(v), 5) for v in theirs[f"{alias}_logits"][i]] for alias in ("base", "vlm")}
        kept = {k: p[k] for k in ("question", "good", "bad", "class", "topic")}
        items.append({"picture": p["index"], **kept, "scores": scores, "logits": logits})
    accuracy = {}
    for kind in ev.sc.CLASSES:
        found = ev.picture_margins(chain, recipe, [p for p in probe if p["class"] == kind])
        for alias, m in found.items():
            accuracy.setdefault(alias, {})[kind] = {"k": int((m > 0).sum()), "n": len(m)}
    models = {"base": f.BASE, "text": f.TEXT, "vlm": f.VLM, "oracle": f.ORACLE}
    document = {"models": models, "recipe": recipe, "items": items, "accuracy": accuracy}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(document) + "\n")
    print(OUT.relative_to(c.HERE.parents[1]), OUT.stat().st_size, "bytes")


if __name__ == "__main__":
    sys.exit(main())
