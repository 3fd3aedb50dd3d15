"""training/reports/speech.json as tables for people: python training/speech/tables.py -> training/reports/speech-tables.md."""

import json
from pathlib import Path

REPORTS = Path(__file__).resolve().parents[1] / "reports"
MODELS = ("C", "merged", "merged 0.75", "(B+C)/2", "C+0.5(B-base)")
MISSED = ("C", "merged", "(B+C)/2")


def shown(x: list[float]) -> str:
    return f"{x[0]:.1f} [{x[1]:.1f}, {x[2]:.1f}]"


def compared(title: str, sets: dict) -> list[str]:
    head = ["set", *MODELS, "merged below C, %", "merged below (B+C)/2, %"]
    head += [f"target words missed, {m}" for m in MISSED]
    rows = [f"\n**{title}**\n", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for name, f in sets.items():
        cells = [name, *(shown(f["wer"][m]) for m in MODELS), shown(f["merged below C, %"]), shown(f["merged below (B+C)/2, %"])]
        rows.append("| " + " | ".join(cells + [shown(f["target words missed"][m]) for m in MISSED]) + " |")
    return rows


def plain(rows: dict[str, dict[str, str]]) -> list[str]:
    sets = list(dict.fromkeys(k for r in rows.values() for k in r))
    out = ["| | " + " | ".join(sets) + " |", "|---" * (len(sets) + 1) + "|"]
    return out + [f"| {name} | " + " | ".join(r.get(k, "") for k in sets) + " |" for name, r in rows.items()]


def rates(table: dict) -> dict[str, dict[str, str]]:
    return {m: {k: f"{100 * x['errors'] / x['words']:.1f}" for k, x in r.items()} for m, r in table.items()}


def main() -> None:
    r = json.loads((REPORTS / "speech.json").read_text())
    out = ["# Figures of the speech analogy", "\nMade by `training/speech/tables.py` from `speech.json`; what they mean: `speech.md`."]
    out += ["WER in %, 95 % intervals in brackets.", "\n## All cells at lambda 0.5"]
    for size, g in r["grid"].items():
        runs = len(g["runs"])
        out += compared(f"size {size}, {runs} runs (fold, synthesiser, seed)", g["all"])
        for fold, sets in g["folds"].items():
            seeds = {y: sum((f, s) == (fold, y) for f, s, _ in g["runs"]) for y in sorted({y for _, y, _ in g["runs"]})}
            out += compared(f"size {size}, fold {fold}, seeds: " + ", ".join(f"{y} {n}" for y, n in seeds.items()), sets)
    out.append("\n## Parts, controls and lambda, one seed a fold")
    for label, rows in r["details"].items():
        geometry = ", ".join(f"{k} = {v:.2f}" for k, v in rows["geometry"].items())
        out += [f"\n**{label}** ({geometry}); in brackets target words missed\n"]
        out += plain({m: {k: f"{x['wer']} ({x['target words missed']})" for k, x in t.items()} for m, t in rows.items() if m != "geometry"})
    out += ["\n## Lambda chosen on a general word that A and B did without\n"]
    out += plain({k: {f"λ {x}": str(w) for x, w in p["wer"].items()} | {"chosen": str(p["chosen"])} for k, p in r["pseudo"].items()})
    for size in r["fsdd"]:
        out += [f"\n## The shipped set, size {size}: FSDD's test recordings\n", *plain(rates(r["fsdd"][size]))]
        out += [f"\n## The shipped set, size {size}: the clips of this site\n", *plain(rates(r["clips"][size]))]
    out.append("\n## Designs of A and B, on dev recordings")
    for case, rows in r["designs, on dev"].items():
        out.append(f"\n**{case}**, C: " + ", ".join(f"{k} {v}" for k, v in rows["C"].items()) + "\n")
        out += plain({f"{d}, {m}": {k: str(v) for k, v in t.items()} for d, x in rows.items() if d != "C" for m, t in x.items()})
    (REPORTS / "speech-tables.md").write_text("\n".join(out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
