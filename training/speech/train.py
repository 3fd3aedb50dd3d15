"""Training loops: the base with its curriculum and an auxiliary CTC head, and fine-tuning on a mixture of pools."""

import random
import time
from collections.abc import Iterable, Iterator

import torch
from torch import nn
from torch.nn import functional as F

import model as M
import tokenizer as tok
from pools import Pool
from words import HEARD

BATCH = 24
IGNORE = -100
CTC = {w: i + 1 for i, w in enumerate(HEARD)}


def targets(texts: list[list[str]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Decoder inputs [batch, longest + 2] (prompt, words) and labels of the same shape (words, end)."""
    longest = max(map(len, texts))
    ids = torch.full((len(texts), longest + 2), tok.END)
    labels = torch.full((len(texts), longest + 2), IGNORE)
    for i, text in enumerate(texts):
        words = [tok.WORD_ID[w] for w in text]
        ids[i, : len(words) + 2] = torch.tensor([*M.PROMPT, *words])
        labels[i, 1 : len(words) + 2] = torch.tensor([*words, tok.END])
    return ids, labels


def masked(mel: torch.Tensor, rng: random.Random) -> torch.Tensor:
    """SpecAugment: one band of up to 14 bins and one span of up to 19 frames per utterance are made silent."""
    mel = mel.clone()
    for row in mel:
        silence = row.min()
        width, length = rng.randrange(15), rng.randrange(20)
        low, start = rng.randrange(80 - width), rng.randrange(mel.shape[2] - length)
        row[low : low + width] = silence
        row[:, start : start + length] = silence
    return mel


class Draw:
    """Batches from pools, each batch from one, with the given chances. Every pool is walked through in a shuffled order."""

    def __init__(self, pools: list[tuple[float, Pool]], seed: int):
        self.rng, self.pools = random.Random(seed), pools
        self.orders: list[list[int]] = [[] for _ in pools]

    def batch(self) -> tuple[torch.Tensor, list[list[str]]]:
        k = self.rng.choices(range(len(self.pools)), [share for share, _ in self.pools])[0] if len(self.pools) > 1 else 0
        pool, order = self.pools[k][1], self.orders[k]
        if len(order) < BATCH:
            order[:] = self.rng.sample(range(len(pool.texts)), len(pool.texts))
        take = [order.pop() for _ in range(BATCH)]
        return pool.mel[take].float(), [pool.texts[i] for i in take]


def steps(parameters: list[nn.Parameter], count: int, rate: float, warm: int, decay: float) -> Iterator[tuple[int, torch.optim.Optimizer]]:
    """AdamW with linear warm-up and a linear fall to 2 %; the caller computes gradients between yields."""
    optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay, betas=(0.9, 0.98), fused=True)
    for step in range(count):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, (step + 1) / warm) * max(0.02, 1 - step / count)
        yield step, optimizer
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)


def attend(model: nn.Module, mel: torch.Tensor, texts: list[list[str]], smoothing: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of the next words, and the encoder's states."""
    ids, labels = targets(texts)
    heard = model.model.encoder(mel)[0]
    hidden = model.model.decoder(input_ids=ids, encoder_hidden_states=heard, use_cache=False)[0]
    logits = model.proj_out(hidden).float()
    return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORE, label_smoothing=smoothing), heard


def pretrain(size: str, stages: Iterable[tuple[float, Pool]], count: int, rate: float = 2e-3, seed: int = 1) -> M.State:
    """`stages`: (share of the steps until which it lasts, pool); the last one is masked."""
    model = M.new_model(size, seed)
    model.train()
    head = nn.Linear(model.config.d_model, len(HEARD) + 1)
    draws = [(until, Draw([(1.0, p)], seed)) for until, p in stages]
    rng, began, seen = random.Random(seed), time.time(), []
    for step, _ in steps([*model.parameters(), *head.parameters()], count, rate, 150, 0.01):
        until, draw = next(s for s in draws if step / count < s[0])
        mel, texts = draw.batch()
        if until == draws[-1][0]:
            mel = masked(mel, rng)
        with torch.autocast("cpu", torch.bfloat16):
            loss, heard = attend(model, mel, texts, 0.02)
            marks = head(heard)
        words = torch.tensor([CTC[w] for t in texts for w in t])
        lengths = torch.tensor([len(t) for t in texts])
        frames = torch.full((len(texts),), marks.shape[1])
        ctc = F.ctc_loss(marks.float().log_softmax(-1).transpose(0, 1), words, frames, lengths, zero_infinity=True)
        (loss + 0.5 * ctc).backward()
        seen.append((loss.item(), ctc.item()))
        if (step + 1) % 100 == 0:
            a, c = (sum(x) / 100 for x in zip(*seen[-100:], strict=True))
            print(f"base {size} step {step + 1} words {a:.3f} ctc {c:.3f} {time.time() - began:.0f}s cpu {time.process_time():.0f}s", flush=True)
    return M.state_of(model)


def tune(
    start: M.State, size: str, pools: list[tuple[float, Pool]], *, count: int, rate: float, seed: int, only: tuple[str, ...] = ("",)
) -> M.State:
    """Fine-tunes `start` on batches drawn from the pools; parameters whose names begin with none of `only` are frozen."""
    model = M.new_model(size)
    M.put(model, start)
    for name, p in model.named_parameters():
        p.requires_grad_(name.startswith(only))
    model.train()
    draw = Draw(pools, seed)
    trained = [p for p in model.parameters() if p.requires_grad]
    for _ in steps(trained, count, rate, 20, 0.0):
        mel, texts = draw.batch()
        with torch.autocast("cpu", torch.bfloat16):
            loss, _ = attend(model, mel, texts)
        loss.backward()
    return M.state_of(model)
