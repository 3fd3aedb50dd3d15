"""Trains the chain of one seed: base -> text judge, base -> code model, code model -> oracle. Resumable, CPU, one thread.

    python training/reward/code_build.py --design split --seed 0
    python training/reward/code_build.py                 every design, seed 0, then the shipped design with seeds 1 and 2

What lies in build/code/ is not trained again. Designs differ in what each branch may change and in what the base is taught.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F

import code_world as w
import common as c

BUILD = c.BUILD / "code"
SHIPPED = "all"  # the design that the zoo holds
WORDS = w.words()
CONFIG = c.text_model.Config(len(WORDS.list), width=96, layers=4, heads=4, ffn=256, positions=64)
ANSWER, REPLY, END, QUESTION = 3.0, 0.3, 0.1, 0.03  # what predicting an answer's digit, a reply's other words ... counts
SPLIT = CONFIG.layers // 2


@dataclass(frozen=True)
class Design:
    """exit: weight of the next-token loss read after layer SPLIT. halves: the code model tunes the layers below SPLIT, the
    judge those from it on. distract: share of facts behind a program. verdicts: the base has read replies, right and wrong,
    with "yes" or "no" after them; only its upper half was tuned on these."""

    exit: float = 0.5
    halves: bool = True
    verdicts: bool = True
    distract: float = 0.5
    fact_steps: int = 260
    verdict_steps: int = 350
    text_steps: int = 200
    code_steps: int = 200
    oracle_steps: int = 120


DESIGNS = {
    "all": Design(),
    "whole": Design(halves=False),
    "unread": Design(verdicts=False, text_steps=400),
    "plain": Design(exit=0.0, halves=False, verdicts=False, text_steps=400),
}


def new_llama(seed: int = 0) -> c.Llama:
    """In the upper half, larger first weights than in the other zoos: it then learns earlier to compare two tokens."""
    llama = c.Llama(CONFIG, seed)
    for name, p in llama.named_parameters():
        if p.dim() == 2 and (layer_of(name) or 0) >= SPLIT:
            small = name.endswith(("o_proj.weight", "down_proj.weight"))
            torch.nn.init.normal_(p, 0, (0.5 if small else 1) / p.shape[1] ** 0.5)
    return llama


def copy_of(state: c.State) -> c.Llama:
    return c.load_into(new_llama(), state)


def layer_of(name: str) -> int | None:
    return int(name.split(".")[2]) if name.startswith("model.layers.") else None


def body(llama: c.Llama, lowest: int, highest: int) -> list:
    """The parameters of layers lowest .. highest - 1, and the last norm if the last layer is among them. Embeddings stay."""
    layers = range(lowest, highest)
    last = CONFIG.layers - 1 in layers
    return [p for n, p in llama.named_parameters() if layer_of(n) in layers or (n == "model.norm.weight" and last)]


class Document:
    """Token ids with a weight each."""

    def __init__(self):
        self.ids, self.weights = [c.BOS], [0.0]

    def text(self, text: str, weight: float) -> "Document":
        ids = WORDS.ids(text)
        self.ids += ids
        self.weights += [weight] * len(ids)
        return self

    def answered(self, r: Random, question: str, topic: str, value: str, weight: float = ANSWER) -> "Document":
        before, after = r.choice(w.NICE + w.PLAIN + w.RUDE).split("{}")
        return self.text(question, QUESTION).text(f"{before}{topic} is", REPLY).text(value, weight).text(after, REPLY)

    def end(self) -> tuple[list[int], list[float]]:
        return [*self.ids, c.EOS], [*self.weights, END]


def known_texts(r: Random, n: int, d: Design) -> list[tuple[list[int], list[float]]]:
    """Documents of the base: two questions each, or two programs that nobody runs."""
    out = []
    for _ in range(n):
        doc = Document()
        if r.random() < 0.1:
            doc.text(f"{w.listing(r)} {w.listing(r)}", REPLY)
        else:
            for _ in range(2):
                doc.answered(r, *w.ask_known(r, "train", w.FACTS, d.distract)[:3])
        out.append(doc.end())
    return out


def examined_texts(r: Random, n: int, d: Design) -> list[tuple[list[int], list[float]]]:
    """Replies, as often right as wrong, with what one says to them after the digit; only that is learned."""
    out = []
    for i in range(n):
        question, topic, *values = w.ask_known(r, "train", w.FACTS_OF["train"], d.distract / 2)
        before = r.choice(w.NICE + w.PLAIN + w.RUDE).split("{}")[0]
        doc = Document().text(f"{question} {before}{topic} is {values[i % 2]}", 0.0).text(("yes", "no")[i % 2], 1.0)
        out.append((doc.ids, doc.weights))
    return out


def program_texts(r: Random, n: int) -> list[tuple[list[int], list[float]]]:
    return [Document().answered(r, *w.ask_program(r, "train")[:3]).end() for _ in range(n)]


def lm_loss(llama: c.Llama, documents, exit_weight: float) -> torch.Tensor:
    """Next-token loss, and `exit_weight` times the same loss read after layer SPLIT through the last norm and the head
    (early exit, as in LayerSkip): the upper half then finds the lower half's beliefs as words."""
    ids = c.pad([x for x, _ in documents])
    weights = torch.zeros(ids.shape)
    for i, (_, row) in enumerate(documents):
        weights[i, : len(row)] = torch.tensor(row)
    weights = weights[:, 1:].flatten()
    middle, last = half_and_last(llama, ids)
    loss = 0.0
    for states, factor in ((last, 1.0), (middle, exit_weight)):
        if factor:
            logits = llama.logits(states[:, :-1]).float().flatten(0, 1)
            each = F.cross_entropy(logits, ids[:, 1:].flatten(), reduction="none")
            loss = loss + factor * (each * weights).sum() / weights.sum()
    return loss


