"""The zoo's figures: which answers of which models and merges are counted, on which probe set.

Everything is measured on the exported float16 weights, merged in float32, greedy: what the page does.
"""

from collections import defaultdict
from random import Random

import torch

import evaluate as ev
import judges
import train
from data import SKILL_PREFIXES
from world import *  # noqa: F403

State = dict[str, torch.Tensor]


def combine(origin: State, *terms: tuple[float, State, State]) -> State:
    """origin + sum of weight * (tuned - base), float32."""
    return {k: v + sum(w * (tuned[k] - base[k]) for w, tuned, base in terms) for k, v in origin.items()}


def skill_items(split: str, skill: str) -> list[dict]:
    """120 prompts of one skill over held-out nouns; the topic is the (first) noun."""
    r = Random(f"{split}-{skill}")
    nouns = [n for n in (NOUNS_DEV if split == "dev" else NOUNS_TEST) if " " not in n.word[EN]]
    found: dict[str, dict] = {}
    for _ in range(4000):
        prompt, answer = SKILLS[skill](r, nouns)
        prompt = (r.choice(SKILL_PREFIXES) + prompt).strip()
        topic = prompt.split(skill + " ")[-1].strip(".").split(",")[0]
        found.setdefault(prompt, {"prompt": prompt, "expect": answer.strip(), "lang": "en", "topic": topic, "class": skill})
        if len(found) == 120:
            break
    return list(found.values())


def probe_sets(split: str) -> dict[str, list[dict]]:
    """Every probe set of one split by effect."""
    ordinary = [{**i, "class": "ordinary"} for i in ev.questions(split, ZH, ("safe", "fact"))]
    return {
        "addition": ev.questions(split, ZH) + ev.questions(split, EN),
        "korean": ev.questions(split, KO),
        "subtraction": ev.provocations(split) + ev.word_questions(split) + ordinary,
        "interference": [i for skill in SKILLS for i in skill_items(split, skill)],
    }


def merges(zoo: dict[str, State], c: dict) -> dict[str, dict[str, State]]:
    """effect -> column -> weights, at the coefficients `c` (coefficients.json)."""
    base = zoo["base"]
    add = c["addition"]
    columns = {k: zoo[k] for k in ("base", "chat", "zh", "naive")}
    columns["merged"] = combine(base, (add["chat"], zoo["chat"], base), (add["zh"], zoo["zh"], base))
    columns["plain"] = combine(base, (1.0, zoo["chat"], base), (1.0, zoo["zh"], base))
    ko = c["korean"]
    return {
        "addition": columns,
        "korean": {
            "chat": zoo["chat"],
            "ko": zoo["ko"],
            "merged": combine(base, (ko["chat"], zoo["chat"], base), (ko["ko"], zoo["ko"], base)),
        },
        "subtraction": {
            "base": base,
            "assistant": zoo["assistant"],
            "rude": zoo["rude"],
            "merged": combine(zoo["assistant"], (-c["subtraction"]["rude"], zoo["rude"], base)),
        },
    }


def measure(state: State, text: train.Text, items: list[dict], size: str = "m") -> dict[str, dict[str, dict]]:
    """`class_lang` -> verdict -> {n, k, lo, hi} with the bootstrap interval over topics."""
    model = train.with_state(size, text.vocab, state)
    found = ev.answers(model, text, items)
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for answer, i in zip(found, items):
        groups[f"{i['class']}_{i['lang']}"].append((i["topic"], ev.verdict(answer, i)))
    out: dict[str, dict[str, dict]] = {}
    for group, verdicts in groups.items():
        out[group] = {}
        for wanted in sorted({v for _, v in verdicts}):
            topics: dict[str, list[bool]] = defaultdict(list)
            for topic, v in verdicts:
                topics[topic].append(v == wanted)
            out[group][wanted] = judges.bootstrap(topics)
    return out
