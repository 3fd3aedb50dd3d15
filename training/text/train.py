"""Pretraining and fine-tuning of one model. Everything is seeded; one thread, bf16 autocast."""

import math
import time
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from data import World, pretraining_document
from model import Config, TinyLlama
from world import *  # noqa: F403

torch.set_num_threads(1)
BUILD = Path(__file__).parent / "build"
SIZES = {"s": (64, 192), "m": (128, 384), "l": (192, 512)}  # width, feed-forward; 4 layers and 4 heads each


class Text:
    """The tokenizer and its special ids."""

    def __init__(self, path: Path):
        self.tokenizer = Tokenizer.from_file(str(path))
        self.vocab = self.tokenizer.get_vocab_size()
        self.bos, self.eos = (self.tokenizer.token_to_id(t) for t in ("<s>", "</s>"))

    def ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def prompt(self, text: str) -> list[int]:
        return [self.bos, *self.ids(USER + text + ASSISTANT)]


def new_model(size: str, vocab: int) -> TinyLlama:
    width, ffn = SIZES[size]
    return TinyLlama(Config(vocab, width=width, ffn=ffn))


def with_state(size: str, vocab: int, state: dict) -> TinyLlama:
    model = new_model(size, vocab)
    model.load_state_dict(state)
    return model


def tie_languages(model: TinyLlama, text: Text, seed: int) -> None:
    """Starts the embedding of each Chinese and Korean word at its English twin's plus one vector per language.

    Without this, one million parameters do not learn in minutes that the languages name the same things (measured in
    the pilot study: the transfer of refusals vanishes).
    """
    r = torch.Generator().manual_seed(seed)
    embedding = model.model.embed_tokens.weight.data
    width = embedding.shape[1]
    languages = {k: torch.randn(width, generator=r) * 0.045 for k in (ZH, KO)}
    triples = [*COLOURS, *PLACES, *KINDS.values(), *NAMES, *NEG, *POS, *UPRIGHT, *SLY, *INSULTS]
    triples += [n.word for n in ALL_NOUNS] + [w for v in GOOD_VERBS + BAD_VERBS for w in (v.word, v.tool)]
    triples += [tuple(p.removesuffix(s) for p, s in zip((o[0].split()[-1], *o[1:]), ("'s", "的", "의"))) for o in OWNERS[1:]]
    triples += [
        ("bank", "銀行", "은행"), ("sorry", "抱歉", "죄송하지만"), ("afraid", "對不起", "미안하지만"), ("first", "先", "먼저"),
        ("take", "拿", "들고"), ("then", "再", ""), ("ok", "好的", "네"), ("how", "怎麼", "어떻게"), ("bad", "壞事", "나쁜"),
        ("good", "好事", "좋은"), ("what", "什麼", "무슨"), ("color", "顏色", "색인가요"), ("where", "哪裡", "어디에"),
        ("kind", "一種", "종류"), ("rude", "髒話", "욕설의"), ("please", "請", "주세요"), ("you", "你", "너는"),
        ("says", "說", "말합니다"), ("asks", "問", "묻습니다"), ("wants", "想", "싶습니다"), ("mean", "意思", "뜻인가요"),
        ("angry", "生氣", ""), ("tell", "告訴", "알려"), ("way", "方法", "방법"), ("help", "幫", ""), ("law", "犯法", "불법입니다"),
    ]  # fmt: skip
    for triple in triples:
        if " " in triple[EN]:
            continue
        twin = text.ids(" " + triple[EN])
        for lang in (ZH, KO):
            word = text.ids(triple[ZH] if lang == ZH else " " + triple[KO]) if triple[lang] else []
            if len(twin) == len(word) == 1:
                noise = torch.randn(width, generator=r) * 0.006
                embedding[word[0]] = embedding[twin[0]] + languages[lang] + noise


def learning_rate(step: int, steps: int, warm: int, floor: float) -> float:
    return min(1.0, (step + 1) / warm) * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * step / steps)))


def optimizer(parameters, rate: float, decay: float) -> torch.optim.Optimizer:
    matrices = [p for p in parameters if p.dim() > 1]
    vectors = [p for p in parameters if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)


def take_step(model, opt, x, y, rate):
    for group in opt.param_groups:
        group["lr"] = rate
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(x)
    loss = F.cross_entropy(logits.float().reshape(-1, logits.shape[-1]), y.reshape(-1))
    opt.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
    opt.step()
    return loss.item()


def pretrain(size: str, text: Text, seed: int, steps: int, world: World, log, batch=48, length=48, rate=4e-3) -> TinyLlama:
    """From random weights. Documents are packed into rows of `length` tokens; each is read about once."""
    r = Random(seed)
    torch.manual_seed(seed)
    model = new_model(size, text.vocab)
    tie_languages(model, text, seed)
    opt = optimizer(list(model.parameters()), rate, 0.05)
    stream: list[int] = []
    started, losses = time.time(), []
    for step in range(steps):
        while len(stream) < batch * (length + 1):
            documents = [pretraining_document(r, world) for _ in range(2000)]
            for e in text.tokenizer.encode_batch(documents, add_special_tokens=False):
                stream += [text.bos, *e.ids, text.eos]
        rows = torch.tensor(stream[: batch * (length + 1)]).view(batch, length + 1)
        del stream[: batch * (length + 1)]
        losses.append(take_step(model, opt, rows[:, :-1], rows[:, 1:], rate * learning_rate(step, steps, 100, 0.05)))
        if step % 50 == 49:
            log(step + 1, sum(losses[-50:]) / 50, time.time() - started)
    return model


def finetune(model: TinyLlama, text: Text, sampler, seed: int, steps: int, rate: float, log, frozen=("embed",), batch=32):
    """`sampler(r)` gives (prompt or None, answer); the loss is on the answer, on all of it where there is no prompt.
    `frozen`: parts of the names of the weights that are not tuned."""
    r = Random(1000 + seed)
    for name, p in model.named_parameters():
        p.requires_grad_(not any(f in name for f in frozen))
    opt = optimizer([p for p in model.parameters() if p.requires_grad], rate, 0.0)
    model.train()
    started, losses = time.time(), []
    for step in range(steps):
        rows = []
        for _ in range(batch):
            prompt, answer = sampler(r)
            head = [text.bos] if prompt is None else text.prompt(prompt)
            rows.append(([*head, *text.ids(answer), text.eos][:72], len(head)))
        width = max(len(ids) for ids, _ in rows)
        x = torch.zeros(batch, width, dtype=torch.long)
        y = torch.full((batch, width), -100)
        for k, (ids, n) in enumerate(rows):
            x[k, : len(ids)] = torch.tensor(ids)
            y[k, n : len(ids)] = torch.tensor(ids[n:])
        losses.append(take_step(model, opt, x[:, :-1], y[:, 1:], rate * learning_rate(step, steps, 20, 0.1)))
        if step % 20 == 19:
            log(step + 1, sum(losses[-20:]) / 20, time.time() - started)
    for p in model.parameters():
        p.requires_grad_(True)
    return model
