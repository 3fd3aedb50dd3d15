"""Word errors: substitutions, insertions and deletions of a transcript, by the alignment with the fewest of them in all.

Among alignments of equal cost a pair of words (kept or substituted) is preferred to a deletion and that to an insertion,
read from the end: src/ counts the same way (test/golden/speech/wer-kinds.json).
"""

from typing import NamedTuple


class Errors(NamedTuple):
    substitutions: int
    insertions: int
    deletions: int
    kept: tuple[bool, ...]  # for each word of the reference: was it heard?

    @property
    def count(self) -> int:
        return self.substitutions + self.insertions + self.deletions


def errors(reference: list[str], heard: list[str]) -> Errors:
    n, m = len(reference), len(heard)
    cost = [[i + j if not i or not j else 0 for j in range(m + 1)] for i in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            pair = cost[i - 1][j - 1] + (reference[i - 1] != heard[j - 1])
            cost[i][j] = min(pair, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    kept, substitutions, insertions, deletions = [False] * n, 0, 0, 0
    i, j = n, m
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (reference[i - 1] != heard[j - 1]):
            i, j = i - 1, j - 1
            kept[i] = reference[i] == heard[j]
            substitutions += not kept[i]
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i, deletions = i - 1, deletions + 1
        else:
            j, insertions = j - 1, insertions + 1
    return Errors(substitutions, insertions, deletions, tuple(kept))


def word_error_rate(pairs: list[tuple[str, str]]) -> float:
    """Errors per word of the references over all (reference, heard) pairs; 0 where there is no word and no error."""
    wrong = sum(errors(r.split(), h.split()).count for r, h in pairs)
    words = sum(len(r.split()) for r, _ in pairs)
    return wrong / words if words else float(wrong > 0)
