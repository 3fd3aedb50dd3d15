"""Words as sound: synthesised by espeak-ng and flite, real ones of FSDD and of Asterisk's prompts; cut, levelled, joined.

All sounds are mono float32 at 16 kHz. A bank maps a word to its clips, each a pair (voice, samples); the voice of an FSDD
clip is "speaker/recording".
"""

import os
import random
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np

from words import COMMANDS, DIGITS

RATE = 16_000
SECONDS = 2
SAMPLES = RATE * SECONDS
Bank = dict[str, list[tuple[str, np.ndarray]]]

ACCENTS = "en-us en-gb en-gb-scotland en-gb-x-rp en-us-nyc en-029 en-gb-x-gbclan en-gb-x-gbcwmd".split()
VARIANTS = """m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 klatt klatt2 klatt3 klatt4 croak boris robert Andrea Annie Alicia Denis
    Michael anika steph john Lee Mario max Marco norbert rob adam benjamin grandma grandpa Jacky Diogo edward kaukovalta
    linda miguel pablo paul quincy shelby travis victor""".split()
PITCH = {"kal16": 105, "awb": 115, "rms": 95, "slt": 170}  # Hz, each flite voice's usual one
PEAK = 0.61  # of full scale, for every word before it is joined


def resample(x: np.ndarray, rate: int, to: int = RATE) -> np.ndarray:
    """Band-limited, by Fourier transform."""
    if rate == to:
        return x
    n = round(len(x) * to / rate)
    f = np.fft.rfft(x)
    g = np.zeros(n // 2 + 1, complex)
    k = min(len(f), len(g))
    g[:k] = f[:k]
    return (np.fft.irfft(g, n) * (n / len(x))).astype(np.float32)


def low_pass(x: np.ndarray) -> np.ndarray:
    """What a telephone or an 8 kHz recording leaves of it: nothing above 4 kHz."""
    n = x.shape[-1]
    f = np.fft.rfft(x, axis=-1)
    f[..., np.fft.rfftfreq(n, 1 / RATE) > 4000] = 0
    return np.fft.irfft(f, n, axis=-1).astype(np.float32)


def read_wav(path: Path) -> np.ndarray:
    with wave.open(str(path)) as w:
        x = np.frombuffer(w.readframes(w.getnframes()), np.int16).astype(np.float32) / 32768
        return resample(x, w.getframerate())


def cut(x: np.ndarray, db: float = 35) -> np.ndarray:
    """Without the silence around the word, every clip with the same peak. 10 ms frames within `db` of the loudest are kept."""
    n = RATE // 100
    frames = x[: len(x) // n * n].reshape(-1, n)
    energy = np.sqrt((frames**2).mean(1) + 1e-12)
    loud = np.flatnonzero(energy > energy.max() * 10 ** (-db / 20))
    x = x[max(0, loud[0] - 2) * n : (loud[-1] + 3) * n]
    return (x / (np.abs(x).max() + 1e-9) * PEAK).astype(np.float32)


def espeak(word: str, rng: random.Random, out: Path) -> str:
    voice = f"{rng.choice(ACCENTS)}+{rng.choice(VARIANTS)}"
    speed, pitch = rng.randint(120, 210), rng.randint(25, 75)
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", str(out), word]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return "espeak-ng"  # words of one utterance may come from different variants: there are too many for one clip each


def flite(word: str, rng: random.Random, out: Path) -> str:
    voice = rng.choice(list(PITCH))
    stretch, pitch = rng.uniform(0.75, 1.3), PITCH[voice] * rng.uniform(0.85, 1.2)
    settings = ["--setf", f"duration_stretch={stretch:.3f}", "--setf", f"int_f0_target_mean={pitch:.1f}"]
    subprocess.run(["flite", "-voice", voice, *settings, "-t", word, "-o", str(out)], check=True, stderr=subprocess.DEVNULL)
    return voice


SYNTHESISERS = {"espeak-ng": espeak, "flite": flite}


def synthesise(name: str, counts: dict[str, int], seed: int) -> Bank:
    rng = random.Random(f"{name} {seed}")
    bank: Bank = {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "word.wav"
        for word, count in counts.items():
            for _ in range(count):
                voice = SYNTHESISERS[name](word, rng, out)
                bank.setdefault(word, []).append((voice, cut(read_wav(out))))
    return bank


def training_counts(name: str) -> dict[str, int]:
    digits, commands = {"espeak-ng": (60, 30), "flite": (50, 14)}[name]
    return {w: digits for w in DIGITS} | {w: commands for w in COMMANDS}


def fsdd_folder() -> Path | None:
    """The recordings of the Free Spoken Digit Dataset, where FSDD names their folder (or the one above it)."""
    if not os.environ.get("FSDD"):
        return None
    folder = Path(os.environ["FSDD"])
    return folder / "recordings" if (folder / "recordings").is_dir() else folder


def fsdd(folder: Path) -> Bank:
    bank: Bank = {w: [] for w in DIGITS}
    for path in sorted(folder.glob("*.wav")):
        digit, speaker, take = path.stem.split("_")
        bank[DIGITS[int(digit)]].append((f"{speaker}/{int(take):02}", cut(read_wav(path))))
    return bank


def asterisk(folder: Path) -> Bank:
    """Allison Smith's prompts, one recording a digit, 8 kHz."""
    return {w: [("allison", cut(read_wav(folder / f"{i}.wav")))] for i, w in enumerate(DIGITS)}
