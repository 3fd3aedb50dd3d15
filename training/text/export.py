"""Writes a trained state as a plain Hugging Face folder."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import train
from tokenizer import lexicon


def chat_template() -> str:
    """Text that begins with a Latin letter or a Korean word of the world gets the space that its first token carries."""
    _, korean = lexicon()
    spaced = "abcdefghijklmnopqrstuvwxyz" + "".join(sorted({w[0] for w in korean}))
    space = "{% set sp = ' ' if c and (c[0]|lower) in '" + spaced + "' else '' %}"
    return (
        "{{ bos_token }}{% for m in messages %}{% set c = m['content'] %}" + space + "{% if m['role'] == 'user' %}"
        "{{ '<|user|>' + sp + c }}{% elif m['role'] == 'assistant' %}{{ '<|assistant|>' + sp + c + eos_token }}{% endif %}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
    )


def write_model(folder: Path, state: dict[str, torch.Tensor], size: str, tokenizer: Path, text: train.Text) -> None:
    """config, tokenizer with chat template, generation settings and float16 weights; the card comes with the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    width, ffn = train.SIZES[size]
    half = {k: v.to(torch.float16).contiguous() for k, v in state.items()}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": text.vocab, "hidden_size": width,
        "intermediate_size": ffn, "num_hidden_layers": 4, "num_attention_heads": 4, "num_key_value_heads": 4,
        "head_dim": width // 4, "hidden_act": "silu", "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0, "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False,
        "bos_token_id": text.bos, "eos_token_id": text.eos, "pad_token_id": 0, "torch_dtype": "float16", "use_cache": True,
    }  # fmt: skip
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>",
        "unk_token": "<unk>", "clean_up_tokenization_spaces": False, "model_max_length": 128, "chat_template": chat_template(),
    }  # fmt: skip
    generation = {"bos_token_id": text.bos, "eos_token_id": text.eos, "pad_token_id": 0, "do_sample": False, "max_new_tokens": 32}
    for name, value in (("config", config), ("tokenizer_config", settings), ("generation_config", generation)):
        (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (folder / "tokenizer.json").write_bytes(tokenizer.read_bytes())


def read_state(folder: Path) -> dict[str, torch.Tensor]:
    """The stored float16 weights as float32: what every figure is measured on."""
    return {k: v.float() for k, v in load_file(folder / "model.safetensors").items()}

