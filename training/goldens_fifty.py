"""What Python transformers answers to 50 test questions by every built-in text model: test/golden/text/fifty.json.

    python training/goldens_fifty.py

Greedy, float32, one question at a time, with each folder's own chat template and generation settings. The page is held to
these texts by test/browser/fifty.test.ts.
"""

import json
import random
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).resolve().parent.parent
ZOO = ROOT / "public" / "zoo"
COUNT = 50


def questions(model: str) -> list[str]:
    """A seeded draw from all test sets, so that every model is asked of everything, also of what it was not made for."""
    sets = sorted((ZOO / "probes").glob("*-test.json"))
    prompts = [i["prompt"] for path in sets for i in json.loads(path.read_text(encoding="utf-8"))["items"]]
    return random.Random(model).sample(sorted(set(prompts)), COUNT)


@torch.inference_mode()
def answers(folder: Path, prompts: list[str]) -> list[str]:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    out = []
    for prompt in prompts:
        chat = [{"role": "user", "content": prompt}]
        enc = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True, return_tensors="pt")
        ids = model.generate(**enc)[0, enc["input_ids"].shape[1] :]
        out.append(tokenizer.decode(ids, skip_special_tokens=True))
    return out


if __name__ == "__main__":
    torch.set_num_threads(1)
    golden = {}
    for entry in json.loads((ZOO / "index.json").read_text(encoding="utf-8")):
        if entry["script"] == "training/text/zoo.py":
            prompts = questions(entry["id"])
            golden[entry["id"]] = list(map(list, zip(prompts, answers(ZOO / entry["id"], prompts))))
            print(entry["id"], flush=True)
    path = ROOT / "test" / "golden" / "text" / "fifty.json"
    path.write_text(json.dumps(golden, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
