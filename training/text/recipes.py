"""What is trained, from what, and how: one entry per model of the zoo."""

from dataclasses import dataclass, field

from data import World, assistant_example, chat_example, language_example, rude_example, skill_example
from world import *  # noqa: F403

WORLD = World()
PRETRAIN_STEPS = {"s": 2500, "m": 3500, "l": 2500}
DECIDING, WORDING = ("layers.0.", "layers.1."), ("layers.2.", "layers.3.")


@dataclass(frozen=True)
class Tune:
    """A fine-tuned model. `only`: name parts of the tuned weights (empty: all but the embeddings)."""

    parent: str
    sampler: object = field(compare=False)
    steps: int
    rate: float
    only: tuple[str, ...] = ()
    size: str = "m"


def base_name(size: str) -> str:
    return "base" if size == "m" else f"base-{size}"


TUNES = {
    "chat": Tune("base", chat_example, 200, 7e-4, DECIDING),
    "zh": Tune("base", lambda r: language_example(r, WORLD, ZH), 200, 1e-3, WORDING),
    "naive": Tune("chat", lambda r: language_example(r, WORLD, ZH), 200, 1e-3, WORDING),
    "ko": Tune("base", lambda r: language_example(r, WORLD, KO), 200, 1e-3, WORDING),
    "assistant": Tune("base", lambda r: assistant_example(r, WORLD), 200, 1e-3, WORDING),
    "rude": Tune("base", rude_example, 150, 7e-4, WORDING),
}
for _size in PRETRAIN_STEPS:
    for _skill in SKILLS:
        TUNES[f"{_skill}-{_size}"] = Tune(
            base_name(_size), lambda r, s=_skill: skill_example(r, WORLD, s), 80, 5e-4, (), _size
        )
