"""Coefficients chosen on dev and figures on test, for every seed of the chosen design.

    python training/reward/choose.py [0 1 2]      build/ -> training/reports/reward-vision-seeds.json
"""

import json
import sys

import evaluate as ev
from build import CHOSEN, load_chain
from common import BUILD, HERE

REPORTS = HERE.parent / "reports"
SEEDS = (0, 1, 2)
TEST_PAIRS = 600  # of each class


def seeds(asked: list[int]) -> None:
    path = REPORTS / "reward-vision-seeds.json"
    out = {int(k): v for k, v in json.loads(path.read_text()).items()} if path.exists() else {}
    for seed in asked or SEEDS:
        if (BUILD / f"{CHOSEN}-{seed}" / "vlm.pt").exists():
            chain = load_chain(seed)
            recipe, rows = ev.choose(chain)
            out[seed] = {"recipe": recipe, **ev.measure(chain, recipe, TEST_PAIRS), "grid": rows}
            print(seed, recipe, out[seed]["gain"]["correct"], flush=True)
    path.write_text(json.dumps(dict(sorted(out.items())), indent=1) + "\n")


if __name__ == "__main__":
    seeds([int(a) for a in sys.argv[1:]])
