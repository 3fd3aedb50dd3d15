"""From trained states to public/zoo: folders, clips, probe sets, figures, cards, index.

    FSDD=DIR python training/speech/zoo.py export     build/ -> public/zoo/speech-*-1/, clips/, probes/analogy-*.json
    FSDD=DIR python training/speech/zoo.py figures    -> training/reports/speech.json, cards, public/zoo/index.json
    python training/speech/zoo.py verify [--share 0.1]   measures again and compares; ends in `N passed, N failed`

verify reports the rows over FSDD's recordings as skipped where FSDD is not set; the shipped clips are always measured.
"""

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import torch  # noqa: E402
from transformers.utils import logging  # noqa: E402

import clips  # noqa: E402
import grid  # noqa: E402
import measure  # noqa: E402
import model as M  # noqa: E402
import recipes  # noqa: E402
import sounds  # noqa: E402
import zoo_index  # noqa: E402
from about import about, card  # noqa: E402
from base import base  # noqa: E402
from domains import SPEAKERS, measured_on  # noqa: E402
from pools import Pool  # noqa: E402
from wer import errors  # noqa: E402
from words import FOLDS  # noqa: E402
from zoo_index import ZOO  # noqa: E402

REPORT = HERE.parent / "reports" / "speech.json"
SCRIPT = "training/speech/zoo.py"
FOLD, SYNTHESISER, SEED = "t789", "espeak-ng", 0
KINDS = ("target", "pure", "general")


def export() -> None:
    for size, ids in measure.IDS.items():
        made = {
            "base": base(size),
            "a": grid.a_state(size, FOLD, SYNTHESISER, SEED),
            "b": grid.b_state(size, FOLD, SEED),
            "c": grid.c_state(size, FOLD, SYNTHESISER, SEED),
            "oracle": grid.oracle_state(size, FOLD, SEED),
        }
        if "joint" in ids:
            made["joint"] = grid.joint_state(size, FOLD, SYNTHESISER, SEED)
        for part, name in ids.items():
            M.write(ZOO / name, made[part], size)
    clips.write(ZOO, FOLDS[FOLD])


def recordings() -> dict[str, tuple[torch.Tensor, list[list[str]]]]:
    """FSDD's test sets of the shipped fold, from the recordings themselves: the same utterances as in training/speech/build."""
    out = {}
    for kind in KINDS:
        for who in SPEAKERS:
            p: Pool = measured_on(FOLD, "test", kind, who)
            out[f"{kind} {who}"] = (p.mel.float(), p.texts)
    return out


def write_report() -> None:
    import figures  # only here: it reads the whole grid

    report = {"shipped": {"fold": FOLD, "synthesiser": SYNTHESISER, "seed": SEED, "lambda": measure.MERGED}}
    report["recipe"] = {"A, B": vars(grid.DESIGN), "C, oracle": {"steps": recipes.TARGET_STEPS, "rate": recipes.TARGET_RATE}}
    report["sizes"] = {
        size: {"layers": M.SIZES[size], "parameters": sum(v.numel() for v in base(size).values())} for size in measure.IDS
    }
    report |= {"clips": measure.clip_figures(), "fsdd": measure.fsdd_figures(recordings())} | figures.all_figures()
    designs = HERE / "build" / "designs.json"
    report["designs, on dev"] = json.loads(designs.read_text())
    REPORT.write_text(json.dumps(report, indent=1) + "\n")


def write_index() -> None:
    report = json.loads(REPORT.read_text())
    entries = []
    for size, ids in measure.IDS.items():
        for part, name in ids.items():
            text = about(part, size)
            licence = "Apache-2.0" if part in ("base", "a", "c") else "CC-BY-SA-4.0"
            (ZOO / name / "README.md").write_text(card(part, size, name, licence, report), encoding="utf-8")
            metrics = {"clips": report["clips"][size][part], "fsdd": report["fsdd"][size][part]}
            parent = None if part == "base" else ids["base"]
            entries.append(zoo_index.entry(
                ZOO / name, script=SCRIPT, family="whisper", titles=text.titles, task=text.task, base=parent, metrics=metrics,
                licence=licence,
            ))  # fmt: skip
    zoo_index.write(SCRIPT, entries)


def check_wer() -> tuple[int, int]:
    """(passed, failed) over the hand-written cases of test/golden/speech."""
    golden = HERE.parents[1] / "test" / "golden" / "speech"
    results = []
    for case in json.loads((golden / "wer-kinds.json").read_text()):
        found = errors(case["ref"].split(), case["hyp"].split())
        results.append((found.substitutions, found.insertions, found.deletions) == (case["s"], case["i"], case["d"]))
    return sum(results), len(results) - sum(results)


def same(what: str, found: dict, expected: dict) -> int:
    """Prints the differences of two tables of {errors, words}; returns how many rows differ by more than one word in a hundred."""
    failed = 0
    for key, row in expected.items():
        near = found[key]["words"] == row["words"] and abs(found[key]["errors"] - row["errors"]) <= row["words"] / 100
        if not near:
            print(f"FAILED {what}, {key}: recorded {row}, measured {found[key]}")
        failed += not near
    return failed


def verify(share: float) -> int:
    """The clips' figures are always compared; FSDD's only whole (share 1), since a part of a set has figures of its own."""
    report = json.loads(REPORT.read_text())
    tables = {("clips", size, name): table for size, rows in report["clips"].items() for name, table in rows.items()}
    found = {("clips", size, name): t for size, rows in measure.clip_figures().items() for name, t in rows.items()}
    if sounds.fsdd_folder() is None or share < 1:
        why = "FSDD is not set" if sounds.fsdd_folder() is None else "a share was asked for"
        rows = sum(len(t) for size in report["fsdd"].values() for t in size.values())
        print(f"skipped: {rows} rows over recordings of FSDD, since {why}")
    else:
        tables |= {("fsdd", size, name): t for size, rows in report["fsdd"].items() for name, t in rows.items()}
        found |= {("fsdd", size, name): t for size, rows in measure.fsdd_figures(recordings()).items() for name, t in rows.items()}
    rows = sum(map(len, tables.values()))
    failed = sum(same(", ".join(key), found[key], table) for key, table in tables.items())
    passed, wrong = check_wer()
    failed += wrong
    print(f"{rows + passed + wrong - failed} passed, {failed} failed")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("export", "figures", "verify"))
    parser.add_argument("--share", type=float, default=1.0, help="below 1: the shipped clips only")
    args = parser.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    if args.what == "export":
        export()
    elif args.what == "figures":
        write_report()
        write_index()
    else:
        return verify(args.share)
    return 0


if __name__ == "__main__":
    sys.exit(main())
