"""public/zoo/index.json (contract C5) is made of parts: each training script owns the entries that name it."""

import hashlib
import json
from pathlib import Path

ZOO = Path(__file__).resolve().parents[1] / "public" / "zoo"
CARD = "README.md"


def entry(folder: Path, *, script: str, family: str, titles: dict[str, str], task: str, base: str | None, metrics: dict, licence: str) -> dict:
    """One entry of index.json. `titles` holds en, zh-Hant and zh-Hans; `base` is the id that the task vector is counted from."""
    files = []
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        files.append({"path": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    return {
        "id": folder.name,
        "title": titles["en"],
        "titles": titles,
        "family": family,
        "task": task,
        "base": base,
        "files": files,
        "licence": licence,
        "card": CARD,
        "metrics": metrics,
        "script": script,
    }


def write(script: str, entries: list[dict]) -> None:
    """Replaces the entries that `script` made before, where they stood, and leaves the others' as they are."""
    path = ZOO / "index.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    at = next((i for i, e in enumerate(old) if e["script"] == script), len(old))
    kept = [e for e in old if e["script"] != script]
    index = kept[:at] + entries + kept[at:]
    path.write_text(json.dumps(index, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(index)} models, {sum(f['bytes'] for e in index for f in e['files']) / 1e6:.1f} MB")
