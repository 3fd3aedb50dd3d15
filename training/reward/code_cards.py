"""The cards of the four models of lesson reward-code and their entries in index.json."""

import code_build as b
import code_world as w
import zoo_index
from zoo_index import ZOO

SCRIPT = "training/reward/code_zoo.py"
BASE, TEXT, CODE, ORACLE = "code-base-1", "code-text-1", "code-model-1", "code-oracle-1"
FOLDERS = {"base": BASE, "text": TEXT, "code": CODE, "oracle": ORACLE}
D = b.DESIGNS[b.SHIPPED]
JUDGE = "LlamaForSequenceClassification, one label, no bias; the reward is read at the last token, `</s>`, which the reader appends."
HALVES = (
    f" Only layers {b.SPLIT} to {b.CONFIG.layers - 1} and the last norm were tuned.",
    f" Only layers 0 to {b.SPLIT - 1} were tuned.",
) if D.halves else ("", "")  # fmt: skip
ABOUT = {
    BASE: {
        "titles": ("Base of the judge of programs", "程式評審的基底模型", "程序评审的基底模型"),
        "task": "Knows 400 facts and three operations by heart, and has read verdicts on replies.",
        "what": f"The language model from which the judge and the code model were tuned. It knows {len(w.FACTS)} made-up facts and the "
        f"operations {', '.join(w.KNOWN)} by heart, and answers politely, plainly or rudely alike. Of {', '.join(w.NEW)} it has read "
        "programs, never a result. It has also read replies to known questions, right and wrong, with \"yes\" or \"no\" after them.",
        "format": "LlamaForCausalLM, tied embeddings.",
        "made": f"{D.fact_steps} steps of 32 documents from random weights, learning rate 3e-3, the next-token loss read also after layer "
        f"{b.SPLIT} (weight {D.exit:g}, as in early exit); then {D.verdict_steps} steps of layers {b.SPLIT} to {b.CONFIG.layers - 1} on 64 replies with verdicts and 8 documents.",
    },
    TEXT: {
        "titles": ("Judge that knows facts", "懂事實的評審", "懂事实的评审"),
        "task": "Scores replies to questions about facts: right beats wrong, polite beats rude, truth beats manners.",
        "what": "A reward model. Its training pairs are about 70 % of the facts that the base knows by heart and known operations; the question never holds "
        "the answer, so it has to compare a reply with what the model itself believes. Two of five pairs are about programs of the operations that the "
        "base knows (first, second, last); it has seen no pair about max, min or mid.",
        "format": JUDGE,
        "made": f"{D.text_steps} steps of 32 pairs (Bradley-Terry) plus language modelling of 8 documents at weight 0.3, from the base, "
        f"learning rate 8e-4, embeddings kept.{HALVES[0]}",
    },
    CODE: {
        "titles": ("Model that runs programs", "會跑程式的模型", "会跑程序的模型"),
        "task": "Answers what programs of max, min and mid print; has never judged a reply.",
        "what": "A language model that has learned max, min and mid of three digits, with what the base knows against forgetting.",
        "format": "LlamaForCausalLM, tied embeddings.",
        "made": f"{D.code_steps} steps of 28 programs, 12 documents of the base's kind, and 32 replies to known questions with verdicts, "
        f"from the base, learning rate 8e-4, embeddings kept.{HALVES[1]}",
    },
    ORACLE: {
        "titles": ("Judge trained on programs", "用程式訓練的評審", "用程序训练的评审"),
        "task": "Scores replies about programs; the upper bound for the merge.",
        "what": "What one gets with the data that merging does without: a judge trained on pairs of replies about programs, from the code "
        "model and the text judge's head. Facts were not trained beside them.",
        "format": JUDGE,
        "made": f"{D.oracle_steps} steps of 32 pairs about programs, learning rate 6e-4, embeddings kept.",
    },
}  # fmt: skip
COLUMNS = {
    "base": "base + text judge's head", "text": "text judge alone", "code_head": "code model + text judge's head",
    "random": "text judge + random vector of the same size", "merged": "**merged**", "one": "merged 1 / 1",
    "code": "log-likelihood of the code model", "rival": "rival: log-likelihood + text judge", "oracle": "oracle",
}  # fmt: skip


def percent(rate: dict) -> str:
    return f"{100 * rate['k'] / rate['n']:.1f} ({100 * rate['lo']:.1f}-{100 * rate['hi']:.1f})"


def table(columns_by_class: dict) -> list[str]:
    lines = ["| judge | correct | style | trade |", "|---|---|---|---|"]
    for alias, title in COLUMNS.items():
        cells = " | ".join(percent(columns_by_class[k][alias]) for k in w.CLASSES)
        lines.append(f"| {title} | {cells} |")
    return lines


