"""Goldens of whole-checkpoint merges: real mergekit 0.1.5 on seeded tiny Llama checkpoints.

    python training/goldens_mergekit.py

Writes test/golden/merge/models/<name>/ (Hugging Face folders) and, per case, test/golden/merge/mergekit/<case>/:
    recipe.yml         what the engine under test is given
    model.safetensors  what it must produce, to the tolerance of the case
    case.json          what mergekit ran, why where that differs from recipe.yml, and the output's config keys
A second run writes the same bytes.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path

import torch
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import run_merge
from mergekit.options import MergeOptions
from safetensors.torch import load_file, save_file

GOLDEN = Path(__file__).resolve().parent.parent / "test" / "golden" / "merge"
MODELS, CASES = GOLDEN / "models", GOLDEN / "mergekit"
VOCAB, HIDDEN, FFN, LAYERS, HEADS, KV_HEADS = 96, 24, 40, 3, 3, 1
HEAD = HIDDEN // HEADS
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": VOCAB,
    "hidden_size": HIDDEN,
    "intermediate_size": FFN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "head_dim": HEAD,
    "hidden_act": "silu",
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
CONFIG_KEYS = ["architectures", "dtype", "torch_dtype", "tie_word_embeddings", "vocab_size", "num_hidden_layers"]
F32 = {"dtype": "float32", "out_dtype": "float32"}


def seeded(seed: int, scale: float, ones: bool) -> dict[str, torch.Tensor]:
    """A checkpoint's tensors (or a perturbation of them): normal noise; norm weights around one where `ones`."""
    g = torch.Generator().manual_seed(seed)
    shapes = {"model.embed_tokens.weight": (VOCAB, HIDDEN), "model.norm.weight": (HIDDEN,)}
    for i in range(LAYERS):
        p = f"model.layers.{i}."
        shapes |= {p + "input_layernorm.weight": (HIDDEN,), p + "post_attention_layernorm.weight": (HIDDEN,)}
        shapes |= {p + "self_attn.q_proj.weight": (HIDDEN, HIDDEN), p + "self_attn.o_proj.weight": (HIDDEN, HIDDEN)}
        shapes |= {p + f"self_attn.{k}_proj.weight": (KV_HEADS * HEAD, HIDDEN) for k in "kv"}
        shapes |= {p + f"mlp.{k}_proj.weight": (FFN, HIDDEN) for k in ("gate", "up")}
        shapes |= {p + "mlp.down_proj.weight": (HIDDEN, FFN)}
    shapes["lm_head.weight"] = (VOCAB, HIDDEN)
    out = {}
    for name in sorted(shapes):
        x = torch.randn(shapes[name], generator=g) * scale
        out[name] = x + 1 if ones and "norm" in name else x
    return out


