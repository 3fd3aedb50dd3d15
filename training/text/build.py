"""Trains every text model of the zoo that is not built yet: tokenizer, bases, fine-tunes. Resumable per model.

    python training/text/build.py [--quick] [--only NAME,NAME]

States land in training/text/build/ or build-quick/; the loss curve of each model beside it as
<name>.json. `--quick` trains a tenth of the steps, to try the pipeline; its models show no effect and are never exported.
"""

import argparse
import json
import time
from pathlib import Path

import torch

import train
from recipes import PRETRAIN_STEPS, TUNES, WORLD, base_name
from tokenizer import build as build_tokenizer
from tokenizer import check as check_tokenizer

HERE = Path(__file__).parent


def trained(path: Path, make) -> dict:
    """The state at `path`; made, and written with its loss curve, where it is not there."""
    if path.exists():
        return torch.load(path)
    curve: list[tuple[int, float]] = []

    def log(step: int, loss: float, seconds: float) -> None:
        curve.append((step, round(loss, 4)))

    started = time.time()
    model = make(log)
    seconds = round(time.time() - started)
    state = model.state_dict()
    torch.save(state, path.with_suffix(".part"))
    report = {"seconds": seconds, "parameters": sum(v.numel() for v in state.values()), "loss": curve[:: max(1, len(curve) // 40)]}
    path.with_suffix(".json").write_text(json.dumps(report) + "\n")
    path.with_suffix(".part").rename(path)
    print(f"{path.name}: {seconds} s, loss {curve[0][1] if curve else '-'} -> {curve[-1][1] if curve else '-'}", flush=True)
    return state


def load(out: Path, text: train.Text, name: str, seed: int = 0, share: float = 1.0) -> dict:
    """The state of a base or a tune in `out`, trained (with its parents) if need be, in `share` of its steps."""
    path = out / f"{name}.pt"
    for size, steps in PRETRAIN_STEPS.items():
        if name == base_name(size):
            return trained(path, lambda log: train.pretrain(size, text, seed, int(steps * share), WORLD, log))
    tune = TUNES[name]

    def make(log):
        model = train.with_state(tune.size, text.vocab, load(out, text, tune.parent, seed, share))
        return train.finetune(model, text, tune.sampler, seed, max(20, int(tune.steps * share)), tune.rate, log)

    return trained(path, make)


def prepare(name: str = "build") -> tuple[Path, train.Text]:
    """The folder of that name beside this file, and the tokenizer, built if need be."""
    out = HERE / name
    out.mkdir(exist_ok=True)
    path = HERE / "build" / "tokenizer.json"
    if not path.exists():
        broken = check_tokenizer(build_tokenizer(path))
        if broken:
            raise SystemExit(f"{len(broken)} words are not one token: {broken[0]}")
    return out, train.Text(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    out, text = prepare("build-quick" if options.quick else "build")
    wanted = options.only.split(",") if options.only else [*map(base_name, PRETRAIN_STEPS), *TUNES]
    for name in wanted:
        load(out, text, name, share=0.1 if options.quick else 1.0)
