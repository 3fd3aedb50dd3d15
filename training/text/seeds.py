"""The effects again, with other tuning seeds (and, with --pretrain, another base): training/reports/seeds.json.

    python training/text/seeds.py [--pretrain] [SEED ...]

Coefficients stay those that dev chose for the shipped models; test is read once per seed.
"""

import json
import shutil
import sys

import torch

import figures as fig
import train
from build import HERE, load, prepare
from zoo import COEFFICIENTS, REPORTS

NAMES = ("chat", "zh", "naive", "assistant", "rude")
COLUMNS = {"addition": ("chat", "naive", "merged", "plain"), "subtraction": ("assistant", "merged")}


def half(state: dict) -> dict:
    """As the zoo stores and the page reads it."""
    return {k: v.to(torch.float16).float() for k, v in state.items()}


def states(seed: int, pretrain: bool) -> tuple[dict, train.Text]:
    out, text = prepare(f"build-seed{seed}{'-pretrained' if pretrain else ''}")
    if not pretrain and not (out / "base.pt").exists():
        shutil.copyfile(HERE / "build" / "base.pt", out / "base.pt")
    found = {name: load(out, text, name, seed) for name in ("base", *NAMES)}
    return {k: half(v) for k, v in found.items()}, text


if __name__ == "__main__":
    pretrain = "--pretrain" in sys.argv
    seeds = [int(s) for s in sys.argv[1:] if s.isdigit()] or [1, 2]
    path = REPORTS / "seeds.json"
    report = json.loads(path.read_text()) if path.exists() else {}
    sets = fig.probe_sets("test")
    for seed in seeds:
        zoo, text = states(seed, pretrain)
        # Korean is not repeated: its column only fills the place that merges() expects.
        merges = fig.merges({**zoo, "ko": zoo["zh"]}, json.loads(COEFFICIENTS.read_text()))
        report[f"{'pretraining' if pretrain else 'tuning'} seed {seed}"] = {
            effect: {name: fig.measure(merges[effect][name], text, sets[effect]) for name in names}
            for effect, names in COLUMNS.items()
        }
        path.write_text(json.dumps(report, indent=1) + "\n")
        print("seed", seed, flush=True)
