"""Whether Python's PEFT loads an adapter that `npm run lora` extracted, and gives with it what was extracted from.

    python training/check_lora.py

Extracts LoRAs of two models of the zoo at full rank and at rank 8, loads each onto the base, and compares logits and merged
weights with the fine-tune's. Ends in `N passed, N failed`.
"""

import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

warnings.filterwarnings("ignore")
ROOT = Path(__file__).resolve().parent.parent
ZOO = ROOT / "public" / "zoo"
CASES = [("base-s-1", "reverse-s-1", 256), ("base-s-1", "reverse-s-1", 8), ("base-1", "chat-1", 8)]


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.no_grad():
        return model(torch.arange(5, 25).view(2, 10)).logits


def change_kept(base: str, tuned: str, rank: int, work: Path) -> list[str]:
    """@returns what is wrong."""
    out = work / f"{tuned}-{rank}"
    folders = [str(ZOO / base), str(ZOO / tuned)]
    run = ["npm", "--silent", "run", "lora", "--", *folders, "--out", str(out), "--rank", str(rank)]
    line = json.loads(subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    load = lambda name: AutoModelForCausalLM.from_pretrained(ZOO / name, dtype=torch.float32).eval()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        peft = PeftModel.from_pretrained(load(base), str(out)).eval()
    faults = [str(w.message)[:200] for w in said if "missing" in str(w.message).lower()]
    before, want, got = logits(load(base)), logits(load(tuned)), logits(peft)
    near = (got - want).norm() / (before - want).norm()
    whole = {k: v for k, v in load(tuned).state_dict().items()}
    base_weights = load(base).state_dict()
    merged = peft.merge_and_unload().state_dict()
    lost = sum(float((merged[k] - whole[k]).double().square().sum()) for k in whole if k in merged)
    change = sum(float((base_weights[k] - whole[k]).double().square().sum()) for k in whole if k in merged)
    print(f"{tuned} rank {rank}: says {line['fidelity']:.6f}, PEFT's weights {1 - lost / change:.6f}, logits off by {near:.4f} of the change")
    # The tied head counts twice in a state dict; it changes the share a little where the embedding is stored whole.
    if abs(1 - lost / change - line["fidelity"]) > 0.05:
        faults.append("fidelity differs")
    if rank == 256 and (near > 1e-4 or line["fidelity"] < 0.999999):
        faults.append("full rank is not exact")
    if near > 1:
        faults.append("further from the fine-tune than the base is")
    return faults


def main() -> None:
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        for base, tuned, rank in CASES:
            faults = change_kept(base, tuned, rank, Path(work))
            failed += bool(faults)
            for fault in faults:
                print("  FAULT", fault)
    print(f"{len(CASES) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
