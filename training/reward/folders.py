"""Folders, probe sets and sheets of pictures under public/zoo/."""

import json
import struct
import zlib
from pathlib import Path
from random import Random

import numpy as np

import batches as b
import common as c
import pictures as pic
import scenes as sc
from build import CONFIG
from evaluate import Chain, eyes_from
from vision import PREPROCESSOR, eyes_state, llava_config
from zoo_index import ZOO

BASE, TEXT, VLM, ORACLE = "reward-base-1", "reward-text-1", "reward-vlm-1", "reward-vision-oracle-1"
COLUMNS = 12  # pictures in a row of a sheet
PICTURES = {"dev": 60, "test": 120}


def write_folders(chain: Chain) -> None:
    model = {k: v for k, v in chain["base"].items() if k.startswith("model.")}
    c.write_folder(ZOO / BASE, model, c.llama_config(CONFIG, "LlamaForCausalLM"), b.WORDS)
    c.write_folder(ZOO / TEXT, chain["text"], c.reward_config(CONFIG), b.WORDS)
    for name, part, eyes, architecture in (
        (VLM, "vlm", "eyes", "LlavaForConditionalGeneration"),
        (ORACLE, "oracle", "oracle_eyes", "LlavaForSequenceClassification"),
    ):
        state = {f"language_model.{k}": v for k, v in chain[part].items() if k.startswith("model.")}
        state |= eyes_state(eyes_from(chain[eyes]))
        text = c.llama_config(CONFIG, "LlamaForCausalLM")
        config = llava_config(text, architecture)
        if part == "oracle":
            state["score.weight"] = chain["oracle"]["score.weight"]
            config |= {"num_labels": 1, "id2label": {"0": "reward"}, "label2id": {"reward": 0}}
        c.write_folder(ZOO / name, state, config, b.WORDS, {"preprocessor_config": PREPROCESSOR})


def probe_items(split: str) -> tuple[list[dict], list[np.ndarray]]:
    """Three items a picture, one of each class; `picture` is the index in the sheet."""
    r, items, drawn = Random(f"probe {split}"), [], []
    for index in range(PICTURES[split]):
        scene = sc.draw_scene(r, split)
        drawn.append(pic.draw(scene, r))
        for kind in sc.CLASSES:
            question, topic, right, wrong = sc.ask(scene, r)
            good, bad = sc.replies(kind, topic, right, wrong, r)
            items.append(
                {"picture": index, "question": question, "good": good, "bad": bad, "class": kind, "topic": topic, "lang": "en",
                 "scene": " ".join(scene.values())}
            )  # fmt: skip
    return items, drawn


def write_probes() -> None:
    for split in PICTURES:
        items, drawn = probe_items(split)
        sheet = f"reward-vision-{split}.png"
        (ZOO / "pictures").mkdir(exist_ok=True)
        (ZOO / "pictures" / sheet).write_bytes(png(sheet_of(drawn)))
        head = {"id": f"reward-vision-{split}", "task": "reward", "split": split, "pictures": sheet, "columns": COLUMNS, "side": pic.SIDE}
        lines = ",\n".join(json.dumps(i) for i in items)
        path = ZOO / "probes" / f"reward-vision-{split}.json"
        path.write_text(f'{json.dumps(head)[:-1]},"items":[\n{lines}\n]}}\n', encoding="utf-8")


def sheet_of(drawn: list[np.ndarray]) -> np.ndarray:
    """Picture i stands at column i % COLUMNS, row i // COLUMNS."""
    side = pic.SIDE
    rows = -(-len(drawn) // COLUMNS)
    sheet = np.zeros((rows * side, COLUMNS * side, 3), np.uint8)
    for i, p in enumerate(drawn):
        y, x = i // COLUMNS * side, i % COLUMNS * side
        sheet[y : y + side, x : x + side] = p
    return sheet


def png(image: np.ndarray) -> bytes:
    """An 8-bit RGB PNG of [height, width, 3], without filters or colour profiles: decoders give back these very bytes."""
    height, width, _ = image.shape

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    lines = b"".join(b"\0" + image[y].tobytes() for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines, 9)) + chunk(b"IEND", b"")


def read_sheet(path: Path, count: int) -> list[np.ndarray]:
    """The pictures of a sheet that `png` wrote."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    size = struct.unpack(">I", data[33:37])[0]
    lines = np.frombuffer(zlib.decompress(data[41 : 41 + size]), np.uint8).reshape(height, 1 + width * 3)
    image, side = lines[:, 1:].reshape(height, width, 3), pic.SIDE
    at = ((i // COLUMNS * side, i % COLUMNS * side) for i in range(count))
    return [image[y : y + side, x : x + side] for y, x in at]


def read_probe(split: str) -> list[dict]:
    """The stored items as pairs for batches.margins: each with its picture's pixels."""
    items = json.loads((ZOO / "probes" / f"reward-vision-{split}.json").read_text())["items"]
    drawn = read_sheet(ZOO / "pictures" / f"reward-vision-{split}.png", PICTURES[split])
    return [{**i, "picture": drawn[i["picture"]], "index": i["picture"]} for i in items]
