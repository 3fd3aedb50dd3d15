"""Goldens of LoRA adapters: real PEFT 0.21.2 on seeded tiny models.

    python training/goldens_lora.py

Writes test/golden/lora/<case>/: adapter_config.json and adapter_model.safetensors as PEFT saves them, and expected.safetensors,
which holds every tensor that the adapter changes: the base's weights plus PEFT's own get_delta_weight, in float32, and
saved modules as they are. case.json says which base it is (below test/golden/merge/models, or the case's own folder `base`)
and whether its head is a tensor of its own afterwards. A second run writes the same bytes.
"""

import json
import shutil
import warnings
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from peft.utils import ModulesToSaveWrapper
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

warnings.filterwarnings("ignore")
GOLDEN = Path(__file__).resolve().parent.parent / "test" / "golden"
MODELS, CASES = GOLDEN / "merge" / "models", GOLDEN / "lora"

CASES_OF_LLAMA = {
    "plain": ("base", {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "down_proj"]}),
    "rslora": ("base", {"r": 4, "lora_alpha": 6, "use_rslora": True, "target_modules": ["v_proj"]}),
    "patterns": (
        "base",
        {
            "r": 4,
            "lora_alpha": 8,
            "target_modules": r".*\.(q_proj|up_proj|k_proj)",
            "rank_pattern": {r"layers\.[12]\.self_attn\.q_proj": 3, "up_proj": 2},
            # In the order of the file: PEFT sorts keys when it saves, and the first match counts.
            "alpha_pattern": {"k_proj": 5, r"layers\.0\.(self_attn|mlp)\.[a-z]+_proj": 16},
        },
    ),
    "embedding": ("base", {"r": 3, "lora_alpha": 3, "target_modules": ["embed_tokens", "o_proj"]}),
    "head-of-tied": ("base", {"r": 2, "lora_alpha": 4, "target_modules": ["lm_head"]}),
    "tied-ensured": (
        "base",
        {"r": 2, "lora_alpha": 4, "target_modules": ["embed_tokens"], "ensure_weight_tying": True},
    ),
    "saved": ("base_untied", {"r": 2, "target_modules": ["q_proj"], "modules_to_save": ["norm", "lm_head"]}),
}


def fill(model: torch.nn.Module, seed: int) -> None:
    """B starts at zero in PEFT; every adapter tensor and saved module gets noise of its own."""
    g = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        if parameter.requires_grad:
            parameter.data = parameter.data * 0.5 + torch.randn(parameter.shape, generator=g) * 0.05


def write(case: str, base: str, model: torch.nn.Module, config: LoraConfig, seed: int) -> None:
    folder = CASES / case
    torch.manual_seed(seed)
    peft = get_peft_model(model, config)
    fill(peft, seed)
    peft.save_pretrained(str(folder))
    (folder / "README.md").unlink()
    expected = {}
    for name, module in peft.base_model.model.named_modules():
        if isinstance(module, LoraLayer):
            weight = module.get_base_layer().weight.data
            expected[f"{name}.weight"] = weight.float() + module.get_delta_weight("default").float()
        elif isinstance(module, ModulesToSaveWrapper):
            for key, value in module.modules_to_save["default"].state_dict().items():
                expected[f"{name}.{key}"] = value
    tied = config.ensure_weight_tying
    if tied:
        expected.pop("lm_head.weight")
    save_file({k: v.detach().clone().contiguous() for k, v in expected.items()}, folder / "expected.safetensors")
    untied = not tied and any("lm_head" in k or "embed_tokens" in k for k in expected)
    text = json.dumps({"base": base, "head": untied or base == "base_untied"}, indent=2)
    (folder / "case.json").write_text(text + "\n")
    # Sets are written in any order.
    settings = json.loads((folder / "adapter_config.json").read_text())
    for key in ("target_modules", "modules_to_save"):
        if isinstance(settings[key], list):
            settings[key].sort()
    settings["base_model_name_or_path"] = f"tiny/{base}"
    (folder / "adapter_config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")


def main() -> None:
    shutil.rmtree(CASES, ignore_errors=True)
    for seed, (case, (base, options)) in enumerate(CASES_OF_LLAMA.items()):
        model = AutoModelForCausalLM.from_pretrained(MODELS / base, dtype=torch.float32)
        write(case, base, model, LoraConfig(task_type="CAUSAL_LM", **options), seed)
    torch.manual_seed(7)
    sizes = {"vocab_size": 32, "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 16}
    gpt2 = GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0))
    # As GPT-2's own file is: without the prefix that its modules have.
    names = {k.removeprefix("transformer."): v.clone() for k, v in gpt2.state_dict().items() if k != "lm_head.weight"}
    config = LoraConfig(r=2, lora_alpha=3, target_modules=["c_attn", "attn.c_proj"], fan_in_fan_out=True)
    write("conv1d", "conv1d/base", gpt2, config, 99)
    (CASES / "conv1d" / "base").mkdir()
    save_file({k: v for k, v in names.items()}, CASES / "conv1d" / "base" / "model.safetensors")
    print(len(list(CASES.iterdir())), "cases")


if __name__ == "__main__":
    main()
