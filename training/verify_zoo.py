"""Check the built-in text zoo from outside the page: hashes, Python transformers, mergekit.

    python training/verify_zoo.py

Every file of public/zoo/index.json has its listed size and sha256, and every model loads as the class that its config.json
names. For each lesson of test/golden/text/zoo1.json the models answer the golden greedy texts, and mergekit merges them to
the golden fingerprint. The last line is `N passed, N failed`; the exit status is 1 where anything failed.
"""

import hashlib
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import torch
import transformers
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors.numpy import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from fingerprint import fingerprint

ROOT = Path(__file__).resolve().parent.parent
ZOO, GOLDEN = ROOT / "public" / "zoo", ROOT / "test" / "golden"
argsort = torch.argsort
counts = {"passed": 0, "failed": 0}


def check(what: str, found, expected) -> None:
    ok = found == expected
    counts["passed" if ok else "failed"] += 1
    if not ok:
        print(f"FAILED {what}: expected {expected!r}, found {found!r}")


def check_index() -> None:
    for entry in json.loads((ZOO / "index.json").read_text()):
        folder = ZOO / entry["id"]
        listed = {f["path"] for f in entry["files"]}
        check(f"{entry['id']}: files listed", listed, {p.name for p in folder.iterdir()})
        check(f"{entry['id']}: card listed", entry["card"] in listed, True)
        for f in entry["files"]:
            path = folder / f["path"]
            data = path.read_bytes() if path.exists() else b""
            check(f"{path.relative_to(ROOT)}: bytes", len(data), f["bytes"])
            check(f"{path.relative_to(ROOT)}: sha256", hashlib.sha256(data).hexdigest(), f["sha256"])
        # config.json says of which class of transformers the weights are
        (kind,) = json.loads((folder / "config.json").read_text())["architectures"]
        if not hasattr(transformers, kind):
            print(f"{entry['id']}: transformers has no {kind}; {entry['script']} loads and measures it")
            continue
        _, info = getattr(transformers, kind).from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
        check(f"{entry['id']}: tensors missing or left over", {k: sorted(v) for k, v in info.items() if v}, {})


@torch.inference_mode()
def check_texts(what: str, folder: Path, prompts: list[dict], column: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    for p in prompts:
        chat = [{"role": "user", "content": p["prompt"]}]
        enc = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True, return_tensors="pt")
        check(f"{what} {p['prompt']}: prompt ids", enc["input_ids"][0].tolist(), p["prompt_ids"])
        # no generation argument: the folder's own generation_config.json must be enough
        out = model.generate(**enc)[0, enc["input_ids"].shape[1] :]
        expected = p["columns"][column]
        check(f"{what} {p['prompt']}: tokens", out.tolist(), expected["tokens"])
        check(f"{what} {p['prompt']}: text", tokenizer.decode(out, skip_special_tokens=True), expected["text"])


def check_merge(name: str, lesson: dict, out: Path) -> None:
    """mergekit's own output for the lesson's recipe has the golden fingerprint, and answers as the merged column."""
    text = json.dumps(lesson["merge"])
    for alias, src in lesson["models"].items():
        text = text.replace(f'"{alias}"', f'"{src.removeprefix("zoo:")}"')
    os.chdir(ZOO)  # model names in the document are folder names
    # As the lab orders equal magnitudes; without this, which of them TIES keeps is arbitrary.
    torch.argsort = partial(argsort, stable=True)
    run_merge(MergeConfiguration.model_validate(json.loads(text)), str(out), MergeOptions(quiet=True, write_model_card=False))
    check(f"{name}, mergekit: fingerprint", fingerprint(load_file(out / "model.safetensors")), lesson["weights"])
    check_texts(f"{name}, merged", out, lesson["prompts"], "merged")


def main() -> None:
    torch.set_num_threads(1)
    check_index()
    golden = json.loads((GOLDEN / "text" / "zoo1.json").read_text())
    for name, lesson in golden["lessons"].items():
        for alias, src in lesson["models"].items():
            check_texts(f"{name}, {alias}", ZOO / src.removeprefix("zoo:"), lesson["prompts"], alias)
        with tempfile.TemporaryDirectory() as tmp:
            check_merge(name, lesson, Path(tmp))
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
