"""Goldens of partial merges: tiny models of random weights in three layouts, and the C4 fingerprints of what parts.py makes.

    python training/goldens_parts.py

Held against the merge engine by test/unit/core/merge/parts.test.ts.
"""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from fingerprint import fingerprint
from parts import partial_merge

HIDDEN, WIDE, VOCABULARY, SIGHT = 4, 6, 7, 5
OUT = Path(__file__).resolve().parent.parent / "test" / "golden" / "parts"
MATRICES = {"self_attn.q_proj": (HIDDEN, HIDDEN), "mlp.up_proj": (WIDE, HIDDEN), "mlp.down_proj": (HIDDEN, WIDE)}
TEXT = {
    "model.embed_tokens.weight": (VOCABULARY, HIDDEN),
    "model.norm.weight": (HIDDEN,),
    **{f"model.layers.{i}.{name}.weight": shape for i in range(2) for name, shape in MATRICES.items()},
}
SEEING = {
    "vision_tower.embeddings.position_embeddings": (1, 3, SIGHT),
    "vision_tower.encoder.layer.0.output.dense.weight": (SIGHT, SIGHT),
    "multi_modal_projector.linear_1.weight": (HIDDEN, SIGHT),
}
LLAMA = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": HIDDEN, "vocab_size": VOCABULARY, "torch_dtype": "float16"}
SCORES = {"num_labels": 1, "id2label": {"0": "reward"}, "label2id": {"reward": 0}, "pad_token_id": 3}
JUDGE = {**LLAMA, "architectures": ["LlamaForSequenceClassification"], **SCORES}


def older(name: str) -> str:
    return f"language_model.{name}"


def newer(name: str) -> str:
    return name.replace("model.", "model.language_model.", 1) if name.startswith("model.") else name


def main() -> None:
    rng = np.random.default_rng(7)
    models: dict[str, dict[str, np.ndarray]] = {}

    def write(alias: str, shapes: dict[str, tuple[int, ...]], config: dict) -> None:
        folder = OUT / alias
        folder.mkdir(parents=True, exist_ok=True)
        models[alias] = {name: rng.standard_normal(shape).astype(np.float16) for name, shape in shapes.items()}
        save_file(models[alias], folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")

    def seeing(alias: str, text: dict[str, tuple[int, ...]], sight: dict[str, tuple[int, ...]]) -> None:
        config = {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "torch_dtype": "float16"}
        write(alias, {**text, **sight}, {**config, "text_config": LLAMA, "vision_config": {"model_type": "vit"}})

    write("base", {**TEXT, "lm_head.weight": (VOCABULARY, HIDDEN)}, {**LLAMA, "architectures": ["LlamaForCausalLM"]})
    write("rm", {**TEXT, "score.weight": (1, HIDDEN)}, JUDGE)
    write("tied", TEXT, {**LLAMA, "architectures": ["LlamaForCausalLM"], "tie_word_embeddings": True})
    seeing("vlm", {older(name): shape for name, shape in {**TEXT, "lm_head.weight": (VOCABULARY, HIDDEN)}.items()}, SEEING)
    seeing("vlm_new", {newer(name): shape for name, shape in TEXT.items()}, {f"model.{name}": shape for name, shape in SEEING.items()})

    def expected(frame: str, tunes: dict[str, float]) -> str:
        parents = [models[alias] for alias in tunes]
        return fingerprint(partial_merge(models["base"], parents, list(tunes.values()), models[frame], models["rm"]))

    cases = [
        ("vlm", {"rm": 1, "vlm": 1}),
        ("vlm", {"rm": 1.25, "vlm": 0.3}),
        ("vlm", {"vlm": -0.5, "rm": 0.7}),
        ("vlm_new", {"rm": 1, "vlm_new": 1.5}),
        ("base", {"rm": 1, "tied": 0.8}),
    ]
    out = [{"frame": frame, "weights": list(tunes.items()), "sha256": expected(frame, tunes)} for frame, tunes in cases]
    (OUT / "fingerprints.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
