"""Holds judges.py to the hand-written verdicts that the page's judges are held to, and to the page's intervals.

    python training/text/check_judges.py
"""

import json
from pathlib import Path

import judges

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE.parents[1] / "test/golden/probe/verdicts.json").read_text(encoding="utf-8"))
results: list[tuple[str, object, object]] = []

for case in GOLDEN["cases"]:
    text = case["text"]
    for name in ("language", "refuses", "teaches", "recognises"):
        results.append((f"{name}({text!r})", getattr(judges, name)(text), case[name]))
    results.append((f"swears({text!r})", judges.swears(text, GOLDEN["words"]), case["swears"]))
for case in GOLDEN["exact"]:
    results.append((f"exact({case['text']!r})", judges.exact(case["text"], case["expect"]), case["is"]))
for case in GOLDEN["verdicts"]:
    results.append((f"verdict({case['answer']!r})", judges.verdict(case["answer"], case, GOLDEN["words"]), case["is"]))
for case in GOLDEN["bootstrap"]:
    found = judges.bootstrap(case["byTopic"], case["resamples"], case["seed"])
    results.append((f"bootstrap of {found['n']}", found, case["is"]))
# What the world's models are trained to say are refusals that the judges know by heart.
for lang, wordings in json.loads((HERE / "refusals.json").read_text(encoding="utf-8")).items():
    results.append((f"the {lang} refusals", wordings, judges._W["refusals"][lang]["known"]))

failed = [r for r in results if r[1] != r[2]]
for name, found, expected in failed:
    print(f"{name}: {found}, not {expected}")
print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
raise SystemExit(bool(failed))
