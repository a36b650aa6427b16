"""One training example: a clip, questions about it, the answers to learn, and whose label each window carries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from microemo.claims.readings import Evidence
from microemo.model.features import Features
from microemo.model.language import Text
from microemo.model.prompt import PromptUtterance, Question, Slot, SlotKind
from microemo.schema import Modality
from microemo.spans import Span

Labelled = tuple[tuple[Slot, str], ...]
"""Slots whose tokens carry a label, with its family."""

WINDOWS: dict[SlotKind, Modality] = {"video_window": "face", "audio_window": "voice"}
WHOLES: dict[SlotKind, Modality] = {"video": "face", "audio": "voice"}


class Pair(NamedTuple):
    """What somebody said instead of what a model had said."""

    chosen: Text
    rejected: Text


@dataclass(frozen=True)
class Truth:
    """What other answers to a question are judged by.

    labels     what the person feels
    answer     the written one, not whole where it has labels alone
    span       the seconds that are asked about
    evidence   what was measured of them, in what is there of the example
    ids        the clues' own ids by their numbers in the prompt
    """

    labels: tuple[str, ...]
    answer: Text
    span: Span
    evidence: Evidence
    ids: Mapping[int, int]


class Turn(NamedTuple):
    """A question and its answer; and, where they are known, what the answer corrects and what others are judged by."""

    question: Question
    answer: Text
    pair: Pair | None = None
    truth: Truth | None = None


@dataclass(frozen=True)
class Example:
    """A clip, its utterances as the prompt tells them, and what is asked in that one prompt."""

    features: Features
    utterances: Sequence[PromptUtterance]
    turns: Sequence[Turn]
    labelled: Labelled = ()

    @property
    def spans(self) -> list[Span]:
        return [utterance.span for utterance in self.utterances]

    @property
    def together(self) -> list[bool]:
        """Whether the person is both seen and heard, utterance by utterance."""
        return [utterance.seen and utterance.heard for utterance in self.utterances]


def labelled_slots(
    families: Sequence[str | None], shown: Sequence[frozenset[Modality]], whole: str | None = None
) -> Labelled:
    """The windows of each modality that shows its utterance's family; all of the clip, where one family is all of it.

    ``families`` are the utterances', None where not known; ``whole`` is the clip's, if that is known by itself.
    """
    slots = [
        (Slot(kind, index), family)
        for kind, modality in WINDOWS.items()
        for index, (family, modalities) in enumerate(zip(families, shown, strict=True))
        if family is not None and modality in modalities
    ]
    if whole is None and len(set(families)) == 1:
        whole = families[0]
    if whole is not None:
        anywhere = frozenset[Modality]().union(*shown)
        slots += [(Slot(kind), whole) for kind, modality in WHOLES.items() if modality in anywhere]
    return tuple(slots)
