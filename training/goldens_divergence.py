"""How far models are apart at each token of an answer, by torch: test/golden/text/divergence.json.

    python training/goldens_divergence.py

Teacher-forced: the answers of test/golden/text/zoo1.json, read by the model that gave them and by the base of its merge.
Logits in float32, as the page has them; softmax and sums in float64. Held against the page by test/browser/divergence.test.ts.
"""

import json
from pathlib import Path

import torch
from safetensors.numpy import load_file

from fingerprint import f32
from goldens_text import LESSONS, compact, folder, load, run_merge

ROOT = Path(__file__).resolve().parent.parent
# Per lesson: the columns that are compared with the base of the merge, and how many questions.
WANTED = {"addition": ["chat", "zh", "merged"], "subtraction": ["rude", "merged"], "interference": ["merged"]}
QUESTIONS = 4


@torch.inference_mode()
def distributions(model, prompt: list[int], answer: list[int]) -> torch.Tensor:
    """Log-probabilities that each token of the answer was chosen from, [answer x vocabulary], float64."""
    logits = model(torch.tensor([prompt + answer[:-1]])).logits[0, -len(answer) :]
    return torch.log_softmax(logits.double(), -1)


def compare(own: torch.Tensor, other: torch.Tensor, answer: list[int]) -> dict:
    kl = (own.exp() * (own - other)).sum(-1)
    p = own.exp()[range(len(answer)), answer]
    return {"ids": answer, "p": [round(v, 9) for v in p.tolist()], "kl": [round(v, 9) for v in kl.tolist()]}


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    known = json.loads((ROOT / "test" / "golden" / "text" / "zoo1.json").read_text(encoding="utf-8"))["lessons"]
    lessons = {}
    for name, columns in WANTED.items():
        sources, merge = LESSONS[name]["models"], LESSONS[name]["merge"]
        weights = {a: f32(load_file(folder(src) / "model.safetensors")) for a, src in sources.items()}
        base = merge["base_model"]
        models = {a: load(sources[a]) for a in [base, *columns] if a != "merged"}
        models["merged"] = load(sources[base], run_merge(merge, weights))
        found = []
        for asked in known[name]["prompts"][:QUESTIONS]:
            answers = {}
            for column in columns:
                ids = asked["columns"][column]["tokens"]
                own, other = (distributions(models[m], asked["prompt_ids"], ids) for m in (column, base))
                answers[column] = compare(own, other, ids)
            found.append({"prompt": asked["prompt"], "columns": answers})
        lessons[name] = {"other": base, "prompts": found}
    out = {
        "made_by": "training/goldens_divergence.py",
        "note": "per token of the answer: its probability by the column's model, and KL(column || other) in nats",
        "lessons": lessons,
    }
    path = ROOT / "test" / "golden" / "text" / "divergence.json"
    path.write_text(compact(out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
