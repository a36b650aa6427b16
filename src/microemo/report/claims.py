"""An explanation cut into plain stretches and claims, so that each claim can be shown as a link to its clue."""

from collections.abc import Set
from typing import NamedTuple

from microemo.schema import Answer


class Segment(NamedTuple):
    text: str
    clue: int | None = None


def segments(answer: Answer, clue_ids: Set[int]) -> list[Segment]:
    """The explanation, in order and complete, each verified claim whose clue exists a segment of its own.

    A claim is found by its text, at its first place that no earlier claim has taken; one that is not found stays
    unlinked.
    """
    taken: list[tuple[int, int, int]] = []
    for claim in answer.claims:
        if claim.verified and claim.clue is not None and claim.clue in clue_ids and claim.text:
            start = _free_place(answer.explanation, claim.text, taken)
            if start >= 0:
                taken.append((start, start + len(claim.text), claim.clue))
    cut: list[Segment] = []
    position = 0
    for start, end, clue in sorted(taken):
        cut += [Segment(answer.explanation[position:start]), Segment(answer.explanation[start:end], clue)]
        position = end
    cut.append(Segment(answer.explanation[position:]))
    return [segment for segment in cut if segment.text]


def _free_place(text: str, wanted: str, taken: list[tuple[int, int, int]]) -> int:
    start = text.find(wanted)
    while start >= 0 and any(start < end and begin < start + len(wanted) for begin, end, _ in taken):
        start = text.find(wanted, start + 1)
    return start
