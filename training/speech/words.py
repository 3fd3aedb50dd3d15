"""The words that the speech models know, and the four ways in which the digits are split into target and general words."""

from dataclasses import dataclass

DIGITS = tuple("zero one two three four five six seven eight nine".split())
# The words of Speech Commands that are no digits: the base hears them, synthesised, and no figure is counted over them.
COMMANDS = tuple(
    "bed bird cat dog down go happy house left marvin no off on right sheila stop tree up wow yes".split()
)
# Words that only the tokenizer knows, so that other tiny recognisers can share it.
SPARE = tuple(
    """monday tuesday wednesday thursday friday saturday sunday red green blue yellow black white open close play
    pause start next back call home light door music water please thanks hello name minute hour today table window letter
    number money paper river""".split()
)
HEARD = DIGITS + COMMANDS


@dataclass(frozen=True)
class Fold:
    """`target`: the words that no model but the oracle hears from a human; `unknown`: FSDD speakers that none hears.

    `pseudo`: the general word that is held out in its turn where lambda is chosen without target speech;
    `words`: all that are spoken.
    """

    target: tuple[str, ...]
    unknown: tuple[str, ...]
    pseudo: str
    words: tuple[str, ...] = DIGITS

    @property
    def general(self) -> tuple[str, ...]:
        return tuple(w for w in self.words if w not in self.target)


# Every digit but four is a target once. Each pair of speakers is unknown in at least one fold.
FOLDS = {
    "t789": Fold(("seven", "eight", "nine"), ("theo", "yweweler"), "three"),
    "t136": Fold(("one", "three", "six"), ("george", "lucas"), "nine"),
    "t025": Fold(("zero", "two", "five"), ("jackson", "nicolas"), "eight"),
    "t348": Fold(("three", "four", "eight"), ("lucas", "yweweler"), "five"),
}
