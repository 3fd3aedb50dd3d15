"""test/golden/speech/analogy.json: what the shipped speech models write of 20 shipped clips, by transformers in float32.

    python training/speech/goldens.py

`models`: alias -> source; `merged` is C + lambda (B - A) of one size. Per clip and alias the greedy token ids, without the
prompt and the end, and the text; `wer`: errors and words by class over all shipped test clips; `smallest_logit_gap`: how
far the closest greedy choice of the 20 clips was from tipping.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import torch  # noqa: E402
from transformers.utils import logging  # noqa: E402

import clips  # noqa: E402
import measure  # noqa: E402
import model as M  # noqa: E402
from zoo_index import ZOO  # noqa: E402

OUT = HERE.parents[1] / "test" / "golden" / "speech" / "analogy.json"
CLIPS = 20


@torch.inference_mode()
def smallest_gap(size: str, state: M.State, features: torch.Tensor, tokens: list[list[int]]) -> float:
    """The least difference between the likeliest and the second token over all steps, the end included."""
    model = measure.shell(size)
    M.put(model, state)
    gaps = []
    for mel, row in zip(features, tokens, strict=True):
        ids = torch.tensor([[*M.PROMPT, *row]])
        logits = model(input_features=mel[None], decoder_input_ids=ids).logits[0, 1:]
        assert logits.argmax(-1).tolist() == [*row, M.tok.END]
        top = logits.topk(2).values
        gaps.append(float((top[:, 0] - top[:, 1]).min()))
    return min(gaps)


def main() -> None:
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    items = clips.probes(ZOO)
    step = len(items) / CLIPS
    chosen = [int(i * step) for i in range(CLIPS)]  # spread over classes and voices
    features = measure.mel([ZOO / i["audio"] for i in items])
    out = {"models": {}, "lambda": measure.MERGED, "smallest_logit_gap": {}, "clips": [], "wer": {}}
    out["clips"] = [{"audio": items[i]["audio"], "expect": items[i]["expect"], "columns": {}} for i in chosen]
    for size, ids in measure.IDS.items():
        for part, state in measure.states(size).items():
            alias = part if size == "s" else f"xs-{part}"
            source = f"zoo:{ids[part]}" if part in ids else f"{ids['c']} + lambda ({ids['b']} - {ids['a']})"
            out["models"][alias] = source
            heard = measure.transcripts(size, state, features)
            out["wer"][alias] = measure.by_class(items, [t for _, t in heard])
            for clip, i in zip(out["clips"], chosen, strict=True):
                clip["columns"][alias] = {"tokens": heard[i][0], "text": heard[i][1]}
            gap = smallest_gap(size, state, features[chosen], [heard[i][0] for i in chosen])
            out["smallest_logit_gap"][alias] = round(gap, 4)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(out, indent=1) + "\n")
    print(f"{len(out['models'])} models, smallest gap {min(out['smallest_logit_gap'].values())}")


if __name__ == "__main__":
    main()
