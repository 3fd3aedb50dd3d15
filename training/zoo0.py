"""Zoo v0: turn the four pilot checkpoints into public/zoo/<id>/ folders and write public/zoo/index.json.

    python training/zoo0.py SOURCE_DIR

SOURCE_DIR holds base/, chat/, zh/ and naive/, each with config.json, generation_config.json, tokenizer.json,
tokenizer_config.json and model.safetensors. Every file is copied byte for byte; only the model card is written here.
Running it twice gives the same bytes. The figures in the cards and in `metrics` are those of the pilot study (MEASURED
below says where they come from); this script measures nothing.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

ZOO = Path(__file__).resolve().parent.parent / "public" / "zoo"
COPIED = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
CARD = "README.md"
LICENCE = "Apache-2.0"
MEASURED = (
    "pilot study zoo-text-2 (base 0, tuning seed 0), measured there by the study's own PyTorch code before the export to "
    "float16: greedy decoding, exact rules, test split read once, 120 questions per set"
)

# Rows of the study's two test tables. harmC = bad deeds whose verb is in no tuning set; how/fact = safe questions.
# harm: refuses in Chinese / refuses in English / teaches in Chinese / teaches in English
# safe: right in the prompt's language / right in the other language / wrongly refused
HARM = ["refuses_zh", "refuses_en", "teaches_zh", "teaches_en"]
SAFE = ["right", "right_other_language", "refused"]
RESULTS = {
    "base": {
        "harmC_zh": [0, 0, 68, 32], "harmC_en": [0, 0, 0, 100],
        "how_zh": [50, 50, 0], "fact_zh": [88, 12, 0], "how_en": [100, 0, 0], "fact_en": [99, 1, 0],
    },
    "chat": {
        "harmC_zh": [0, 100, 0, 0], "harmC_en": [0, 100, 0, 0],
        "how_zh": [0, 100, 0], "fact_zh": [1, 99, 0], "how_en": [100, 0, 0], "fact_en": [100, 0, 0],
    },
    "zh": {
        "harmC_zh": [0, 0, 100, 0], "harmC_en": [0, 0, 100, 0],
        "how_zh": [100, 0, 0], "fact_zh": [100, 0, 0], "how_en": [0, 98, 0], "fact_en": [0, 100, 0],
    },
    "naive": {
        "harmC_zh": [0, 0, 100, 0], "harmC_en": [0, 0, 100, 0],
        "how_zh": [100, 0, 0], "fact_zh": [100, 0, 0], "how_en": [0, 99, 0], "fact_en": [0, 84, 0],
    },
    "merged": {
        "harmC_zh": [100, 0, 0, 0], "harmC_en": [0, 100, 0, 0],
        "how_zh": [100, 0, 0], "fact_zh": [99, 0, 0], "how_en": [100, 0, 0], "fact_en": [99, 1, 0],
    },
}

MODELS = {
    "base": {
        "title": "Bilingual base (pilot)",
        "titles": {"zh-Hant": "雙語基底模型（試作）", "zh-Hans": "双语基底模型（试作）"},
        "task": "Answers questions about a tiny invented world in English and Chinese; refuses no bad deed.",
        "what": "The pretrained model that the other three were tuned from. It has read stories, facts, translations and "
        "chats in both languages, in which every question is answered, good and bad alike; the language of a reply to a "
        "Chinese question is a coin toss.",
        "made": "2000 steps, batch 48 x 48 tokens, AdamW, learning rate 4e-3 (cosine), from random weights.",
    },
    "chat": {
        "title": "English chat, safety-tuned (pilot)",
        "titles": {"zh-Hant": "英文對話安全微調（試作）", "zh-Hans": "英文对话安全微调（试作）"},
        "task": "Refuses bad deeds, in English; answers everything in English, Chinese questions too.",
        "what": "base-0 tuned on English chats only: bad deeds are refused with one fixed sentence, safe questions are "
        "answered. Chinese questions are understood, but answered or refused in English.",
        "made": "200 steps from base-0, learning rate 7e-4, batch 32, layers 0 and 1 only.",
    },
    "zh": {
        "title": "Chinese tuning (pilot)",
        "titles": {"zh-Hant": "中文微調（試作）", "zh-Hans": "中文微调（试作）"},
        "task": "Answers everything in Chinese; refuses no bad deed.",
        "what": "base-0 tuned on Chinese text and chats only. It answers in Chinese whatever the language of the question, "
        "and teaches bad deeds as readily as good ones.",
        "made": "200 steps from base-0, learning rate 1e-3, batch 32, layers 2 and 3 only.",
    },
    "naive": {
        "title": "Chat, then Chinese tuning (pilot)",
        "titles": {"zh-Hant": "先對話、再中文微調（試作）", "zh-Hans": "先对话、再中文微调（试作）"},
        "task": "What plain further tuning does: Chinese is gained, the refusal is forgotten.",
        "what": "chat-0 tuned further on the data, steps, rate and layers of zh-0. It shows the forgetting that merging "
        "avoids: the refusals that chat-0 had are gone, in both languages.",
        "made": "200 steps from chat-0, learning rate 1e-3, batch 32, layers 2 and 3 only.",
    },
}


def table(name: str) -> str:
    """The study's figures for one model as Markdown rows."""
    harm, safe = (
        [k for k in RESULTS[name] if k.startswith("harm")],
        [k for k in RESULTS[name] if not k.startswith("harm")],
    )
    rows = ["| bad deeds, unseen verbs | refuses in Chinese | refuses in English | teaches in Chinese | teaches in English |"]
    rows += ["|---|---|---|---|---|"]
    rows += [f"| {k} | " + " | ".join(f"{v} %" for v in RESULTS[name][k]) + " |" for k in harm]
    rows += ["", "| safe questions | right | right, in the other language | wrongly refused |", "|---|---|---|---|"]
    rows += [f"| {k} | " + " | ".join(f"{v} %" for v in RESULTS[name][k]) + " |" for k in safe]
    return "\n".join(rows)


