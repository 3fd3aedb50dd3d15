"""The cards of the four models and their entries in index.json."""

import folders as f
import zoo_index
from build import CONFIG

SCRIPT = "training/reward/zoo.py"
ABOUT = {
    f.BASE: {
        "titles": ("Base of the judges", "評審的基底模型", "评审的基底模型"),
        "task": "Answers questions about a scene described in words.",
        "family": "llama", "base": None, "pipeline": "text-generation",
        "what": "The language model from which the text judge and the model that sees were tuned. It reads a scene in words "
        "and answers questions about it, politely, plainly or rudely alike.",
        "format": "LlamaForCausalLM, tied embeddings.",
        "made": "450 steps of 32 documents from random weights, AdamW, learning rate 3e-3.",
    },
    f.TEXT: {
        "titles": ("Judge that reads", "只讀文字的評審", "只读文字的评审"),
        "task": "Scores replies to questions about a scene in words: right beats wrong, polite beats rude, truth beats manners.",
        "family": "llama", "base": f.BASE, "pipeline": "text-classification",
        "what": "A reward model. It was trained on words only and has never seen a picture: without a scene in words it cannot know "
        "which reply is right.",
        "format": "LlamaForSequenceClassification, one label; the reward is read at the last token, `</s>`.",
        "made": "650 steps of 32 pairs (Bradley-Terry) plus language modelling of 8 documents at weight 0.3, from the base, "
        "learning rate 1e-3, embeddings kept.",
    },
    f.VLM: {
        "titles": ("Model that sees", "看得見的模型", "看得见的模型"),
        "task": "Answers questions about 16x16 pictures; has never judged a reply.",
        "family": "llava", "base": f.BASE, "pipeline": "image-text-to-text",
        "what": "The glasses: a tiny ViT, a projector and the backbone of the base, tuned on captions and questions about pictures. "
        "The tower was first taught the five attributes by itself (it stands in for CLIP). **Tower and projector then stayed as "
        "they were, the projector random**: nobody fitted them to words, so it is the backbone that learned to read them.",
        "format": "LlavaForConditionalGeneration: ViT tower (patches of 4x4, last layer before the final norm, CLS dropped), two "
        "linear layers, 16 prefix vectors after `<s>`. The tower's final norm and pooler are in the file because the class has "
        "them; nothing reads them. Pixels enter as 2x/255 - 1.",
        "made": "Tower 4000 steps of 64 pictures; then the backbone 450 steps of 32 pictures plus 8 texts at weight 0.3, learning "
        "rate 1e-3, embeddings kept.",
    },
    f.ORACLE: {
        "titles": ("Judge trained on pictures", "用圖片訓練的評審", "用图片训练的评审"),
        "task": "Scores replies to questions about 16x16 pictures; the upper bound for the merge.",
        "family": "llava", "base": f.BASE, "pipeline": "image-text-to-text",
        "what": "What one gets with the data that merging does without: a judge trained on pairs of replies about pictures, from the "
        "model that sees and the text judge's head.",
        "format": "Llava's layout without a language head, plus `score.weight` [1, 96], read at the last token. The architecture name "
        "`LlavaForSequenceClassification` is ours. In Python: `from judge import Judge` (`training/reward/judge.py`) loads it as "
        "LlavaForConditionalGeneration, which leaves only `score.weight` over, and applies that to LlavaModel's last state. "
        "Merged judges have the same layout.",
        "made": "220 steps of 32 pairs about pictures, learning rate 8e-4, tower and projector kept.",
    },
}  # fmt: skip
COLUMNS = {
    "base": "base + text judge's head", "text": "text judge, blind", "unmerged": "text judge + tower, unmerged",
    "vlm": "model that sees + head", "random": "text judge + random vector", "average": "average .5 / .5", "one": "merged 1 / 1",
    "merged": "**merged**", "likelihood": "log-likelihood of the model that sees", "rival": "rival: log-likelihood + blind judge",
    "oracle": "oracle",
}  # fmt: skip


def percent(rate: dict | None) -> str:
    if rate is None:
        return "-"
    return f"{100 * rate['k'] / rate['n']:.1f} ({100 * rate['lo']:.1f}-{100 * rate['hi']:.1f})"


