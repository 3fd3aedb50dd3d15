"""Check the built-in text zoo from outside the page: hashes, Python transformers, mergekit.

    python training/verify_zoo.py

Every file of public/zoo/index.json has its listed size and sha256; each text model of test/golden/text/zoo0.json loads
with AutoModelForCausalLM and answers the golden greedy texts; mergekit merges the lesson's three models to the golden
fingerprint. The last line is `N passed, N failed`; the exit status is 1 where anything failed.
"""

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path

import torch
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors.numpy import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from fingerprint import fingerprint

ROOT = Path(__file__).resolve().parent.parent
ZOO, GOLDEN = ROOT / "public" / "zoo", ROOT / "test" / "golden"
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


@torch.inference_mode()
def check_texts(column: str, folder: Path, golden: dict) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    for p in golden["prompts"]:
        chat = [{"role": "user", "content": p["prompt"]}]
        enc = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True, return_tensors="pt")
        check(f"{column} {p['prompt']}: prompt ids", enc["input_ids"][0].tolist(), p["prompt_ids"])
        # no generation argument: the folder's own generation_config.json must be enough
        out = model.generate(**enc)[0, enc["input_ids"].shape[1] :]
        expected = p["columns"][column]
        check(f"{column} {p['prompt']}: tokens", out.tolist(), expected["tokens"])
        check(f"{column} {p['prompt']}: text", tokenizer.decode(out, skip_special_tokens=True), expected["text"])


def check_merge(golden: dict, out: Path) -> None:
    """mergekit's own output for the lesson's recipe has the golden fingerprint, and answers as the merged column."""
    prints = json.loads((GOLDEN / "merge" / "fingerprints.json").read_text())
    lesson = next(m for m in prints["merges"] if m["name"] == "lesson")
    text = json.dumps(lesson["merge"])
    for alias, m in prints["models"].items():
        text = text.replace(f'"{alias}"', f'"{m["src"].removeprefix("zoo:")}"')
    os.chdir(ZOO)  # model names in the document are folder names
    run_merge(MergeConfiguration.model_validate(json.loads(text)), str(out), MergeOptions(quiet=True, write_model_card=False))
    check("mergekit: fingerprint", fingerprint(load_file(out / "model.safetensors")), lesson["weights"])
    check_texts("merged", out, golden)


def main() -> None:
    torch.set_num_threads(1)
    check_index()
    golden = json.loads((GOLDEN / "text" / "zoo0.json").read_text())
    for alias, src in golden["models"].items():
        check_texts(alias, ZOO / src.removeprefix("zoo:"), golden)
    with tempfile.TemporaryDirectory() as tmp:
        check_merge(golden, Path(tmp))
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if counts["failed"] else 0)


if __name__ == "__main__":
    main()
