"""The clips that ship, their licences and the probe sets over them: public/zoo/clips/, public/zoo/probes/analogy-*.json.

Real ones are joined from the digits of Asterisk's English prompts (Allison Smith, one recording a digit), which no model
has heard; the rest is synthesised anew. No recording of FSDD is among them.
"""

import json
import random
import wave
from pathlib import Path

import numpy as np

import sounds
from pools import Grammar, Voices, half_of, one_of, waves
from words import DIGITS, Fold

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison/digits")  # Debian's asterisk-core-sounds-en-wav
LICENCE = {"allison": "CC BY-SA 3.0", "espeak-ng": "CC0 1.0", "flite": "CC0 1.0"}
# split, class, voice, how many
PLAN = (
    ("test", "target", "allison", 18), ("test", "pure", "allison", 9), ("test", "general", "allison", 9),
    ("test", "target", "espeak-ng", 4), ("test", "target", "flite", 4),
    ("dev", "general", "allison", 6), ("dev", "target", "espeak-ng", 4), ("dev", "target", "flite", 4),
)  # fmt: skip
TAIL = sounds.RATE // 8  # silence kept behind the last word


def write_wav(path: Path, x: np.ndarray) -> None:
    with wave.open(str(path), "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(sounds.RATE)
        w.writeframes((np.clip(x, -1, 1) * 32767).round().astype("<i2").tobytes())


def ending(x: np.ndarray) -> int:
    """Where the last word has died away: frames of 10 ms above a tenth of the loudest one's amplitude count as words."""
    n = sounds.RATE // 100
    loud = np.sqrt((x.reshape(-1, n) ** 2).mean(1))
    return min(len(x), (int(np.flatnonzero(loud > loud.max() / 10)[-1]) + 1) * n + TAIL)


def grammar(kind: str, fold: Fold) -> Grammar:
    return {"target": half_of(fold.target, fold.general), "pure": one_of(fold.target), "general": one_of(fold.general)}[kind]


def write(zoo: Path, fold: Fold) -> None:
    folder = zoo / "clips"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    banks = {n: sounds.synthesise(n, {w: 24 for w in DIGITS}, seed=7) for n in sounds.SYNTHESISERS}
    banks["allison"] = sounds.asterisk(PROMPTS)
    items: dict[str, list[dict]] = {"test": [], "dev": []}
    rows = []
    for split, kind, voice, count in PLAN:
        real = voice == "allison"
        seen: set[str] = set()
        for n in range(count):
            for attempt in range(99):  # no string twice in a row of the plan, and none of target class without a target word
                seed = f"clip {split} {kind} {voice} {n} {attempt}"
                voices = Voices(banks[voice], mixed=voice == "espeak-ng")
                x, (words,) = waves(voices, grammar(kind, fold), 1, seed, narrow=real)
                text = " ".join(words)
                if len(words) > 1 and text not in seen and (kind != "target" or set(words) & set(fold.target)):
                    break
            seen.add(text)
            name = f"{voice}-{kind}-{split}-{n + 1}.wav"
            write_wav(folder / name, x[0, : ending(x[0])])
            items[split].append({
                "audio": f"clips/{name}", "expect": text, "lang": "en", "topic": text, "class": kind, "voice": voice,
                "real": real, "licence": LICENCE[voice],
            })  # fmt: skip
            rows.append(f"| `{name}` | {text} | {voice} | {LICENCE[voice]} |")
    for split, list_ in items.items():
        head = json.dumps({"id": f"analogy-{split}", "task": "wer", "split": split})[:-1]
        text = head + ', "items": [\n' + ",\n".join(json.dumps(i) for i in list_) + "\n]}\n"
        (zoo / "probes" / f"analogy-{split}.json").write_text(text, encoding="utf-8")
    (folder / "LICENCES.md").write_text(LICENCES + "\n".join(rows) + "\n", encoding="utf-8")


LICENCES = """# Clips: where they come from, and their licences

Made by `training/speech/clips.py`; mono, 16 kHz, 16 bit. Each is two to four words, cut out singly, joined with random gaps, with
random speed and level and a little noise. Nothing of them was used in training.

* **allison**: real speech. Words of the English prompts of Asterisk (Debian package `asterisk-core-sounds-en-wav`, files
  `digits/0.wav` to `digits/9.wav`), recorded by Allison Smith (theivrvoice.com), copyright 2003-2010 Allison Smith, licence
  Creative Commons Attribution-ShareAlike 3.0 (https://creativecommons.org/licenses/by-sa/3.0/). Changed as said above; the
  clips made of them are under the same licence. One recording a digit, 8 kHz, one professional speaker: the clips differ in
  order, speed, gaps and level, not in how a digit was said.
* **espeak-ng**: synthesised by espeak-ng 1.51 (the program is under GPL-3, its output is not), dedicated to the public (CC0 1.0).
* **flite**: synthesised by flite 2.2 with its voices kal16, awb, rms and slt; dedicated to the public (CC0 1.0).

| clip | words | voice | licence |
|---|---|---|---|
"""


def samples(path: Path) -> np.ndarray:
    """A clip as the models get it: float32, two seconds, silence behind it."""
    x = sounds.read_wav(path)
    return np.pad(x, (0, sounds.SAMPLES - len(x)))


def probes(zoo: Path, split: str = "test") -> list[dict]:
    return json.loads((zoo / "probes" / f"analogy-{split}.json").read_text(encoding="utf-8"))["items"]
