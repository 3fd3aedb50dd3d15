"""How A, B, C, the oracle and the rival are tuned; the designs that were compared; where states lie."""

from dataclasses import dataclass, replace

import domains
import train
from base import BUILD, base, kept
from model import State
from pools import EVEN_SPEED
from words import Fold

ENCODER = ("model.encoder.",)
LOWER = ("model.encoder.conv", "model.encoder.layers.0", "model.encoder.layers.1")


@dataclass(frozen=True)
class Recipe:
    """Of A and B. `replay`: share of batches that repeat the base's data; `only`: prefixes of the parameters that learn."""

    steps: int = 120
    rate: float = 4e-4
    replay: float = 0.4
    speed: tuple[float, float] = EVEN_SPEED
    only: tuple[str, ...] = ENCODER
    telephone: float = 0.0  # share of the replayed batches that are low-passed, with echo and noise


PILOT = Recipe()
DESIGNS = {
    "40 % replay": PILOT,
    "60 % replay, half of it low-passed": replace(PILOT, replay=0.6, telephone=0.5),
    "40 % replay, two lower layers": replace(PILOT, only=LOWER),
    "40 % replay, small steps": replace(PILOT, rate=2e-4),
    "60 % replay, wide speed": replace(PILOT, replay=0.6, speed=(0.78, 1.28)),
}
CHOSEN = DESIGNS["40 % replay"]
TARGET_STEPS, TARGET_RATE = 120, 4e-4  # C and oracle


def general(size: str, name: str, source: str, seed: int, recipe: Recipe, words: Fold | None = None) -> State:
    """A (`source` a synthesiser) or B ("real")."""
    pools = [(recipe.replay * (1 - recipe.telephone), domains.replay()), (recipe.replay * recipe.telephone, domains.telephone())]
    pools.append((1 - recipe.replay, domains.read_by(name, "general", source, words, recipe.speed)))
    return train.tune(base(size), size, pools, count=recipe.steps, rate=recipe.rate, seed=seed, only=recipe.only)


def target(size: str, name: str, source: str, seed: int, words: Fold | None = None) -> State:
    """C (`source` a synthesiser) or the oracle ("real"): all parameters."""
    pools = [(1.0, domains.read_by(name, "target", source, words))]
    return train.tune(base(size), size, pools, count=TARGET_STEPS, rate=TARGET_RATE, seed=seed)


def joint(start: State, size: str, name: str, source: str, seed: int, only: tuple[str, ...], steps: int) -> State:
    """The rival: synthetic target strings and real general ones, half of the batches each."""
    pools = [(0.5, domains.read_by(name, "target", source)), (0.5, domains.read_by(name, "general", "real"))]
    return train.tune(start, size, pools, count=steps, rate=TARGET_RATE, seed=seed, only=only)


def state(label: str, make) -> State:
    (BUILD / "states").mkdir(parents=True, exist_ok=True)
    return kept(BUILD / "states" / f"{label}.pt", make)
