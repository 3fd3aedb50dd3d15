"""Writes the invented swear words where the page finds them: it covers them on screen.

    python training/text/swear_words.py

Writes src/core/probe/swear-words.json from lexicon.py; a second run writes the same bytes.
"""

import json
from pathlib import Path

from lexicon import SWEAR_EN, SWEAR_ZH

PATH = Path(__file__).resolve().parents[2] / "src" / "core" / "probe" / "swear-words.json"

if __name__ == "__main__":
    value = {"made_by": "training/text/swear_words.py", "words": sorted(SWEAR_EN) + sorted(SWEAR_ZH)}
    PATH.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {len(value['words'])} words")
