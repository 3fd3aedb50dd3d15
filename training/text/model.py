"""A small Llama in plain PyTorch, with Hugging Face's parameter names: what is trained here loads in `LlamaForCausalLM`.

Written out rather than taken from transformers because a training step here takes 60 ms, and the library's own
bookkeeping would double that.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass(frozen=True)
class Config:
    """Shape of a model. `width` = hidden size, `ffn` = feed-forward size; head size is width / heads."""

    vocab: int
    width: int = 128
    layers: int = 4
    heads: int = 4
    ffn: int = 384
    positions: int = 128
    theta: float = 10000.0


class RMSNorm(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, 1e-5)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary position embedding (arXiv:2104.09864), halves convention of Llama."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class Attention(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.heads = c.heads
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            setattr(self, name, nn.Linear(c.width, c.width, bias=False))

    def forward(self, x, cos, sin, mask):
        batch, length, width = x.shape
        size = width // self.heads
        q, k, v = (
            p(x).view(batch, length, self.heads, size).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj)
        )
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        # Plain matrix products: PyTorch's fused attention is slower on a CPU's backward pass.
        weights = (torch.matmul(q, k.transpose(-1, -2)) * size**-0.5 + mask).softmax(-1).to(v.dtype)
        return self.o_proj((weights @ v).transpose(1, 2).reshape(batch, length, width))


class FeedForward(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.gate_proj = nn.Linear(c.width, c.ffn, bias=False)
        self.up_proj = nn.Linear(c.width, c.ffn, bias=False)
        self.down_proj = nn.Linear(c.ffn, c.width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.input_layernorm = RMSNorm(c.width)
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RMSNorm(c.width)
        self.mlp = FeedForward(c)

    def forward(self, x, cos, sin, mask):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Inner(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocab, c.width)
        self.layers = nn.ModuleList(Block(c) for _ in range(c.layers))
        self.norm = RMSNorm(c.width)


class TinyLlama(nn.Module):
    """Tied embeddings, no biases. `forward(ids [batch, length])` gives logits [batch, length, vocab]."""

    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.model = Inner(c)
        size = c.width // c.heads
        inverse = 1.0 / (c.theta ** (torch.arange(0, size, 2).float() / size))
        angle = torch.outer(torch.arange(c.positions).float(), inverse)
        angle = torch.cat((angle, angle), -1)
        self.register_buffer("cos", angle.cos(), persistent=False)
        self.register_buffer("sin", angle.sin(), persistent=False)
        for name, p in self.named_parameters():
            if p.dim() < 2:
                continue
            if "embed" in name:
                std = 0.03
            elif name.endswith(("o_proj.weight", "down_proj.weight")):
                std = 0.03 / math.sqrt(2 * c.layers)
            else:
                std = 0.6 / math.sqrt(p.shape[1])
            nn.init.normal_(p, 0, std)

    def hidden(self, ids: torch.Tensor) -> torch.Tensor:
        length = ids.shape[1]
        x = self.model.embed_tokens(ids)
        cos, sin = self.cos[:length].to(x.dtype), self.sin[:length].to(x.dtype)
        mask = torch.full((length, length), float("-inf"), dtype=x.dtype).triu_(1)
        for block in self.model.layers:
            x = block(x, cos, sin, mask)
        return self.model.norm(x)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return F.linear(self.hidden(ids), self.model.embed_tokens.weight)


@torch.no_grad()
def generate(model: TinyLlama, prompts: list[list[int]], eos: int, max_new: int = 32) -> list[list[int]]:
    """Greedy decoding of prompts of any lengths in one batch, right padded. The end token is not returned."""
    model.eval()
    lengths = [len(p) for p in prompts]
    ids = torch.zeros(len(prompts), max(lengths) + max_new, dtype=torch.long)
    for i, p in enumerate(prompts):
        ids[i, : lengths[i]] = torch.tensor(p)
    position = torch.tensor(lengths)
    done = torch.zeros(len(prompts), dtype=torch.bool)
    out: list[list[int]] = [[] for _ in prompts]
    for _ in range(max_new):
        active = (~done).nonzero().flatten()
        if len(active) == 0:
            break
        width = int(position[active].max())
        last = model.hidden(ids[active, :width])[torch.arange(len(active)), position[active] - 1]
        chosen = F.linear(last, model.model.embed_tokens.weight).argmax(-1)
        for j, i in enumerate(active.tolist()):
            token = int(chosen[j])
            if token == eos:
                done[i] = True
            else:
                out[i].append(token)
                ids[i, position[i]] = token
        position[active] += 1
    return out
