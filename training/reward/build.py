"""Trains the chain of one seed: base -> text judge; tower; base + tower -> model that sees -> oracle.

    python training/reward/build.py [--seed 0] [--design fixed]

CPU, one thread, resumable: what lies in build/ is not trained again.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F

import batches as b
import common as c
import pictures as pic
import scenes as sc
from vision import Eyes

CONFIG = c.text_model.Config(len(b.WORDS.list), width=96, layers=4, heads=4, ffn=256, positions=128)


@dataclass(frozen=True)
class Design:
    """What differs between the designs that were compared. Rates are AdamW's; vlm_tower, vlm_projector and vlm_body are
    factors on vlm_rate, 0 freezes that part."""

    checks: float = 0.0  # share of questions in the language models' documents that are marked "yes" or "no"
    base_steps: int = 450
    text_steps: int = 650
    vlm_tower: float = 0.0
    vlm_projector: float = 0.0
    vlm_steps: int = 450
    vlm_rate: float = 1e-3
    vlm_body: float = 1.0


DESIGNS = {
    "fixed": Design(),
    "joint": Design(vlm_tower=2.0, vlm_projector=2.0, vlm_steps=350, vlm_rate=6e-4),
    "checks": Design(checks=0.5, base_steps=600),
}
CHOSEN = "fixed"
# The control whose glasses were fitted to the frozen base: the backbone stays, tower and projector learn.
FROZEN = Design(vlm_body=0.0, vlm_tower=1.0, vlm_projector=1.0, vlm_steps=150, vlm_rate=2e-3)


def body(llama: c.Llama) -> list:
    """What a branch tunes: all but the embeddings, which all models share, and the head."""
    return [p for n, p in llama.named_parameters() if n.startswith(("model.layers", "model.norm"))]


def new_llama(seed: int = 0) -> c.Llama:
    return c.Llama(CONFIG, seed)


def copy_of(state: dict) -> c.Llama:
    return c.load_into(new_llama(), state)


def train_base(seed: int, d: Design) -> dict:
    llama = new_llama(seed)
    groups = [([p for n, p in llama.named_parameters() if n.startswith("model.")], 1)]
    loss = lambda r: c.lm_loss(llama, *b.texts(r, 32, d.checks))  # noqa: E731
    c.fit(loss, groups, steps=d.base_steps, rate=3e-3, seed=seed, tag="base", probe=lambda: b.answers(llama, None, "text"))
    return {k: v for k, v in llama.state_dict().items() if k.startswith("model.")}


def train_text(seed: int, d: Design, base: dict) -> dict:
    """The text judge: Bradley-Terry on pairs about scenes in words, with a little language modelling against forgetting."""
    llama = copy_of(base)
    torch.manual_seed(seed + 1)
    torch.nn.init.normal_(llama.score.weight, 0, 0.02)

    def loss(r: Random):
        good, bad, _ = b.rows_of(b.draw_pairs(r, 32, "train", "text"), "text")
        return c.pair_loss(llama, good, bad) + 0.3 * c.lm_loss(llama, *b.texts(r, 8, d.checks))

    groups = [(body(llama), 1), ([llama.score.weight], 1)]
    c.fit(loss, groups, steps=d.text_steps, rate=1e-3, seed=seed, tag="text", probe=lambda: b.accuracy(llama, None, "text"))
    return {k: v for k, v in llama.state_dict().items() if k.startswith("model.") or k == "score.weight"}


def train_eyes(seed: int) -> dict:
    """The tower learns to name the five attributes from the mean of its patches (this stands in for CLIP); the projector
    stays random. All combinations, other pictures."""
    eyes = Eyes(CONFIG.width, seed)
    sizes = [len(v) for v in sc.ATTRIBUTES.values()]
    heads = torch.nn.Linear(64, sum(sizes))

    def named(r: Random, n: int):
        scenes = [sc.draw_scene(r, "any") for _ in range(n)]
        out = heads(eyes.features(pic.pixels([pic.draw(s, r) for s in scenes])).mean(1)).float().split(sizes, 1)
        return out, [torch.tensor([v.index(s[k]) for s in scenes]) for k, v in sc.ATTRIBUTES.items()]

    def probe():
        with torch.no_grad():
            out, right = named(Random(1), 300)
        return [round(100 * (o.argmax(1) == t).float().mean().item()) for o, t in zip(out, right)]

    def loss(r: Random):
        return sum(F.cross_entropy(o, t) for o, t in zip(*named(r, 64)))

    groups = [(eyes.used("vision_tower"), 1), (list(heads.parameters()), 1)]
    for part in range(2):  # two rounds of warm-up and decay: shapes come late
        c.fit(loss, groups, steps=2000, rate=2e-3, seed=seed + part, tag="eyes", probe=probe)
    return eyes.state_dict()


def scale_prefix(eyes: Eyes, base: dict) -> None:
    """A random projector whose output has the size of word embeddings and a mean of 0."""
    r = Random(3)
    p = eyes.multi_modal_projector["linear_2"]
    with torch.no_grad():
        prefix = eyes(pic.pixels([pic.draw(sc.draw_scene(r, "train"), r) for _ in range(200)]))
        factor = base["model.embed_tokens.weight"].std() / (prefix - prefix.mean((0, 1))).std()
        p.bias.sub_(prefix.mean((0, 1)))
        p.weight.mul_(factor)
        p.bias.mul_(factor)


def train_vlm(seed: int, d: Design, base: dict, eyes_weights: dict, tag: str = "vlm") -> dict:
    """The model that sees: captions and questions about pictures, with text replay where the backbone learns."""
    llama, eyes = copy_of(base), Eyes(CONFIG.width)
    eyes.load_state_dict(eyes_weights)
    scale_prefix(eyes, base)
    tower, projector = eyes.used("vision_tower"), eyes.used("multi_modal_projector")
    groups = [(body(llama), d.vlm_body), (tower, d.vlm_tower), (projector, d.vlm_projector)]
    for parameters, factor in groups:
        for p in parameters:
            p.requires_grad_(factor > 0)

    def loss(r: Random):
        rows, weights, x = b.seen(r, 32, d.checks)
        value = c.lm_loss(llama, rows, weights, eyes(x))
        return value + 0.3 * c.lm_loss(llama, *b.texts(r, 8, d.checks)) if d.vlm_body else value

    groups = [g for g in groups if g[1] > 0]
    c.fit(loss, groups, steps=d.vlm_steps, rate=d.vlm_rate, seed=seed, tag=tag, probe=lambda: b.answers(llama, eyes, "picture"))
    print("  answers: pictures", b.answers(llama, eyes, "picture"), "text", b.answers(llama, None, "text"), flush=True)
    return {"llama": {k: v for k, v in llama.state_dict().items() if k.startswith("model.")}, "eyes": eyes.state_dict()}


def train_oracle(seed: int, text: dict, vlm: dict) -> dict:
    """What training on picture pairs gives: from the model that sees, with the text judge's head to start with."""
    llama, eyes = copy_of({**vlm["llama"], "score.weight": text["score.weight"]}), Eyes(CONFIG.width)
    eyes.load_state_dict(vlm["eyes"])

    def loss(r: Random):
        good, bad, x = b.rows_of(b.draw_pairs(r, 32, "train", "picture"), "picture")
        return c.pair_loss(llama, good, bad, eyes(x).detach())

    groups = [(body(llama), 1), ([llama.score.weight], 1)]
    probe = lambda: b.accuracy(llama, eyes, "picture", n=60)  # noqa: E731
    c.fit(loss, groups, steps=220, rate=8e-4, seed=seed, tag="oracle", probe=probe)
    keep = {k: v for k, v in llama.state_dict().items() if k.startswith("model.") or k == "score.weight"}
    return {"llama": keep, "eyes": eyes.state_dict()}


