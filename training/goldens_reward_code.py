"""Writes test/golden/reward/code.json: what the judges of the lesson reward-code give 20 pairs, in float32 from the stored float16.

    python training/goldens_reward_code.py

`scores` are rewards read at `</s>` of `<s> question reply </s>`, for `code` the log-likelihood in nats of the reply's tokens
given `<s> question` (no end token), for `rival` that plus `recipe.rival` times the score of `text`. The weights of `merged` are
base + recipe.text (text - base) + recipe.code (code - base), its head is that of `text`. `random` has Gaussian noise in place
of the code model's vector; which noise is PyTorch's, so the page cannot make the same.
`accuracy` counts, over the whole probe set, the pairs whose better reply has the higher score: k of n.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "reward"))

import code_cards as cards  # noqa: E402
import code_judges as j  # noqa: E402
import code_zoo  # noqa: E402
from zoo_index import ZOO  # noqa: E402

OUT = HERE.parent / "test" / "golden" / "reward" / "code.json"
ALIASES = ("base", "text", "code", "merged", "random", "rival", "oracle")
COUNT = 20


def main() -> None:
    chain, stored = code_zoo.shipped(), json.loads(code_zoo.FIGURES.read_text())
    items = json.loads((ZOO / "probes" / "reward-code-test.json").read_text())["items"]
    scores = j.all_scores(chain, stored["recipe"], items[:COUNT])
    rows = [
        {**{k: p[k] for k in ("question", "good", "bad")}, "scores": {a: [round(float(x), 6) for x in scores[a][i]] for a in ALIASES}}
        for i, p in enumerate(items[:COUNT])
    ]
    counts = {a: {k: {x: rate[x] for x in ("k", "n")} for k, rate in stored["probe"][a].items()} for a in ALIASES}
    head = {"models": cards.FOLDERS, "recipe": stored["recipe"], "probe": "reward-code-test", "accuracy": counts}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(r) for r in rows)
    OUT.write_text(f'{json.dumps(head)[:-1]},"items":[\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