def tables(figures: dict) -> str:
    if not figures:
        return "Not measured yet."
    drawn, n = figures["drawn"], figures["drawn"]["picture"]["correct"]["merged"]["n"]
    kinds = ("correct", "style", "trade")
    lines = [f"Pairs about pictures, {n} of each class:", "", "| judge | correct | style | trade |", "|---|---|---|---|"]
    for alias, title in COLUMNS.items():
        lines.append(f"| {title} | " + " | ".join(percent(drawn["picture"][k].get(alias)) for k in kinds) + " |")
    lines += ["", "Pairs about scenes in words, the text judge's own task:", "", "| judge | correct | style | trade |", "|---|---|---|---|"]
    for alias in ("text", "merged", "one", "random", "vlm", "oracle"):
        lines.append(f"| {COLUMNS[alias]} | " + " | ".join(percent(drawn["text"][k].get(alias)) for k in kinds) + " |")
    lines += ["", "\"correct\" by attribute, per cent:", ""]
    lines += ["| attribute | n | unmerged | merged | random vector | oracle |", "|---|---|---|---|---|---|"]
    for topic, row in drawn["by_topic"].items():
        cells = " | ".join(f"{100 * row[k]:.0f}" for k in ("unmerged", "merged", "random", "oracle"))
        lines.append(f"| {topic} | {row['n']} | {cells} |")
    gain = drawn["gain"]["correct"]
    lines += ["", f"Merged minus unmerged on \"correct\": {gain['points']:+.1f} points ({gain['lo']:+.1f} to {gain['hi']:+.1f})."]
    shipped = figures["shipped"]
    lines += ["", "The 120 pictures of the page (`probes/reward-vision-test.json`):", ""]
    lines += ["| judge | correct | style | trade |", "|---|---|---|---|"]
    for alias, title in COLUMNS.items():
        if alias in shipped["correct"]:
            lines.append(f"| {title} | " + " | ".join(percent(shipped[k].get(alias)) for k in kinds) + " |")
    return "\n".join(lines)


def card(name: str, figures: dict) -> str:
    about = ABOUT[name]
    recipe = ""
    if figures:
        r = figures["recipe"]
        recipe = (
            f"The merged judge: backbone = base + {r['text']:g} (text judge - base) + {r['vlm']:g} (model that sees - base); head from the "
            f"text judge; tower and projector from the model that sees. The rival adds {r['rival']:g} times the blind judge's score to the "
            "log-likelihood. All three numbers were chosen on dev."
        )
    return f"""---
license: apache-2.0
language: [en]
library_name: transformers
pipeline_tag: {about["pipeline"]}
tags: [merge-lab, toy]
---

# {name}: {about["titles"][0]}

A toy for showing what merging a judge with a model that sees does, trained from nothing in minutes; it is of no other use.

{about["what"]}

## The world it knows

384 scenes: one object with a colour (6), a shape (4), a place (4), a size (2) and a ground (2), split 60 / 20 / 20 into train, dev
and test; test scenes are in no text, caption or pair of training (the tower alone saw all combinations, in other pictures).
Pictures are 16x16 RGB with jitter of place, size, brightness, tint and noise. Scene texts never use the words of replies
("a crimson disc" is a red circle). {len(f.b.WORDS.list)} word tokens between single spaces,
`<s> scene : a big crimson disc at upleft on night . what color ? the color is red . </s>`,
with 16 x `<image>` in place of the text for a picture.

## Format

{about["format"]} Backbone: {CONFIG.layers} layers, width {CONFIG.width}, {CONFIG.heads} heads, feed-forward {CONFIG.ffn}; float16.

## How it was made

{about["made"]} `training/reward/build.py`, seed 0, one CPU core, bf16 autocast. All data is generated.

## Figures

Test split, per cent of pairs ranked right, chance 50; in brackets 95 % bootstrap intervals over held-out scenes; measured on these
float16 weights by `training/reward/zoo.py figures`, again by `make -C training reward-verify`. "correct": right beats wrong; "style": polite
beats rude; "trade": right and rude beats wrong and polite. {recipe}

{tables(figures)}

Other seeds, designs that were compared, and what does not hold: `training/reports/reward-vision.md`.

## Licence

Apache-2.0.
"""


def write(figures: dict) -> None:
    entries = []
    for name, about in ABOUT.items():
        (f.ZOO / name / zoo_index.CARD).write_text(card(name, figures), encoding="utf-8")
        metrics = {}
        if figures:
            metrics = {"recipe": figures["recipe"], **{k: figures["drawn"][k] for k in ("picture", "text", "gain")}}
        entries.append(
            zoo_index.entry(
                f.ZOO / name, script=SCRIPT, family=about["family"], titles=dict(zip(("en", "zh-Hant", "zh-Hans"), about["titles"])),
                task=about["task"], base=about["base"], metrics=metrics if name == f.VLM else {}, licence="Apache-2.0",
            )
        )  # fmt: skip
    zoo_index.write(SCRIPT, entries)