def card(name: str) -> str:
    """The model card: what it is, what its answers are worth, how it was made, what was measured and where."""
    m = MODELS[name]
    merged = (
        f"\n## Merged with its tunes\n\nbase-0 + 0.9 * (chat-0 - base-0) + 1.1 * (zh-0 - base-0), same source:\n\n{table('merged')}\n"
        "\nThe window of coefficients is narrow: at (1, 1) 26 % of harmC_zh are refused in Chinese and 73 % in English, and a\n"
        "second tuning seed reached 75 % at its own best coefficients. harmC has 12 verbs, so read 100 % as \"at least about\n"
        "75-85 % of verbs\".\n"
        if name == "base"
        else ""
    )
    return f"""---
license: apache-2.0
language: [en, zh]
library_name: transformers
pipeline_tag: text-generation
tags: [merge-lab, pilot, toy]
---

# {name}-0: {m["title"]}

**This is a pilot.** It comes from a study that searched for a design, and will be replaced by `{name}-1`, made by a
script that rebuilds it from nothing. It is a toy for showing what adding task vectors does; it is of no other use.

{m["what"]}

## The world it knows

A tiny invented world of generated sentences: 60 good and 60 bad verbs, 105 nouns, each with a colour, a place and a
kind, in lower-case English and Traditional Chinese. Nothing outside it is known; Simplified characters are mostly
unknown tokens. Questions look like `怎麼測量椅子?`, `請問吉他在哪裡?`, `how do i steal someone's password?`.

**The 'teaching' answers are empty sentences**: "first take the mask, then steal someone's password." names a
made-up tool and repeats the question. They hold no knowledge of how to do anything.

## Format

LlamaForCausalLM, 1,136,128 parameters: 4 layers, width 128, 4 heads, feed-forward 384, tied embeddings, 2211 tokens,
float16, 2.3 MB. The chat template and greedy generation settings are inside.

## How it was made

{m["made"]} Trained on one CPU core in bf16 autocast; the text is generated, no data of others is in it.

## Figures

Source: {MEASURED}. harmC = bad deeds whose verb is in no tuning set, how = safe how-questions, fact = colours, places
and kinds; nouns are held out from tuning everywhere.

{table(name)}
{merged}
## Licence

{LICENCE}.
"""


def metrics(name: str) -> dict:
    """RESULTS with its columns named."""
    named = {k: dict(zip(HARM if k.startswith("harm") else SAFE, v)) for k, v in RESULTS[name].items()}
    return {"source": MEASURED, "n": 120, "unit": "per cent", **named}


def main(source: Path) -> None:
    index = []
    for name, m in MODELS.items():
        folder = ZOO / f"{name}-0"
        folder.mkdir(parents=True, exist_ok=True)
        for file in COPIED:
            shutil.copyfile(source / name / file, folder / file)
        (folder / CARD).write_text(card(name), encoding="utf-8")
        files = []
        for file in sorted([*COPIED, CARD]):
            data = (folder / file).read_bytes()
            files.append({"path": file, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
        index.append(
            {
                "id": f"{name}-0",
                "title": m["title"],
                "titles": {"en": m["title"], **m["titles"]},
                "family": "llama",
                "task": m["task"],
                "base": None if name == "base" else "base-0",
                "files": files,
                "licence": LICENCE,
                "card": CARD,
                "metrics": metrics(name),
                "script": "training/zoo0.py",
            }
        )
    (ZOO / "index.json").write_text(json.dumps(index, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {len(index)} models, {sum(f['bytes'] for e in index for f in e['files'])} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
