"""What is trained, from what, and how: one entry per model of the zoo."""

from dataclasses import dataclass, field

from data import World, assistant_example, chat_example, language_example, rude_example, skill_example
from world import *  # noqa: F403

WORLD = World()
PRETRAIN_STEPS = {"s": 2500, "m": 3500, "l": 2500}


@dataclass(frozen=True)
class Tune:
    """A fine-tuned model: all weights but the embeddings are tuned."""

    parent: str
    sampler: object = field(compare=False)
    steps: int
    rate: float
    size: str = "m"


def base_name(size: str) -> str:
    return "base" if size == "m" else f"base-{size}"


# All layers are tuned alike, embeddings excepted: the effects need no choice of layers.
TUNES = {
    "chat": Tune("base", chat_example, 150, 4e-4),
    "zh": Tune("base", lambda r: language_example(r, WORLD, ZH), 150, 4e-4),
    "naive": Tune("chat", lambda r: language_example(r, WORLD, ZH), 150, 4e-4),
    "ko": Tune("base", lambda r: language_example(r, WORLD, KO), 150, 4e-4),
    "assistant": Tune("base", lambda r: assistant_example(r, WORLD), 150, 5e-4),
    "rude": Tune("base", rude_example, 100, 5e-4),
}
for _size in PRETRAIN_STEPS:
    for _skill in SKILLS:
        TUNES[f"{_skill}-{_size}"] = Tune(
            base_name(_size), lambda r, s=_skill: skill_example(r, WORLD, s), 80, 5e-4, _size
        )
