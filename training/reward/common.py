"""What every reward zoo shares: a tiny Llama with a score head, batches, both losses, one training loop, folders.

Shapes: ids [batch, length] of token ids, padded on the right with PAD; states [batch, length, width]; scores [batch].
"""

import json
import random
import sys
import time
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent / "text"))
sys.path.append(str(HERE.parent))
import model as text_model  # noqa: E402  (training/text/model.py)

torch.set_num_threads(1)
BUILD = HERE / "build"
SPECIAL = ["<pad>", "<s>", "</s>", "<image>"]
PAD, BOS, EOS, IMAGE = range(4)
State = dict[str, torch.Tensor]


class Words:
    """A vocabulary of whole words: `ids("the color")`. Texts are lower-case words between single spaces."""

    def __init__(self, words: list[str]):
        self.list = SPECIAL + words
        self.id = {w: i for i, w in enumerate(self.list)}
        assert len(self.id) == len(self.list), "a word is listed twice"

    def ids(self, text: str) -> list[int]:
        return [self.id[w] for w in text.split()]


class Llama(text_model.TinyLlama):
    """TinyLlama (tied embeddings) that also takes embeddings and scores sequences. `score` is the reward head, no bias."""

    def __init__(self, config: text_model.Config, seed: int = 0):
        torch.manual_seed(seed)
        super().__init__(config)
        nn.init.normal_(self.model.embed_tokens.weight, 0, EMBEDDING_STD)
        self.score = nn.Linear(config.width, 1, bias=False)
        nn.init.normal_(self.score.weight, 0, 0.02)

    def states(self, x: torch.Tensor) -> torch.Tensor:
        """Embeddings [batch, length, width] -> states after the last norm."""
        length = x.shape[1]
        cos, sin = self.cos[:length].to(x.dtype), self.sin[:length].to(x.dtype)
        mask = torch.full((length, length), float("-inf"), dtype=x.dtype).triu_(1)
        for block in self.model.layers:
            x = block(x, cos, sin, mask)
        return self.model.norm(x)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        return self.model.embed_tokens(ids)

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        return F.linear(states, self.model.embed_tokens.weight)


EMBEDDING_STD = 0.1  # tied: 1 would make the first logits huge