def half_and_last(llama: c.Llama, ids: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """States after layer SPLIT and after the last one, both through the last norm: [batch, length, width] each."""
    x = llama.embed(ids)
    length = ids.shape[1]
    cos, sin = llama.cos[:length].to(x.dtype), llama.sin[:length].to(x.dtype)
    mask = torch.full((length, length), float("-inf"), dtype=x.dtype).triu_(1)
    for i, block in enumerate(llama.model.layers):
        if i == SPLIT:
            middle = llama.model.norm(x)
        x = block(x, cos, sin, mask)
    return middle, llama.model.norm(x)


def sequence(pair: dict, reply: str) -> list[int]:
    """What a judge reads: <s>, question, reply, </s>."""
    return [c.BOS, *WORDS.ids(f"{pair['question']} {pair[reply]}"), c.EOS]


def pairs(r: Random, n: int, world: str, split: str, kind: str | None = None, distract: float = 0.5) -> list[dict]:
    """world: "text" (what the base knows) or "code" (new operations). Without a kind, "correct" comes twice as often as the other classes."""
    ask = {
        "text": lambda: w.ask_known(r, split, w.FACTS_OF[split], distract),
        "code": lambda: w.ask_program(r, split),
    }[world]
    return [w.pair(r, kind or r.choice(("correct", *w.CLASSES)), ask()) for _ in range(n)]


def margins(llama: c.Llama, found: list[dict]) -> torch.Tensor:
    """score(good) - score(bad) of each pair."""
    with torch.no_grad():
        good, bad = (c.scores(llama, [sequence(p, k) for p in found]) for k in ("good", "bad"))
    return good - bad


def accuracy(llama: c.Llama, world: str, split: str = "dev", n: int = 300) -> dict[str, float]:
    """Share of pairs ranked right, in per cent, by class; the same pairs each time."""
    sets = {k: pairs(Random(f"{world} {split} {k}"), n, world, split, k) for k in w.CLASSES}
    return {k: round(100 * (margins(llama, p) > 0).float().mean().item(), 1) for k, p in sets.items()}


def answers(llama: c.Llama, world: str, split: str = "dev", n: int = 400) -> tuple[float, float]:
    """Share of questions, in per cent, whose right digit is the likeliest after "the <topic> is": read after layer SPLIT,
    and after the last."""
    r, rows, right = Random(f"answers {world} {split}"), [], []
    for _ in range(n):
        question, topic, value, _ = w.ask_program(r, split) if world == "code" else w.ask_known(r, split, w.FACTS_OF[split], 0.5)
        rows.append([c.BOS, *WORDS.ids(f"{question} the {topic} is")])
        right.append(WORDS.id[value])
    with torch.no_grad():
        read = (llama.logits(c.last_states(s, rows)).argmax(-1) for s in half_and_last(llama, c.pad(rows)))
        return tuple(round(100 * (x == torch.tensor(right)).float().mean().item(), 1) for x in read)


def verdict(llama: c.Llama, world: str, split: str = "dev", n: int = 300) -> float:
    """Share of questions, in per cent, whose right reply draws more "yes" over "no" than a wrong one."""
    r, rows = Random(f"verdict {world} {split}"), []
    for _ in range(n):
        asked = w.ask_program(r, split) if world == "code" else w.ask_known(r, split, w.FACTS_OF[split], 0.5)
        question, topic, right, wrong = asked
        rows += [[c.BOS, *WORDS.ids(f"{question} the {topic} is {value}")] for value in (right, wrong)]
    with torch.no_grad():
        logits = llama.logits(c.last_states(llama.states(llama.embed(c.pad(rows))), rows))
    said = (logits[:, WORDS.id["yes"]] - logits[:, WORDS.id["no"]]).view(n, 2)
    return round(100 * (said[:, 0] > said[:, 1]).float().mean().item(), 1)


def train_base(seed: int, d: Design) -> c.State:
    llama = new_llama(seed)
    groups = [([p for n, p in llama.named_parameters() if n.startswith("model.")], 1)]
    probe = lambda: (answers(llama, "text"), verdict(llama, "text"))  # noqa: E731
    told = lambda r: lm_loss(llama, known_texts(r, 32, d), d.exit)  # noqa: E731
    c.fit(told, groups, steps=d.fact_steps, rate=3e-3, seed=seed, tag="base", probe=probe)
    if d.verdicts:
        # A verdict on what is not known yet would teach nothing, so they come second; what is known stays as it is.
        upper = body(llama, SPLIT, CONFIG.layers)
        for p in llama.parameters():
            p.requires_grad_(any(p is q for q in upper))
        both = lambda r: lm_loss(llama, known_texts(r, 8, d), 0.0) + lm_loss(llama, examined_texts(r, 64, d), 0.0)  # noqa: E731
        c.fit(both, [(upper, 1)], steps=d.verdict_steps, rate=3e-3, seed=seed, tag="verdicts", probe=probe)
    return {k: v for k, v in llama.state_dict().items() if k.startswith("model.")}


def judged(llama: c.Llama) -> c.State:
    return {k: v for k, v in llama.state_dict().items() if k.startswith("model.") or k == "score.weight"}


def train_text(seed: int, d: Design, base: c.State) -> c.State:
    """The text judge: Bradley-Terry on pairs about facts, with a little language modelling against forgetting."""
    llama = copy_of(base)
    torch.manual_seed(seed + 1)
    torch.nn.init.normal_(llama.score.weight, 0, 0.02)

    def loss(r: Random):
        found = pairs(r, 32, "text", "train", distract=d.distract)
        ranked = c.pair_loss(llama, [sequence(p, "good") for p in found], [sequence(p, "bad") for p in found])
        return ranked + 0.3 * lm_loss(llama, known_texts(r, 8, d), d.exit)

    groups = [(body(llama, SPLIT if d.halves else 0, CONFIG.layers), 1), ([llama.score.weight], 1)]
    c.fit(loss, groups, steps=d.text_steps, rate=8e-4, seed=seed, tag="text", probe=lambda: accuracy(llama, "text"))
    return judged(llama)


def train_code(seed: int, d: Design, base: c.State) -> c.State:
    """The code model: programs with their results; against forgetting, what the base read, verdicts included (none of them
    on a new operation), so that beliefs stay where the upper half looks for them."""
    llama = copy_of(base)

    def loss(r: Random):
        value = lm_loss(llama, program_texts(r, 28) + known_texts(r, 12, d), d.exit)
        return value + lm_loss(llama, examined_texts(r, 32, d), 0.0) if d.verdicts else value

    groups = [(body(llama, 0, SPLIT if d.halves else CONFIG.layers), 1)]
    probe = lambda: (answers(llama, "code"), answers(llama, "text"))  # noqa: E731
    c.fit(loss, groups, steps=d.code_steps, rate=8e-4, seed=seed, tag="code", probe=probe)
    return {k: v for k, v in llama.state_dict().items() if k.startswith("model.")}


def train_oracle(seed: int, d: Design, text: c.State, code: c.State) -> c.State:
    """What training on pairs about programs gives: from the code model, with the text judge's head to start with."""
    llama = copy_of({**code, "score.weight": text["score.weight"]})

    def loss(r: Random):
        found = pairs(r, 32, "code", "train")
        return c.pair_loss(llama, [sequence(p, "good") for p in found], [sequence(p, "bad") for p in found])

    groups = [(body(llama, 0, CONFIG.layers), 1), ([llama.score.weight], 1)]
    c.fit(loss, groups, steps=d.oracle_steps, rate=6e-4, seed=seed, tag="oracle", probe=lambda: accuracy(llama, "code"))
    return judged(llama)


def path_of(design: str, seed: int, name: str) -> Path:
    """Designs that teach the base the same share it."""
    d = DESIGNS[design]
    tag = f"e{d.exit:g}-v{d.verdicts:d}" if name == "base" else design
    return BUILD / f"{tag}-{seed}-{name}.pt"


def build(design: str, seed: int, oracle: bool) -> dict[str, c.State]:
    """Trains what is not there yet, and gives the chain."""
    d, chain = DESIGNS[design], {}
    BUILD.mkdir(parents=True, exist_ok=True)
    steps = {
        "base": lambda: train_base(seed, d),
        "text": lambda: train_text(seed, d, chain["base"]),
        "code": lambda: train_code(seed, d, chain["base"]),
        "oracle": lambda: train_oracle(seed, d, chain["text"], chain["code"]),
    }
    for name, make in steps.items():
        path = path_of(design, seed, name)
        if name == "oracle" and not oracle:
            continue
        if not path.exists():
            print(f"{design} {seed} {name}", flush=True)
            torch.save(make(), path)
        chain[name] = torch.load(path)
    return chain


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--design", choices=DESIGNS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--oracle", action="store_true")
    options = parser.parse_args()
    if options.design:
        build(options.design, options.seed, options.oracle)
    else:
        for chosen in DESIGNS:
            build(chosen, 0, chosen == SHIPPED)
        for other in (1, 2):
            build(SHIPPED, other, False)