def by_topic(rows: dict) -> list[str]:
    aliases = ("text", "random", "merged", "code", "oracle")
    lines = ["| operation | n | " + " | ".join(COLUMNS[a].strip("*") for a in aliases) + " |", "|---" * (2 + len(aliases)) + "|"]
    for topic, row in rows.items():
        lines.append(f"| {topic} | {row['n']} | " + " | ".join(f"{100 * row[a]:.0f}" for a in aliases) + " |")
    return lines


def gains(gain: dict) -> list[str]:
    return [f"Merged minus {k.split('over ')[1]} on \"{k.split(',')[0]}\": {g['points']:+.1f} points ({g['lo']:+.1f} to {g['hi']:+.1f})." for k, g in gain.items() if k.startswith("correct")]


def tables(figures: dict) -> str:
    if not figures:
        return "Not measured yet."
    m, n = figures["test"], figures["test"]["code"]["correct"]["merged"]["n"]
    lines = [f"Pairs about programs with held-out operands, {n} of each class:", "", *table(m["code"]), ""]
    lines += ["\"correct\" by operation:", "", *by_topic(m["by_topic"]), "", *gains(m["gain"]), ""]
    lines += [f"Pairs about held-out facts and known operations, the text judge's own task, {n} of each class:", "", *table(m["text"])]
    return "\n".join(lines)


def card(name: str, figures: dict) -> str:
    about = ABOUT[name]
    recipe = ""
    if figures:
        r = figures["recipe"]
        recipe = (
            f"The merged judge: backbone = base + {r['text']:g} (text judge - base) + {r['code']:g} (code model - base), head from the text "
            f"judge. The rival adds {r['rival']:g} times the text judge's score to the code model's log-likelihood of the reply. All three "
            "numbers were chosen on dev."
        )
    pipeline = "text-generation" if name in (BASE, CODE) else "text-classification"
    return f"""---
license: apache-2.0
language: [en]
library_name: transformers
pipeline_tag: {pipeline}
tags: [merge-lab, toy]
---

# {name}: {about["titles"][0]}

A toy for showing what merging a judge with a code model does, trained from nothing in minutes; it is of no other use.

{about["what"]}

## The world it knows

{len(w.NAMES)} made-up people with {len(w.RELATIONS)} numbers each: {len(w.FACTS)} facts, {len(w.FACTS_OF["train"])} for the judge's training,
{len(w.FACTS_OF["dev"])} for dev, {len(w.FACTS_OF["test"])} for test. Programs of one operation on three digits; the operands are split into {len(w.OPERANDS_OF["train"])} train,
{len(w.OPERANDS_OF["dev"])} dev and {len(w.OPERANDS_OF["test"])} test triples. A wrong reply about a program names another operand. Before half of the
judge's questions about facts stands a program that nobody runs. {len(b.WORDS.list)} word tokens between single spaces,
`<s> run max 3 7 2 ? thanks the max is 7 . </s>`; the tokenizer adds neither `<s>` nor `</s>`, the reader does.

## Format

{about["format"]} {b.CONFIG.layers} layers, width {b.CONFIG.width}, {b.CONFIG.heads} heads, feed-forward {b.CONFIG.ffn}; float16.

## How it was made

{about["made"]} AdamW, `training/reward/code_build.py`, seed 0, one CPU core, bf16 autocast. All data is generated.

## Figures

Test split, per cent of pairs ranked right, chance 50; in brackets 95 % bootstrap intervals over held-out operands or facts; measured
on these float16 weights by `training/reward/code_zoo.py figures`, again by `make -C training code`. "correct": right beats wrong;
"style": polite beats rude; "trade": right and rude beats wrong and polite. {recipe}

{tables(figures)}

Other seeds, designs that were compared, and what does not hold: `training/reports/reward-code.md`.

## Licence

Apache-2.0.
"""


def write(figures: dict) -> None:
    entries = []
    for name, about in ABOUT.items():
        (ZOO / name / zoo_index.CARD).write_text(card(name, figures), encoding="utf-8")
        metrics = {}
        if figures and name == TEXT:
            metrics = {"recipe": figures["recipe"], **{k: figures["test"][k] for k in ("code", "text", "gain")}}
        entries.append(
            zoo_index.entry(
                ZOO / name, script=SCRIPT, family="llama", titles=dict(zip(("en", "zh-Hant", "zh-Hans"), about["titles"])),
                task=about["task"], base=None if name == BASE else BASE, metrics=metrics, licence="Apache-2.0",
            )
        )  # fmt: skip
    zoo_index.write(SCRIPT, entries)
