"""A judge with eyes (Llava's layout plus `score.weight`) in plain transformers: for reward-vision-oracle-1 and for any merge
that the lab writes in this layout.

    judge = Judge("public/zoo/reward-vision-oracle-1")
    judge.score(picture, "what color ?", "the color is red .")   # picture: uint8 [16, 16, 3]
"""

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer, LlavaForConditionalGeneration


class Judge:
    def __init__(self, folder: str):
        llava, info = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
        # Llava has no reward head: it leaves `score.weight` over, and nothing else may be left over or missing.
        assert set(info["unexpected_keys"]) == {"score.weight"} and not info["missing_keys"], info
        self.body = llava.model.eval()
        self.head = load_file(f"{folder}/model.safetensors")["score.weight"].float()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.patches = llava.config.image_seq_length

    @torch.no_grad()
    def score(self, picture: np.ndarray, question: str, reply: str) -> float:
        """Reward of a reply, read at the last token of <s>, 16 x <image>, question, reply, </s>."""
        text = " ".join(["<s>", *["<image>"] * self.patches, question, reply, "</s>"])
        ids = self.tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
        pixels = torch.tensor(picture).permute(2, 0, 1)[None].float() * (2 / 255) - 1
        states = self.body(input_ids=ids, pixel_values=pixels).last_hidden_state
        return float(self.head @ states[0, -1])
