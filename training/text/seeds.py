"""The effects again, with other tuning seeds (and, with --pretrain, another base): training/reports/seeds.json.

    python training/text/seeds.py [--pretrain] [SEED ...]

Coefficients stay those that dev chose for the shipped models; test is read once per seed.
"""

import json
import sys

import torch

import figures as fig
import train
from build import HERE, prepare, trained
from recipes import PRETRAIN_STEPS, TUNES, WORLD
from zoo import COEFFICIENTS, REPORTS

NAMES = ("chat", "zh", "naive", "assistant", "rude")
COLUMNS = {"addition": ("chat", "naive", "merged", "plain"), "subtraction": ("assistant", "merged")}


def half(state: dict) -> dict:
    """As the zoo stores and the page reads it."""
    return {k: v.to(torch.float16).float() for k, v in state.items()}


def states(seed: int, pretrain: bool) -> tuple[dict, train.Text]:
    _, text = prepare()
    out = HERE / f"build-seed{seed}{'-pretrained' if pretrain else ''}"
    out.mkdir(exist_ok=True)
    if pretrain:
        make = lambda log: train.pretrain("m", text, seed, PRETRAIN_STEPS["m"], WORLD, log)  # noqa: E731
        found = {"base": trained(out / "base.pt", make)}
    else:
        found = {"base": torch.load(HERE / "build" / "base.pt")}
    for name in NAMES:
        tune = TUNES[name]

        def make(log, tune=tune):
            model = train.with_state("m", text.vocab, found[tune.parent])
            return train.finetune(model, text, tune.sampler, seed, tune.steps, tune.rate, log)

        found[name] = trained(out / f"{name}.pt", make)
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