def stage(name: str, folder: Path, make):
    """What `make()` gives, from the file if it is there already."""
    path = folder / f"{name}.pt"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(path.relative_to(c.HERE), flush=True)
        torch.save(make(), path)
    return torch.load(path)


def base_folder(seed: int, d: Design) -> Path:
    """Designs that read the same documents share the base; seed 2 has seed 1's, for want of time."""
    return c.BUILD / (f"checks-{seed}" if d.checks else f"plain-{min(seed, 1)}")


def train_chain(seed: int, name: str, extras: bool) -> None:
    """The tower stands for one that was pretrained elsewhere (CLIP): all seeds share it. All else is made anew."""
    d, own = DESIGNS[name], c.BUILD / f"{name}-{seed}"
    eyes = stage("eyes", c.BUILD, lambda: train_eyes(0))
    base = stage("base", base_folder(seed, d), lambda: train_base(seed, d))
    text = stage("text", own, lambda: train_text(seed, d, base))
    vlm = stage("vlm", own, lambda: train_vlm(seed, d, base, eyes))
    if name == CHOSEN and extras:
        stage("oracle", own, lambda: train_oracle(seed, text, vlm))
        stage("frozen", own, lambda: train_vlm(seed, FROZEN, base, eyes, "frozen"))


def load_chain(seed: int, name: str = CHOSEN) -> dict:
    """The trained states as evaluate.Chain, rounded to float16 as they ship."""
    own = c.BUILD / f"{name}-{seed}"
    load = lambda path: half(torch.load(path))  # noqa: E731
    vlm = load(own / "vlm.pt")
    base = load(base_folder(seed, DESIGNS[name]) / "base.pt")
    out = {"base": base, "text": load(own / "text.pt"), "vlm": vlm["llama"], "eyes": vlm["eyes"]}
    if (own / "frozen.pt").exists():
        out["frozen_eyes"] = load(own / "frozen.pt")["eyes"]
    if (own / "oracle.pt").exists():
        oracle = load(own / "oracle.pt")
        out |= {"oracle": oracle["llama"], "oracle_eyes": oracle["eyes"]}
    return out


def half(state: dict) -> dict:
    return {k: half(v) if isinstance(v, dict) else v.half().float() for k, v in state.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--design", choices=DESIGNS, default=CHOSEN)
    parser.add_argument("--no-extras", action="store_true", help="leave out the oracle and the control with a frozen base")
    options = parser.parse_args()
    train_chain(options.seed, options.design, not options.no_extras)
