"""Reference logits for the decoder graphs of src/core/graph: seeded tiny random checkpoints run by Python transformers.

    python training/goldens_graph.py [OUT, default test/golden/graph]

Made with torch 2.13 (CPU, float32) and transformers 5.24. Per case: config.json and model.safetensors as
save_pretrained writes them, reference.json (prompts, greedy tokens, inverse RoPE frequencies) and logits.f32:
little-endian float32, for each batch first the prefill [batch, sequence, vocab], then the decode steps
[steps, batch, vocab], in the order of reference.json. Logits of padded positions mean nothing.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

VOCAB = 96
STEPS = 8
PROMPT = 24
# Left padding of the three rows of the batch.
PADDING = (0, 5, 17)
COMMON = dict(
    vocab_size=VOCAB,
    hidden_size=48,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=6,
    num_key_value_heads=2,
    max_position_embeddings=128,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
    attn_implementation="eager",
)

CASES = {
    "llama-tied": (LlamaForCausalLM, LlamaConfig, dict(tie_word_embeddings=True, num_hidden_layers=3, rms_norm_eps=1e-5)),
    "llama-untied-bias-llama3": (
        LlamaForCausalLM,
        LlamaConfig,
        dict(
            attention_bias=True,
            mlp_bias=True,
            num_attention_heads=3,
            num_key_value_heads=3,
            # Wavelengths 6, 20, 63, ... against the bounds 8 and 32: each of the three branches is taken.
            rope_parameters=dict(
                rope_type="llama3",
                rope_theta=10000.0,
                factor=8.0,
                low_freq_factor=1.0,
                high_freq_factor=4.0,
                original_max_position_embeddings=32,
            ),
        ),
    ),
    "llama-linear": (
        LlamaForCausalLM,
        LlamaConfig,
        dict(tie_word_embeddings=True, rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=3.0)),
    ),
    "mistral": (MistralForCausalLM, MistralConfig, dict(sliding_window=None, rope_parameters=dict(rope_type="default", rope_theta=1000000.0))),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config, dict(tie_word_embeddings=True)),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config, dict(head_dim=12)),
}


def make_model(model_class, config, seed):
    """Random weights large enough that the logits differ between tokens and every tensor matters."""
    torch.manual_seed(seed)
    model = model_class(config).eval().float()
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if name.endswith("bias"):
                parameter.normal_(0, 0.3)
            elif "norm" in name:
                parameter.normal_(1, 0.3)
            else:
                parameter.normal_(0, 0.2)
    return model


@torch.no_grad()
def run(model, ids, mask):
    """Prefill, then STEPS greedy tokens through the cache. Returns (tokens fed, [prefill, steps])."""
    position_ids = (mask.cumsum(-1) - 1).masked_fill(mask == 0, 1)
    out = model(input_ids=ids, attention_mask=mask, position_ids=position_ids, use_cache=True)
    prefill, steps, tokens = out.logits, [], []
    for _ in range(STEPS):
        token = out.logits[:, -1].argmax(-1, keepdim=True)
        mask = torch.cat([mask, torch.ones_like(token)], -1)
        out = model(
            input_ids=token,
            attention_mask=mask,
            position_ids=mask.sum(-1, keepdim=True) - 1,
            past_key_values=out.past_key_values,
            use_cache=True,
        )
        tokens.append(token[:, 0].tolist())
        steps.append(out.logits[:, -1])
    return tokens, [prefill, torch.stack(steps)]


def main(out):
    torch.set_num_threads(1)
    for seed, (name, (model_class, config_class, overrides)) in enumerate(CASES.items()):
        model = make_model(model_class, config_class(**{**COMMON, **overrides}), seed)
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)

        generator = torch.Generator().manual_seed(seed)
        batches, logits = [], []
        for rows in (1, len(PADDING)):
            ids = torch.randint(3, VOCAB, (rows, PROMPT), generator=generator)
            mask = torch.ones_like(ids)
            if rows > 1:
                for row, padding in enumerate(PADDING):
                    mask[row, :padding] = 0
                    ids[row, :padding] = 0
            tokens, parts = run(model, ids, mask)
            batches.append(dict(input_ids=ids.tolist(), attention_mask=mask.tolist(), tokens=tokens))
            logits += parts
        inverse = model.model.rotary_emb.inv_freq.double().tolist()
        reference = dict(batches=batches, inverse_frequencies=inverse)
        (folder / "reference.json").write_text(json.dumps(reference) + "\n")
        flat = np.concatenate([part.numpy().ravel() for part in logits]).astype("<f4")
        flat.tofile(folder / "logits.f32")
        print(f"{name}: {sum(p.numel() for p in model.parameters())} parameters, logits {flat.min():.2f} to {flat.max():.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "test/golden/graph"))
