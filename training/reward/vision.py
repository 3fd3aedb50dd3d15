"""The eyes: a tiny ViT with transformers' own class and the two linear layers of LLaVA's projector."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from transformers import ViTConfig, ViTModel

from common import IMAGE, State

PATCHES = 16
PREFIX = [IMAGE] * PATCHES
VIT = {
    "model_type": "vit", "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4,
    "image_size": 16, "patch_size": 4, "num_channels": 3, "hidden_act": "gelu", "layer_norm_eps": 1e-6, "qkv_bias": True,
    "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "pooler_output_size": 64, "pooler_act": "tanh",
}  # fmt: skip

FILE_NAMES = (
    ("vision_tower.layers.", "vision_tower.encoder.layer."), ("attention.q_proj", "attention.attention.query"),
    ("attention.k_proj", "attention.attention.key"), ("attention.v_proj", "attention.attention.value"),
    ("attention.o_proj", "attention.output.dense"), ("mlp.fc1", "intermediate.dense"), ("mlp.fc2", "output.dense"),
)  # fmt: skip


class Eyes(nn.Module):
    """Pictures [batch, 3, 16, 16] -> prefix [batch, 16, width].

    As in LlavaModel of transformers 5.24: the states of the last layer *before* the tower's final norm, without CLS. That
    norm and the pooler are in the file because the class has them; nothing reads them.
    """

    def __init__(self, width: int, seed: int = 0):
        super().__init__()
        torch.manual_seed(seed + 7)
        self.vision_tower = ViTModel(ViTConfig(**{k: v for k, v in VIT.items() if k != "model_type"}))
        self.multi_modal_projector = nn.ModuleDict({"linear_1": nn.Linear(64, width), "linear_2": nn.Linear(width, width)})
        for name, p in self.vision_tower.named_parameters():
            if name.startswith("pooler") or name == "layernorm.bias":
                nn.init.zeros_(p)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.vision_tower(pixel_values=x, output_hidden_states=True).hidden_states[-1][:, 1:]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        p = self.multi_modal_projector
        return p["linear_2"](F.gelu(p["linear_1"](self.features(x))))

    def used(self, part: str) -> list[nn.Parameter]:
        """Trainable parameters of `vision_tower` or `multi_modal_projector` that the prefix depends on."""
        unused = ("vision_tower.pooler", "vision_tower.layernorm")
        return [p for n, p in self.named_parameters() if n.startswith(part) and not n.startswith(unused)]


def eyes_state(eyes: Eyes) -> State:
    """Tensor names as LlavaForConditionalGeneration.save_pretrained writes them (ViTModel of 5.24 is renamed on the way)."""
    out = {}
    for name, value in eyes.state_dict().items():
        for mine, theirs in FILE_NAMES:
            name = name.replace(mine, theirs)
        out[name] = value
    return out


def load_eyes(state: State, width: int) -> Eyes:
    """The inverse of eyes_state; other tensors of `state` are left aside."""
    eyes = Eyes(width)
    eyes.load_state_dict({mine: state[theirs] for mine, theirs in zip(eyes.state_dict(), eyes_state(eyes))})
    return eyes


def llava_config(text: dict, architecture: str) -> dict:
    """config.json in Llava's layout; `text` is the backbone's own config."""
    return {
        "architectures": [architecture], "model_type": "llava", "image_token_index": IMAGE, "image_seq_length": PATCHES,
        "projector_hidden_act": "gelu", "multimodal_projector_bias": True, "vision_feature_layer": -1,
        "vision_feature_select_strategy": "default", "tie_word_embeddings": True, "text_config": text, "vision_config": VIT,
        "torch_dtype": "float16",
    }  # fmt: skip


PREPROCESSOR = {
    "image_processor_type": "ViTImageProcessor", "do_resize": False, "size": {"height": 16, "width": 16}, "do_rescale": True,
    "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
}  # fmt: skip
