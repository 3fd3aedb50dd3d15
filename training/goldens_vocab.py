"""Goldens of vocabularies: real mergekit 0.1.5 on tiny checkpoints whose tokenizers differ.

    python training/goldens_vocab.py           writes test/golden/merge/vocab
    python training/goldens_vocab.py verify    merges every case with this project's command line, loads the folders in transformers,
                                               and holds their tokenizers to the vocabularies that mergekit made

models/<name>/: Hugging Face folders. <case>.yml: a recipe. goldens.json: per case the tokens of mergekit's output (base tokens with
their ids, the others sorted: mergekit numbers them in the order of a hash map) and the config's keys; goldens.safetensors: per case
and vocabulary tensor the rows of these tokens in this order, then the padding rows. A second run writes the same bytes.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "test" / "golden" / "merge" / "vocab"
MODELS = FOLDER / "models"
HIDDEN, FFN = 8, 8
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
BASE = [*SPECIAL, *"abcdefgh", "ab", "abc", "cd", "ef"]
MERGES = ["a b", "ab c", "c d", "e f"]


def tokenizer_json(vocab: dict[str, int], merges: list[str], added: list[str]) -> str:
    entries = [
        {"id": vocab[t], "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for t in sorted(added, key=vocab.get)
    ]
    model = {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None}
    model |= {"fuse_unk": False, "byte_fallback": False, "vocab": vocab, "merges": merges}
    parts = {"truncation": None, "padding": None, "added_tokens": entries, "normalizer": None}
    parts |= {"pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None, "model": model}
    return json.dumps({"version": "1.0", **parts}, separators=(",", ":"))


def write_model(name: str, seed: int, tokens: list[str], merges: list[str], added: list[str], rows: int, tied=True, dtype=torch.float32, template=None) -> None:
    folder = MODELS / name
    folder.mkdir(parents=True)
    g = torch.Generator().manual_seed(seed)
    shapes = {"model.embed_tokens.weight": (rows, HIDDEN), "model.norm.weight": (HIDDEN,)}
    p = "model.layers.0."
    shapes |= {p + "input_layernorm.weight": (HIDDEN,), p + "post_attention_layernorm.weight": (HIDDEN,)}
    shapes |= {p + f"self_attn.{k}_proj.weight": (HIDDEN, HIDDEN) for k in "qkvo"}
    shapes |= {p + f"mlp.{k}_proj.weight": (FFN, HIDDEN) for k in ("gate", "up", "down")}
    if not tied:
        shapes["lm_head.weight"] = (rows, HIDDEN)
    tensors = {k: (torch.randn(shapes[k], generator=g) * 0.1).to(dtype) for k in sorted(shapes)}
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    vocab = {t: i for i, t in enumerate(tokens)}
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": rows, "hidden_size": HIDDEN}
    config |= {"intermediate_size": FFN, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 4}
    config |= {"hidden_act": "silu", "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "rope_theta": 10000.0}
    config |= {"tie_word_embeddings": tied, "torch_dtype": str(dtype).removeprefix("torch.")}
    ids = {f"{k}_token_id": vocab[t] for k, t in (("bos", "<s>"), ("eos", "</s>"), ("pad", "<pad>"))}
    (folder / "config.json").write_text(json.dumps(config | ids, indent=1) + "\n")
    (folder / "generation_config.json").write_text(json.dumps(ids) + "\n")
    (folder / "tokenizer.json").write_text(tokenizer_json(vocab, merges, added))
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config | ({"chat_template": template} if template else {}), indent=1) + "\n")


def write_models() -> None:
    shuffled = [*BASE, "gh", "efgh", "<|im_start|>"]
    random.Random(5).shuffle(shuffled)
    chat = "{% for m in messages %}{{ '<|im_start|>' + m.content }}{% endfor %}"
    write_model("base", 1, BASE, MERGES, SPECIAL, 16, template="{{ bos_token }}{{ messages[0].content }}")
    write_model("moved", 2, shuffled, [*MERGES, "g h", "ef gh"], [*SPECIAL, "<|im_start|>"], 19, template=chat)
    write_model("longer", 3, [*BASE, "gh", "<|im_start|>", "<|im_end|>"], [*MERGES, "g h"], [*SPECIAL, "<|im_start|>", "<|im_end|>"], 24, tied=False, template=chat)
    write_model("beyond", 4, [*BASE, "gh", "<extra>"], MERGES, [*SPECIAL, "<extra>"], 16)
    write_model("longer_bf16", 5, [*BASE, "gh", "<|im_start|>", "<|im_end|>"], [*MERGES, "g h"], [*SPECIAL, "<|im_start|>", "<|im_end|>"], 19, dtype=torch.bfloat16)


def ta(*weights: tuple, base="base", **rest) -> dict:
    models = [{"model": m, "parameters": {"weight": w}} for m, w in weights]
    return {"merge_method": "task_arithmetic", "models": models, "base_model": base} | {"dtype": "float32", "out_dtype": "float32"} | rest


def linear(*weights: tuple, **rest) -> dict:
    models = [{"model": m, "parameters": {"weight": w}} for m, w in weights]
    return {"merge_method": "linear", "models": models} | {"dtype": "float32", "out_dtype": "float32"} | rest


TOKENS = {
    "gh": {"source": "longer"},
    "efgh": {"source": {"kind": "model_token", "model": "base", "token": "ef"}},
    "<|im_end|>": {"source": {"kind": "zero"}},
    "ab": {"source": {"kind": "model_token", "model": "moved", "token_id": 3}, "force": True},
    "cd": {"source": "moved", "force": True},
    "<new>": {"source": {"kind": "model_token", "model": "base", "token": "abc"}},
}
CASES = {
    "union": ta(("moved", 0.7), ("longer", 0.4), tokenizer={"source": "union"}),
    "union-legacy-tied": ta(("moved", 1.0), tokenizer_source="union"),
    "union-no-base": linear(("moved", 0.6), ("longer", 0.9), tokenizer={"source": "union"}),
    "union-mean": linear(("base", 0.5), ("moved", 0.3), ("longer", 0.2), tokenizer={"source": "union"}),
    "union-pad": ta(("moved", 0.7), tokenizer={"source": "union", "pad_to_multiple_of": 16}),
    "union-mixed-dtypes": linear(("moved", 0.5), ("longer_bf16", 0.5), base_model="moved", tokenizer={"source": "union"}),
    "base": ta(("moved", 0.7), ("longer", 0.4), tokenizer={"source": "base"}),
    "base-beyond": ta(("beyond", 0.5), ("moved", 0.5), base="beyond", tokenizer={"source": "base"}),
    "model": ta(("moved", 0.7), ("longer", 0.4), tokenizer={"source": "moved"}),
    "tokens": ta(("moved", 0.7), ("longer", 0.4), tokenizer={"source": "union", "tokens": TOKENS}),
    "slerp": {"merge_method": "slerp", "models": [{"model": "base"}, {"model": "longer"}], "base_model": "base", "parameters": {"t": 0.4}}
    | {"dtype": "float32", "tokenizer": {"source": "union"}},
}
del CASES["union-mixed-dtypes"]["dtype"], CASES["union-mixed-dtypes"]["out_dtype"]


def kept_tokens(model: str | None) -> list[str]:
    """Tokens whose ids the output keeps, by id: those of a model that its embedding has rows for."""
    if model is None:
        return []
    vocab = json.loads((MODELS / model / "tokenizer.json").read_text())["model"]["vocab"]
    rows = json.loads((MODELS / model / "config.json").read_text())["vocab_size"]
    return sorted((t for t in vocab if vocab[t] < rows), key=vocab.get)


def run_case(recipe: dict) -> tuple[dict, dict, dict]:
    with tempfile.TemporaryDirectory() as out:
        run_merge(MergeConfiguration.model_validate(recipe), out, MergeOptions(quiet=True, write_model_card=False))
        tensors = {k: v for f in sorted(Path(out).glob("*.safetensors")) for k, v in load_file(f).items()}
        config = json.loads((Path(out) / "config.json").read_text())
        return tensors, AutoTokenizer.from_pretrained(out).get_vocab(), config


def write_goldens() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    write_models()
    cases, rows = {}, {}
    os.chdir(MODELS)
    for name, recipe in CASES.items():
        (FOLDER / f"{name}.yml").write_text(yaml.safe_dump(recipe, sort_keys=False))
        tensors, vocab, config = run_case(recipe)
        # without a base, mergekit starts from an arbitrary input (it iterates over a set)
        kept = kept_tokens("moved" if recipe.get("tokenizer", {}).get("source") == "moved" else recipe.get("base_model"))
        tokens = [*kept, *sorted(set(vocab) - set(kept))]
        cases[name] = {"tokens": tokens, "fixed": len(kept), "vocab_size": config["vocab_size"]}
        assert [vocab[t] for t in kept] == list(range(len(kept))), name
        for key, tensor in tensors.items():
            if "embed_tokens" in key or "lm_head" in key:
                order = [vocab[t] for t in tokens] + list(range(len(vocab), len(tensor)))
                rows[f"{name}/{key}"] = tensor[order].contiguous()
        print(f"{name:20} {len(tokens)} tokens {config['vocab_size']} rows {sorted(k for k in tensors if 'embed' in k or 'head' in k)}")
    (FOLDER / "goldens.json").write_text(json.dumps({"mergekit": "0.1.5", "cases": cases}, indent=1) + "\n")
    save_file(rows, FOLDER / "goldens.safetensors", {"format": "pt"})


TEXTS = ["abc cd ef", "gh efgh hgfedcba", "<|im_start|> abcd <|im_end|> <new> z"]


def verify() -> None:
    goldens = json.loads((FOLDER / "goldens.json").read_text())["cases"]
    failed = 0
    for name, golden in goldens.items():
        with tempfile.TemporaryDirectory() as work:
            out = f"{work}/out"
            command = ["npx", "tsx", "src/cli/merge.ts", str(FOLDER / f"{name}.yml"), "--models", str(MODELS), "--out", out]
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
            tokenizer = AutoTokenizer.from_pretrained(out)
            written = json.loads(Path(out, "tokenizer.json").read_text())
            ids = dict(written["model"]["vocab"]) | {t["content"]: t["id"] for t in written["added_tokens"]}
            vocab = tokenizer.get_vocab()
            model = AutoModelForCausalLM.from_pretrained(out)
            encoded = [tokenizer(t)["input_ids"] for t in TEXTS]
            logits = model(torch.tensor([encoded[0]])).logits
            ok = vocab == ids and set(vocab) == set(golden["tokens"]) and max(vocab.values()) < model.config.vocab_size == logits.shape[-1]
            ok = ok and bool(logits.isfinite().all())
            failed += not ok
            print(f"{name:20} {'ok' if ok else 'FAILED'} {[' '.join(tokenizer.convert_ids_to_tokens(e)) for e in encoded]}")
    print(f"{len(goldens) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    torch.set_num_threads(1)
    verify() if sys.argv[1:] == ["verify"] else write_goldens()