def tokenizer_json() -> str:
    words = ["<pad>", "<s>", "</s>", "<unk>", *(f"w{i}" for i in range(4, VOCAB))]
    special = [
        {"id": i, "content": words[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i in range(4)
    ]
    model = {"type": "WordLevel", "vocab": {w: i for i, w in enumerate(words)}, "unk_token": "<unk>"}
    parts = {"truncation": None, "padding": None, "added_tokens": special, "normalizer": None}
    parts |= {"pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None, "model": model}
    return json.dumps({"version": "1.0", **parts}, separators=(",", ":"))


def write_model(name: str, tensors: dict[str, torch.Tensor], dtype: torch.dtype, tied: bool, shards: int = 1) -> None:
    folder = MODELS / name
    folder.mkdir(parents=True)
    cast = {k: v.to(dtype).contiguous() for k, v in sorted(tensors.items()) if not (tied and k == "lm_head.weight")}
    config = CONFIG | {"tie_word_embeddings": tied, "torch_dtype": str(dtype).removeprefix("torch.")}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "tokenizer.json").write_text(tokenizer_json())
    special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    tok = {"tokenizer_class": "PreTrainedTokenizerFast", **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(tok, indent=2) + "\n")
    if shards == 1:
        save_file(cast, folder / "model.safetensors", {"format": "pt"})
        return
    where, names = {}, list(cast)
    for s in range(shards):
        file = f"model-{s + 1:05d}-of-{shards:05d}.safetensors"
        part = names[s::shards]
        save_file({k: cast[k] for k in part}, folder / file, {"format": "pt"})
        where |= {k: file for k in part}
    total = sum(t.nbytes for t in cast.values())
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(where.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def write_models() -> None:
    base = seeded(1, 0.08, ones=True)
    noise = {m: seeded(seed, scale, ones=False) for m, seed, scale in (("a", 2, 0.01), ("b", 3, 0.02), ("c", 4, 0.015))}
    tunes = {m: {k: base[k] + d[k] for k in base} for m, d in noise.items()}
    f32, bf16 = torch.float32, torch.bfloat16
    for name, tensors in {"base": base, **tunes}.items():
        write_model(name, tensors, f32, tied=True)
        if name == "c":
            continue
        write_model(f"{name}_bf16", tensors, bf16, tied=True)
        write_model(f"{name}_untied", tensors, bf16, tied=False)
    write_model("a_sharded", tunes["a"], f32, tied=True, shards=2)


def doc(method: str, weights: list, base: str | None = None, parameters: dict | None = None, **rest) -> dict:
    """A mergekit document; `weights` is [(model, weight) or (model, weight, density), ...]."""
    names = ("weight", "density")
    models = [
        {"model": m} if own[0] is None else {"model": m, "parameters": dict(zip(names, own))} for m, *own in weights
    ]
    out = {"merge_method": method, "models": models}
    if base:
        out["base_model"] = base
    if parameters:
        out["parameters"] = parameters
    return out | rest


def two(method: str) -> tuple:
    return method, [("base", None), ("a", None)], "base"


MLP = [{"filter": "mlp", "value": 0.5}, {"value": 1.0}]
HALF_MLP = [{"filter": "mlp", "value": 0.5}, {"value": 0.1}]
TA, LIN, TIES, OFF = "task_arithmetic", "linear", "ties", {"normalize": False}
STABLE = "; torch.argsort was made stable for this run: many bfloat16 differences are equal, and mergekit's own sort orders equal ones arbitrarily"
# name -> (recipe.yml, what mergekit runs where that is another document, why)
BF16_MATHS = "mergekit computes this in bfloat16; the golden is the float32 merge of the same inputs, rounded once"
RECIPES: dict[str, tuple] = {
    "linear-normalize": (doc(LIN, [("base", 0.2), ("a", 0.5), ("b", 0.6)], parameters={"normalize": True}, **F32),),
    "linear-default": (doc(LIN, [("a", 3), ("b", 1)]),),
    "linear-negative": (doc(LIN, [("base", 0.4), ("a", 1.1), ("b", -0.5)], parameters=OFF, **F32),),
    "linear-sharded": (doc(LIN, [("a_sharded", 0.5), ("b", 0.5)], parameters=OFF, **F32),),
    "linear-bf16": (doc(LIN, [("base_bf16", 1), ("a_bf16", 1), ("b_bf16", 1)]),),
    "linear-dtype-bf16": (doc(LIN, [("a", 0.7), ("b", 0.3)], dtype="bfloat16"),),
    "linear-mixed-dtypes": (doc(LIN, [("a", 0.5), ("b_bf16", 0.5)]),),
    "ta": (doc(TA, [("a", 0.9), ("b", 1.1)], "base", OFF, **F32),),
    "ta-defaults": (doc(TA, [("base", None), ("a", 0.9), ("b", 1.1)], "base"),),
    "ta-negative-lambda": (doc(TA, [("a", -0.6), ("b", 0.8)], "base", {"lambda": 0.7, "normalize": False}, **F32),),
    "ta-normalize": (doc(TA, [("a", 0.9), ("b", 0.3)], "base", {"normalize": True}, **F32),),
    "ta-filter": (doc(TA, [("a", MLP), ("b", 0.4)], "base", OFF, **F32),),
    "ta-gradient": (doc(TA, [("a", [0, 0.5, 1]), ("b", [1, 0.2])], "base", OFF, **F32),),
    "ta-out-float16": (doc(TA, [("a", 1), ("b", 1)], "base", OFF, dtype="float32", out_dtype="float16"),),
    "ta-out-bfloat16": (doc(TA, [("a", 1), ("b", 1)], "base", OFF, dtype="float32", out_dtype="bfloat16"),),
    "ta-sharded": (doc(TA, [("a_sharded", 0.9), ("b", 1.1)], "base", OFF, **F32),),
    "ta-analogy": (doc(TA, [("b", 1), ("base", -1)], "a", OFF, **F32),),
    "ta-bf16": (
        doc(TA, [("a_bf16", 0.9), ("b_bf16", 1.1)], "base_bf16"),
        doc(TA, [("a_bf16", 0.9), ("b_bf16", 1.1)], "base_bf16", dtype="float32", out_dtype="bfloat16"),
        BF16_MATHS,
    ),
    "ta-untied-bf16": (
        doc(TA, [("a_untied", 0.9), ("b_untied", 1.1)], "base_untied", OFF),
        doc(TA, [("a_untied", 0.9), ("b_untied", 1.1)], "base_untied", OFF, dtype="float32", out_dtype="bfloat16"),
        BF16_MATHS,
    ),
    "ta-dtype-bf16": (
        doc(TA, [("a", 0.9), ("b", 1.1)], "base", dtype="bfloat16"),
        doc(TA, [("a_bf16", 0.9), ("b_bf16", 1.1)], "base_bf16", dtype="float32", out_dtype="bfloat16"),
        BF16_MATHS + " (dtype casts the inputs to bfloat16 first: the *_bf16 models are those cast inputs)",
    ),
    "ties": (doc(TIES, [("a", 1, 0.5), ("b", 0.8, 0.5)], "base", **F32),),
    "ties-nothing-trimmed": (doc(TIES, [("a", 0.9), ("b", 1.1)], "base", OFF, **F32),),
    "ties-one-density": (doc(TIES, [("a", 0.7), ("b", -0.4)], "base", {"density": 0.2, "lambda": 1.3} | OFF, **F32),),
    "ties-rescale": (doc(TIES, [("a", 0.7, 0.1), ("b", 0.4, 0.6)], "base", {"rescale": True}, **F32),),
    "ties-filter-gradient": (doc(TIES, [("a", MLP, [0.1, 0.9]), ("b", 0.4, HALF_MLP)], "base", **F32),),
    "ties-out-float16": (doc(TIES, [("a", 1, 0.3), ("b", 1, 0.3)], "base", dtype="float32", out_dtype="float16"),),
    "ties-bf16": (
        doc(TIES, [("a_bf16", 0.9, 0.4), ("b_bf16", 1.1, 0.4)], "base_bf16"),
        doc(TIES, [("a_bf16", 0.9, 0.4), ("b_bf16", 1.1, 0.4)], "base_bf16", dtype="float32", out_dtype="bfloat16"),
        BF16_MATHS + STABLE,
    ),
    "slerp": (doc(*two("slerp"), {"t": 0.3}, **F32),),
    "slerp-gradient": (
        doc(*two("slerp"), {"t": [{"filter": "self_attn", "value": [0, 0.5, 1]}, {"filter": "mlp", "value": [1, 0]}, {"value": 0.5}]}, **F32),
    ),
    "nuslerp": (doc("nuslerp", [("a", 0.6), ("b", 0.2)], **F32),),
    "nuslerp-base-rows": (doc("nuslerp", [("a", 0.6), ("b", 0.2)], "base", {"nuslerp_flatten": False}, **F32),),
    "multislerp": (doc("multislerp", [("a", 0.7), ("b", 0.5), ("c", 0.3)], **F32),),
    "multislerp-base": (doc("multislerp", [("a", 0.7), ("b", 0.5), ("c", 0.3)], "base", **F32),),
    "karcher": (doc("karcher", [("a", None), ("b", None), ("c", None)], None, {"max_iter": 5, "tol": 1e-6}, **F32),),
    "breadcrumbs": (doc("breadcrumbs", [("a", 0.8, 0.6), ("b", 0.5, 0.9)], "base", {"gamma": 0.05}, **F32),),
    "breadcrumbs_ties": (doc("breadcrumbs_ties", [("a", 0.8, 0.6), ("b", 0.5, 0.9)], "base", **F32),),
    "model_stock": (doc("model_stock", [("a", None), ("b", None), ("c", None)], "base", **F32),),
    "model_stock-rows": (doc("model_stock", [("a", None), ("b", None)], "base", {"filter_wise": True}, **F32),),
    "sce": (doc("sce", [("a", None), ("b", None), ("c", None)], "base", {"select_topk": 0.4}, **F32),),
    "nearswap": (doc("nearswap", [("a", None)], "base", {"t": 0.004}, **F32),),
    "arcee_fusion": (doc("arcee_fusion", [("a", None)], "base", **F32),),
    "ram": (doc("ram", [("a", None), ("b", None)], "base", {"epsilon": 0.01}, **F32),),
    "ramplus_tl": (doc("ramplus_tl", [("a", None), ("b", None)], "base", {"epsilon": 0.01, "r": 0.2, "alpha": 0.3}, **F32),),
    "passthrough-stack": (
        {
            "merge_method": "passthrough",
            "slices": [
                {"sources": [{"model": "a", "layer_range": [0, 2]}]},
                {"sources": [{"model": "b", "layer_range": [0, 3], "parameters": {"scale": [{"filter": "o_proj", "value": 0.5}, {"value": 1.0}]}}]},
            ],
        }
        | F32,
    ),
    "passthrough-stack-untied": (
        {
            "merge_method": "passthrough",
            "slices": [
                {"sources": [{"model": "a_untied", "layer_range": [1, 3]}]},
                {"sources": [{"model": "b_untied", "layer_range": [0, 2]}]},
            ],
        },
    ),
    "slices-slerp-gradient": (
        {
            "merge_method": "slerp",
            "base_model": "base",
            "slices": [
                {"sources": [{"model": "base", "layer_range": [0, 1]}, {"model": "a", "layer_range": [2, 3]}], "parameters": {"t": 0.25}},
                {"sources": [{"model": "base", "layer_range": [1, 3]}, {"model": "a", "layer_range": [0, 2]}]},
            ],
            "parameters": {"t": [{"filter": "mlp", "value": [0.2, 0.8]}, {"value": 0.5}]},
        }
        | F32,
    ),
    "slices-linear-scopes": (
        {
            "merge_method": "linear",
            "slices": [
                {
                    "sources": [
                        {"model": "a", "layer_range": [0, 3], "parameters": {"weight": [0, 1]}},
                        {"model": "b", "layer_range": [0, 3], "parameters": {"weight": [{"filter": "layers.1.", "value": 3}]}},
                    ],
                    "parameters": {"weight": 0.5},
                }
            ],
            "parameters": {"normalize": True},
        }
        | F32,
    ),
    "modules-default": (
        {
            "merge_method": "task_arithmetic",
            "base_model": "base",
            "modules": {"default": {"models": [{"model": "a", "parameters": {"weight": 0.6}}, {"model": "b"}], "parameters": {"weight": 0.4}}},
        }
        | F32,
    ),
    "mixed-tied-untied": (doc(LIN, [("a", 0.5), ("b_untied", 0.5)], **F32),),
    "out-float16-of-bf16-and-float32": (doc(LIN, [("a", 0.5), ("b_bf16", 0.5)], dtype="float32", out_dtype="float16"),),
    "stages": (
        [
            {"name": "soup"} | doc(LIN, [("a", 1), ("b", 1)], **F32),
            doc(TA, [("soup", 0.8), ("c", -0.3)], "base", OFF, **F32),
        ],
    ),
    "stages-rounded-between": (
        [
            {"name": "soup"} | doc(LIN, [("a", 1), ("b", 1)], dtype="float32", out_dtype="float16"),
            {"name": "sum"} | doc(TA, [("soup", 0.8), ("c", 0.5)], "base", OFF, **F32),
            doc("slerp", [("sum", None), ("soup", None)], "sum", {"t": 0.5}, **F32),
        ],
    ),
}


ARGSORT = torch.argsort


def stable_argsort(*args, **kwargs) -> torch.Tensor:
    """mergekit trims by torch.argsort, which orders equal magnitudes arbitrarily from 17 elements on; stable is one such order."""
    return ARGSORT(*args, **kwargs | {"stable": True})


def run_stages(stages: list[dict], out: str) -> None:
    """As mergekit-multi does: every named stage is written to a folder that later ones read."""
    with tempfile.TemporaryDirectory() as work:
        folders = {stage["name"]: str(Path(work) / stage["name"]) for stage in stages if "name" in stage}
        for stage in stages:
            named = json.loads(json.dumps(stage))
            for model in named.get("models", []):
                model["model"] = folders.get(model["model"], model["model"])
            if "base_model" in named:
                named["base_model"] = folders.get(named["base_model"], named["base_model"])
            config = MergeConfiguration.model_validate({k: v for k, v in named.items() if k != "name"})
            run_merge(config, folders.get(stage.get("name"), out), MergeOptions(quiet=True, write_model_card=False))


def run_case(name: str, recipe: dict | list, ran: dict | None = None, why: str | None = None) -> None:
    folder = CASES / name
    folder.mkdir(parents=True)
    stages = recipe if isinstance(recipe, list) else [ran or recipe]
    (folder / "recipe.yml").write_text("---\n".join(yaml.safe_dump(r, sort_keys=False) for r in (recipe if isinstance(recipe, list) else [recipe])))
    with tempfile.TemporaryDirectory() as tmp:
        torch.argsort = stable_argsort if why and why.endswith(STABLE) else ARGSORT
        run_stages(stages, tmp)
        files = sorted(Path(tmp).glob("*.safetensors"))
        tensors = {k: v for f in files for k, v in load_file(f).items()}
        written = json.loads((Path(tmp) / "config.json").read_text())
    save_file(dict(sorted(tensors.items())), folder / "model.safetensors", {"format": "pt"})
    dtypes = sorted({str(t.dtype).removeprefix("torch.") for t in tensors.values()})
    tolerance = {"max_abs_over_max_expected": 2e-6} if dtypes == ["float32"] else {"max_ulp": 1, "max_share_differing": 0.005}
    case = {"mergekit": "0.1.5", "recipe": recipe, "ran": ran or recipe, "why": why, "tensors": len(tensors), "dtypes": dtypes}
    case |= {"tolerance": tolerance, "config": {k: written[k] for k in CONFIG_KEYS if k in written}}
    if name == "linear-mixed-dtypes":
        # without base_model mergekit copies the config of an arbitrary input (it iterates over a set)
        case["config"].pop("dtype", None)
    if ran:
        # dtype/out_dtype of what ran are not the recipe's: mergekit leaves the base's dtype where the recipe names none
        case["config"] |= {"dtype": recipe.get("out_dtype") or recipe.get("dtype") or "bfloat16"}
    (folder / "case.json").write_text(json.dumps(case, indent=2) + "\n")
    print(f"{name:20} {len(tensors)} tensors {dtypes} {case['config'].get('dtype')} {case['config'].get('torch_dtype')}")


def main() -> None:
    torch.set_num_threads(1)
    for folder in (MODELS, CASES):
        shutil.rmtree(folder, ignore_errors=True)
    write_models()
    os.chdir(MODELS)  # model names in the recipes are folder names
    for name, spec in RECIPES.items():
        run_case(name, *spec)
    size = sum(f.stat().st_size for d in (MODELS, CASES) for f in d.rglob("*") if f.is_file())
    print(f"{len(RECIPES)} cases, {size} bytes in all")


if __name__ == "__main__":
    main()
