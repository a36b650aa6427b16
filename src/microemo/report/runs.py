"""An explanation as runs of text, plain ones and claims, so that each claim can be shown as a link to its clue."""

from collections.abc import Set
from typing import NamedTuple

from microemo.schema import Answer


class Run(NamedTuple):
    text: str
    clue: int | None = None


def runs(answer: Answer, clue_ids: Set[int]) -> list[Run]:
    """The explanation, in order and complete, each told claim whose clue exists a run of its own.

    A claim is found by its text, at its first place that no earlier claim has taken; one that is not found stays
    unlinked.
    """
    taken: list[tuple[int, int, int]] = []
    for claim in answer.claims:
        clue = next((id_ for id_ in claim.clues if id_ in clue_ids), None)
        if claim.is_borne_out and clue is not None and claim.text:
            start = _free_place(answer.explanation, claim.text, taken)
            if start >= 0:
                taken.append((start, start + len(claim.text), clue))
    cut: list[Run] = []
    position = 0
    for start, end, clue in sorted(taken):
        cut += [Run(answer.explanation[position:start]), Run(answer.explanation[start:end], clue)]
        position = end
    cut.append(Run(answer.explanation[position:]))
    return [run for run in cut if run.text]


def _free_place(text: str, wanted: str, taken: list[tuple[int, int, int]]) -> int:
    text, wanted = text.lower(), wanted.lower()  # a clause that begins a sentence has a capital
    start = text.find(wanted)
    while start >= 0 and any(start < end and begin < start + len(wanted) for begin, end, _ in taken):
        start = text.find(wanted, start + 1)
    return start
