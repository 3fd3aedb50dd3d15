"""Compares designs of A and B on dev recordings (10-14): python training/speech/designs.py -> build/designs.json."""

import json
import time

import torch

import domains
from base import BUILD
from evaluate import Ear, analogy, mean
from grid import c_state
from recipes import DESIGNS, general, state
from words import FOLDS

SIZE, SEED = "s", 0
CASES = (("t136", "espeak-ng"), ("t025", "espeak-ng"), ("t789", "espeak-ng"))


def main() -> None:
    torch.set_num_threads(1)
    path = BUILD / "designs.json"
    done = json.loads(path.read_text()) if path.exists() else {}
    ear = Ear(SIZE)
    for name, synth in CASES:
        sets = {f"{k} {w}": domains.measured_on(name, "dev", k, w) for k in ("target", "pure") for w in domains.SPEAKERS}
        c = c_state(SIZE, name, synth, SEED)

        def row(s, sets=sets, name=name) -> dict:
            return {k: round(ear.score(s, v, FOLDS[name].target).wer, 1) for k, v in sets.items()}

        done[f"{name} {synth}"] = rows = done.get(f"{name} {synth}", {})
        rows["C"] = row(c)
        print(name, "C", rows["C"], flush=True)
        for label, recipe in DESIGNS.items():
            if label in rows:
                continue
            began = time.process_time()
            a, b = (
                state(f"design-{name}-{s}-{label.replace(' ', '_')}", lambda s=s, recipe=recipe: general(SIZE, name, s, SEED, recipe))
                for s in (synth, "real")
            )
            rows[label] = {str(x): row(analogy(c, b, a, x)) for x in (0.5, 1.0)} | {"(B+C)/2": row(mean([b, c]))}
            print(name, label, rows[label], f"cpu {time.process_time() - began:.0f}", flush=True)
            path.write_text(json.dumps(done, indent=1) + "\n")


if __name__ == "__main__":
    main()