def pad(rows: list[list[int]]) -> torch.Tensor:
    ids = torch.full((len(rows), max(map(len, rows))), PAD, dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
    return ids


def last_states(states: torch.Tensor, rows: list[list[int]]) -> torch.Tensor:
    """The state at each row's last token: [batch, width]."""
    return states[torch.arange(len(rows)), torch.tensor([len(r) - 1 for r in rows])]


def scores(llama: Llama, rows: list[list[int]], prefix: torch.Tensor | None = None) -> torch.Tensor:
    """Rewards [batch], read at the last token. `prefix` [batch, n, width] stands in for the tokens 1 .. n (<image>)."""
    return llama.score(last_states(llama.states(with_prefix(llama, pad(rows), prefix)), rows))[:, 0].float()


def with_prefix(llama: Llama, ids: torch.Tensor, prefix: torch.Tensor | None) -> torch.Tensor:
    x = llama.embed(ids)
    return x if prefix is None else torch.cat((x[:, :1], prefix.to(x.dtype), x[:, 1 + prefix.shape[1] :]), 1)


def lm_loss(llama: Llama, rows: list[list[int]], weights: list[list[float]], prefix: torch.Tensor | None = None):
    """Next-token loss; weights[i][t] is what predicting token t of row i counts."""
    ids = pad(rows)
    w = torch.zeros(ids.shape)
    for i, row in enumerate(weights):
        w[i, : len(row)] = torch.tensor(row)
    logits = llama.logits(llama.states(with_prefix(llama, ids, prefix))[:, :-1])
    each = F.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    w = w[:, 1:].flatten()
    return (each * w).sum() / w.sum()


def pair_loss(llama: Llama, good: list[list[int]], bad: list[list[int]], prefix: torch.Tensor | None = None):
    """Bradley-Terry: -log sigmoid(score of the better reply - score of the worse)."""
    both = scores(llama, good + bad, None if prefix is None else torch.cat((prefix, prefix)))
    return -F.logsigmoid(both[: len(good)] - both[len(good) :]).mean()


def log_likelihood(llama: Llama, rows, starts: list[int], prefix: torch.Tensor | None = None) -> torch.Tensor:
    """Sum of log p of the tokens from starts[i] to the end of row i (the end token left out): [batch]."""
    ids = pad(rows)
    logp = llama.logits(llama.states(with_prefix(llama, ids, prefix))[:, :-1]).float().log_softmax(-1)
    each = logp.gather(-1, ids[:, 1:, None])[..., 0]
    at = torch.arange(1, ids.shape[1])
    ends = torch.tensor([len(r) - 1 for r in rows])
    return (each * ((at >= torch.tensor(starts)[:, None]) & (at < ends[:, None]))).sum(1)


def fit(loss, groups: list[tuple[list, float]], *, steps: int, rate: float, seed: int, tag: str, probe=None, decay=0.01):
    """AdamW, 50 steps of warm-up, linear decay, clipping at 1, bf16 autocast. loss(r: Random) draws its own batch;
    groups are (parameters, factor on the rate). Prints 5 lines of progress, with probe() if given."""
    groups = [(list(p), m) for p, m in groups]
    opt = torch.optim.AdamW([{"params": p, "factor": m} for p, m in groups], lr=rate, weight_decay=decay, betas=(0.9, 0.98))
    all_parameters = [p for ps, _ in groups for p in ps]
    r, started, recent = random.Random(f"{seed} {tag}"), time.time(), []
    for step in range(steps):
        for g in opt.param_groups:
            g["lr"] = rate * g["factor"] * min(1, (step + 1) / 50) * max(0.03, 1 - step / steps)
        with torch.autocast("cpu", torch.bfloat16):
            value = loss(r)
        opt.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(all_parameters, 1.0)
        opt.step()
        recent.append(value.item())
        if (step + 1) % max(1, steps // 5) == 0:
            mean = sum(recent[-50:]) / len(recent[-50:])
            print(f"  {tag} {step + 1}/{steps} loss {mean:.4f} {time.time() - started:.0f} s", probe() if probe else "", flush=True)


def combine(base: State, *terms: tuple[float, State]) -> State:
    """base + sum of c * (state - base), over the tensors of `model.`; other tensors are left out."""
    keys = [k for k in base if k.startswith("model.")]
    return {k: base[k] + sum(c * (s[k] - base[k]) for c, s in terms) for k in keys}


def random_like(base: State, state: State, scale: float, seed: int = 0) -> State:
    """base + a Gaussian vector with, tensor by tensor, `scale` times the length of (state - base)."""
    g = torch.Generator().manual_seed(seed)
    out = {}
    for k in (k for k in base if k.startswith("model.")):
        noise = torch.randn(base[k].shape, generator=g)
        out[k] = base[k] + scale * (state[k] - base[k]).norm() / noise.norm() * noise
    return out


def load_into(llama: Llama, state: State) -> Llama:
    """Loads `model.*` and, where present, `score.weight`."""
    wanted = {k: v for k, v in state.items() if k.startswith("model.") or k == "score.weight"}
    missing, unexpected = llama.load_state_dict(wanted, strict=False)
    assert not unexpected and set(missing) <= {"score.weight"}, (missing, unexpected)
    return llama


# ---------- folders


def llama_config(c: text_model.Config, architecture: str, **more) -> dict:
    return {
        "architectures": [architecture], "model_type": "llama", "vocab_size": c.vocab, "hidden_size": c.width,
        "intermediate_size": c.ffn, "num_hidden_layers": c.layers, "num_attention_heads": c.heads,
        "num_key_value_heads": c.heads, "head_dim": c.width // c.heads, "hidden_act": "silu",
        "max_position_embeddings": c.positions, "rms_norm_eps": 1e-5, "rope_theta": c.theta, "tie_word_embeddings": True,
        "attention_bias": False, "mlp_bias": False, "bos_token_id": BOS, "eos_token_id": EOS, "pad_token_id": PAD,
        "torch_dtype": "float16", "use_cache": True, **more,
    }  # fmt: skip


def reward_config(c: text_model.Config) -> dict:
    more = {"num_labels": 1, "id2label": {"0": "reward"}, "label2id": {"reward": 0}, "problem_type": "regression"}
    return llama_config(c, "LlamaForSequenceClassification", **more)


def write_folder(folder: Path, state: State, config: dict, words: Words, more: dict[str, dict] | None = None) -> None:
    """model.safetensors (float16), config.json, tokenizer.json, tokenizer_config.json and the JSON files of `more`."""
    folder.mkdir(parents=True, exist_ok=True)
    half = {k: v.detach().to(torch.float16).contiguous() for k, v in state.items()}
    save_file(half, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    tokenizer = Tokenizer(models.WordLevel(words.id, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>",
        "unk_token": "<pad>", "clean_up_tokenization_spaces": False, "model_max_length": 128,
    }  # fmt: skip
    for name, value in {"config": config, "tokenizer_config": settings, **(more or {})}.items():
        (folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read_state(folder: Path) -> State:
    """The stored float16 weights as float32: what every figure is measured on."""
    return {k: v.float() for k, v in load_file(folder / "model.safetensors").items()}
