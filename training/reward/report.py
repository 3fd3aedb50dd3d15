"""training/reports/reward-vision.md from the recorded figures; the words between the tables are in here.

    python training/reward/report.py
"""

import json

from cards import COLUMNS, percent
from choose import REPORTS
from scenes import CLASSES

TITLES = {**COLUMNS, "unmerged_frozen": "text judge + tower fitted to the frozen base, unmerged"}
ORDER = (
    "base", "text", "unmerged", "unmerged_frozen", "vlm", "random", "average", "one", "merged", "likelihood", "rival", "oracle",
)  # fmt: skip


def read(name: str) -> dict:
    path = REPORTS / name
    return json.loads(path.read_text()) if path.exists() else {}


def seed_table(part: dict, aliases) -> list[str]:
    lines = ["| judge | " + " | ".join(CLASSES) + " |", "|---|---|---|---|"]
    for alias in aliases:
        if alias in part["correct"]:
            lines.append(f"| {TITLES[alias]} | " + " | ".join(percent(part[k].get(alias)) for k in CLASSES) + " |")
    return lines


def gains(seeds: dict) -> list[str]:
    lines = [
        "| seed | recipe (judge, sight) | unmerged | merged | merged - unmerged | merged - random vector | merged, own text |",
        "|---|---|---|---|---|---|---|",
    ]
    for seed, s in seeds.items():
        rate = lambda alias, part="picture", kind="correct", s=s: 100 * s[part][kind][alias]["k"] / s[part][kind][alias]["n"]  # noqa: E731
        points = lambda g: f"{g['points']:+.1f} ({g['lo']:+.1f} to {g['hi']:+.1f})"  # noqa: E731
        own = " / ".join(f"{rate('merged', 'text', k):.1f}" for k in CLASSES)
        r = s["recipe"]
        lines.append(
            f"| {seed} | {r['text']:g}, {r['vlm']:g} | {rate('unmerged'):.1f} | {rate('merged'):.1f} | {points(s['gain']['correct'])} | "
            f"{points(s['gain']['correct, over random'])} | {own} |"
        )
    return lines


def topics(seeds: dict) -> list[str]:
    lines = ["| attribute | " + " | ".join(f"seed {s}: unmerged -> merged (n)" for s in seeds) + " |", "|---|" + "---|" * len(seeds)]
    for topic in next(iter(seeds.values()))["by_topic"]:
        cells = []
        for s in seeds.values():
            row = s["by_topic"][topic]
            cells.append(f"{100 * row['unmerged']:.0f} -> {100 * row['merged']:.0f} ({row['n']})")
        lines.append(f"| {topic} | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    seeds = read("reward-vision-seeds.json")
    text = (REPORTS.parent / "reward" / "report.md.in").read_text()
    text = text.replace("{gains}", "\n".join(gains(seeds))).replace("{topics}", "\n".join(topics(seeds)))
    tables = []
    for seed, s in seeds.items():
        tables += [f"### Seed {seed}", "", *seed_table(s["picture"], ORDER), "", "Own text:", ""]
        tables += [*seed_table(s["text"], ("text", "merged", "one", "average", "random", "vlm", "oracle")), ""]
    (REPORTS / "reward-vision.md").write_text(text.replace("{tables}", "\n".join(tables)), encoding="utf-8")


if __name__ == "__main__":
    main()
