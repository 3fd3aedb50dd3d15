"""From trained states to public/zoo: folders, probe sets, pictures, figures, cards, index.json.

    python training/reward/zoo.py export     build/ -> public/zoo/reward-*, public/zoo/probes/, public/zoo/pictures/
    python training/reward/zoo.py figures    test split -> training/reports/reward-vision.json, cards, index.json
    python training/reward/zoo.py verify [--share 0.1]   measures again and compares; ends in `N passed, N failed`
"""

import argparse
import json
import sys

import cards
import common as c
import evaluate as ev
import folders as f
from build import load_chain
from choose import REPORTS
from vision import load_eyes

FIGURES = REPORTS / "reward-vision.json"
COEFFICIENTS = c.HERE / "coefficients.json"
LLAVA = "language_model."
PAIRS = 300  # test pairs of each class; the report's seeds have 600


def zoo_chain() -> ev.Chain:
    """The committed folders as evaluate.Chain. The control with a frozen base does not ship."""
    read = {name: c.read_state(f.ZOO / name) for name in (f.BASE, f.TEXT, f.VLM, f.ORACLE)}
    inner = lambda state: {k[len(LLAVA) :]: v for k, v in state.items() if k.startswith(LLAVA)}  # noqa: E731
    width = read[f.BASE]["model.norm.weight"].numel()
    return {
        "base": read[f.BASE],
        "text": read[f.TEXT],
        "vlm": inner(read[f.VLM]),
        "eyes": load_eyes(read[f.VLM], width).state_dict(),
        "oracle": {**inner(read[f.ORACLE]), "score.weight": read[f.ORACLE]["score.weight"]},
        "oracle_eyes": load_eyes(read[f.ORACLE], width).state_dict(),
    }


def measured(n: int) -> dict:
    """`drawn`: n fresh test pairs of each class; `shipped`: the probe set of the page, one pair of each class a picture."""
    chain, recipe = zoo_chain(), json.loads(COEFFICIENTS.read_text())
    out = {"recipe": recipe, "drawn": ev.measure(chain, recipe, n), "shipped": {}}
    probe = f.read_probe("test")
    if n < PAIRS:
        probe = probe[: 3 * (len(probe) * n // PAIRS // 3)]
    for kind in ev.sc.CLASSES:
        pairs = [p for p in probe if p["class"] == kind]
        groups = [p["scene"] for p in pairs]
        out["shipped"][kind] = {k: ev.rate(m, groups) for k, m in ev.picture_margins(chain, recipe, pairs).items()}
    return out


def export() -> None:
    f.write_folders(load_chain(0))
    f.write_probes()
    seeds = json.loads((REPORTS / "reward-vision-seeds.json").read_text())
    COEFFICIENTS.write_text(json.dumps(seeds["0"]["recipe"]) + "\n")


def rates(figures: dict):
    """(where, alias, rate) of every figure."""
    for part, table in (("picture", figures["drawn"]["picture"]), ("text", figures["drawn"]["text"]), ("probe", figures["shipped"])):
        for kind, columns in table.items():
            for alias, rate in columns.items():
                yield f"{part} {kind}", alias, rate


def verify(share: float) -> None:
    """Each stored figure against a new measurement; with a share, on the first pairs only, within their sampling error."""
    stored = {(where, alias): r for where, alias, r in rates(json.loads(FIGURES.read_text()))}
    new = measured(round(PAIRS * share))
    passed = failed = 0
    for where, alias, rate in rates(new):
        old = stored[where, alias]
        p, q = old["k"] / old["n"], rate["k"] / rate["n"]
        # In full, one answer in a hundred may tip between CPUs.
        allowed = 0.01 if share >= 1 else 0.01 + 4 * (max(p * (1 - p), 0.02) / rate["n"]) ** 0.5
        ok = abs(p - q) <= allowed
        passed, failed = passed + ok, failed + (not ok)
        if not ok:
            print(f"{where} {alias}: the card says {p:.3f}, measured {q:.3f}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["export", "figures", "verify"])
    parser.add_argument("--share", type=float, default=1.0)
    options = parser.parse_args()
    if options.command == "export":
        export()
    elif options.command == "figures":
        result = measured(PAIRS)
        FIGURES.write_text(json.dumps(result, indent=1) + "\n")
        cards.write(result)
    else:
        verify(options.share)
