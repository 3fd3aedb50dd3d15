"""Checkpoints for the merge rows of `npm run bench`: a base and two fine-tunes in SmolLM2-135M's shape, bfloat16.

    python training/bench_checkpoints.py FOLDER

Writes FOLDER/base, FOLDER/one and FOLDER/two (0.27 GB each): seeded normal numbers, the fine-tunes a little off the base.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

VOCAB, HIDDEN, FFN, LAYERS, HEADS, KV_HEADS = 49152, 576, 1536, 30, 9, 3
KV = HIDDEN // HEADS * KV_HEADS
WIDTH, CHANGE = 0.04, 0.002
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": VOCAB,
    "hidden_size": HIDDEN,
    "intermediate_size": FFN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "hidden_act": "silu",
    "max_position_embeddings": 8192,
    "rms_norm_eps": 1e-5,
    "rope_theta": 100000,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
}


def shapes() -> dict[str, tuple[int, ...]]:
    found = {"model.embed_tokens.weight": (VOCAB, HIDDEN), "model.norm.weight": (HIDDEN,)}
    for layer in range(LAYERS):
        at = f"model.layers.{layer}"
        found |= {
            f"{at}.input_layernorm.weight": (HIDDEN,),
            f"{at}.post_attention_layernorm.weight": (HIDDEN,),
            f"{at}.self_attn.q_proj.weight": (HIDDEN, HIDDEN),
            f"{at}.self_attn.k_proj.weight": (KV, HIDDEN),
            f"{at}.self_attn.v_proj.weight": (KV, HIDDEN),
            f"{at}.self_attn.o_proj.weight": (HIDDEN, HIDDEN),
            f"{at}.mlp.gate_proj.weight": (FFN, HIDDEN),
            f"{at}.mlp.up_proj.weight": (FFN, HIDDEN),
            f"{at}.mlp.down_proj.weight": (HIDDEN, FFN),
        }
    return found


def main(folder: Path) -> None:
    names = ["base", "one", "two"]
    tensors: dict[str, dict[str, torch.Tensor]] = {name: {} for name in names}
    generator = torch.Generator().manual_seed(135)
    for name, shape in sorted(shapes().items()):
        base = torch.randn(shape, generator=generator) * WIDTH
        tensors["base"][name] = base.to(torch.bfloat16)
        for tune in names[1:]:
            change = torch.randn(shape, generator=generator) * CHANGE
            tensors[tune][name] = (base + change).to(torch.bfloat16)
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
        save_file(tensors[name], folder / name / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
