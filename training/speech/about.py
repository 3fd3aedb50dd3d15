"""Titles, one-line descriptions and cards of the speech models."""

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    titles: dict[str, str]
    task: str
    how: str  # one sentence for the card; {synth}, {target} and {general} are filled in


def titles(en: str, hant: str, hans: str) -> dict[str, str]:
    return {"en": en, "zh-Hant": hant, "zh-Hans": hans}


PARTS = {
    "base": About(
        titles("Speech base", "語音基底模型", "语音基底模型"),
        "Writes down digits and twenty other English words; has heard only synthesised voices.",
        "From nothing, on words of espeak-ng and flite: first at telephone bandwidth with echo, noise and masked spectra and an "
        "auxiliary CTC head that is thrown away, then on clean full-bandwidth sound.",
    ),
    "a": About(
        titles("θ_A: general words, synthetic", "θ_A：一般詞彙，合成語音", "θ_A：一般词汇，合成语音"),
        "Tuned on the general digits, said by a synthesiser.",
        "The base's encoder tuned on strings of {general} from {synth}; {replay} of its batches repeat the base's own data.",
    ),
    "b": About(
        titles("θ_B: general words, real speech", "θ_B：一般詞彙，真人語音", "θ_B：一般词汇，真人语音"),
        "Tuned on the general digits, said by people.",
        "The base's encoder tuned on strings of {general} from four FSDD speakers; {replay} of its batches repeat the base's "
        "own (synthesised) data.",
    ),
    "c": About(
        titles("θ_C: target words, synthetic", "θ_C：目標詞彙，合成語音", "θ_C：目标词汇，合成语音"),
        "Tuned on strings with the target digits, said by a synthesiser: all that one has where nobody has recorded them.",
        "The whole base tuned on strings from {synth} in which every word is one of {target} with probability one half, else "
        "one of {general}.",
    ),
    "oracle": About(
        titles("Oracle: target words, real speech", "理想對照：目標詞彙，真人語音", "理想对照：目标词汇，真人语音"),
        "Tuned on people saying the target digits: what the analogy has to do without.",
        "As θ_C, but on real recordings of four FSDD speakers.",
    ),
    "joint": About(
        titles("Joint training: C's and B's data together", "聯合訓練：C 與 B 的資料一起", "联合训练：C 与 B 的数据一起"),
        "The rival without arithmetic: tuned on synthetic target strings and real general strings together.",
        "θ_C's encoder tuned further, half of the batches synthetic target strings, half real strings of {general}.",
    ),
}
SMALLER = titles("{} (smaller)", "{}（小）", "{}（小）")


def about(part: str, size: str) -> About:
    made = PARTS[part]
    if size == "s":
        return made
    return About({k: SMALLER[k].format(v) for k, v in made.titles.items()}, made.task, made.how)


WHAT = """A recogniser of two seconds of sound that holds two to four single words: a toy for showing a task-vector analogy. Where
nobody has recorded the target words, theta_C + lambda (theta_B - theta_A) adds to a model tuned on synthesised target words
what the difference between general words said by people (B) and by a synthesiser (A) has in it (Su et al. 2024, "Task
Arithmetic can Mitigate Synthetic-to-Real Gap in Automatic Speech Recognition"; there on models and data of real size)."""

REAL = """## What "real" means here

Single digits that people recorded for the Free Spoken Digit Dataset (FSDD), cut out and joined by the computer: no connected
speech. FSDD has six speakers, 8 kHz, home microphones. Four are known (recordings 15-49 train, 10-14 are for choices, 0-9
for the test), two are unknown: {unknown} in this fold. Part of the gap between synthesised and real is bandwidth, not voice:
synthesised words reach up to 8 kHz, recordings to 4. The clips of this site are of another voice still
(Allison Smith, Asterisk's prompts, one recording a digit, a professional in a studio, 8 kHz). FSDD's recordings are not part
of this site."""

CREDIT = """FSDD: Zohar Jackson, César Souza, Jason Flaks, Yuxin Pan, Hereman Nicolas, Adhish Thite, Free Spoken Digit Dataset,
CC BY-SA 4.0. Clips: see `clips/LICENCES.md`."""


def percent(row: dict[str, int]) -> str:
    return f"{100 * row['errors'] / row['words']:.1f} % of {row['words']}"


def card(part: str, size: str, name: str, licence: str, report: dict) -> str:
    """README.md of a folder."""
    from words import FOLDS

    text, shipped = about(part, size), report["shipped"]
    fold = FOLDS[shipped["fold"]]
    how = text.how.format(
        synth=shipped["synthesiser"],
        target=", ".join(fold.target),
        general=", ".join(fold.general),
        replay=f"{report['recipe']['A, B']['replay']:.0%}",
    )
    width, encoder, decoder = report["sizes"][size]["layers"]
    licence_id = licence.lower()
    data = "All its training data was synthesised by espeak-ng and flite; the weights are under Apache-2.0."
    if part in ("b", "oracle", "joint"):
        data = "Tuned on recordings of FSDD, under whose licence (CC BY-SA 4.0) these weights are offered."
    columns = [part, *(m for m in ("base", "c", "merged", "oracle") if m != part)]
    rows = [f"| recordings | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for set_ in report["fsdd"][size][part]:
        rows.append(f"| FSDD, {set_} | " + " | ".join(percent(report["fsdd"][size][c][set_]) for c in columns) + " |")
    for set_ in report["clips"][size][part]:
        kind = "synthesised clips" if set_ == "synthetic" else f"clips of this site (Allison), {set_}"
        rows.append(f"| {kind} | " + " | ".join(percent(report["clips"][size][c][set_]) for c in columns) + " |")
    return f"""---
license: {licence_id}
language: [en]
library_name: transformers
pipeline_tag: automatic-speech-recognition
tags: [merge-lab, toy]
---

# {name}: {text.titles["en"]}

{text.task}

{WHAT}

## Format

WhisperForConditionalGeneration, width {width}, {encoder} encoder and {decoder} decoder layers, 4 heads,
{report["sizes"][size]["parameters"]:,} parameters, float16; chunks of 2 seconds (200 frames of 80 mel bins). Prompt
`<|startoftranscript|><|notimestamps|>`; greedy settings are inside. It knows thirty words, each one token.

## How it was made

{how} One CPU core, bfloat16, seed {shipped["seed"]}; `make -C training speech`.

{REAL.format(unknown=" and ".join(fold.unknown))}

## Figures

Word error rate (WER), lambda {shipped["lambda"]} for `merged`, greedy, float32 arithmetic on these float16 weights. The clips hold
few words, and their voice is a clear one that even the base understands well: the recordings of FSDD are the harder test.
"target": strings in which each word is one of {", ".join(fold.target)} with probability one half; "pure": only those;
"general": none. Other folds, seeds and synthesisers, intervals and controls: `training/reports/speech.md`.

{chr(10).join(rows)}

## Data and licence

{data}
{CREDIT}
"""
