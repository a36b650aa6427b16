"""One training example: a clip, questions about it, the answers to learn, and whose label each window carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from microemo.model.features import Features
from microemo.model.language import Text
from microemo.model.prompt import PromptUtterance, Question, Slot, SlotKind
from microemo.schema import Modality
from microemo.spans import Span

Labelled = tuple[tuple[Slot, str], ...]
"""Slots whose tokens carry a label, with its family."""

WINDOWS: dict[SlotKind, Modality] = {"video_window": "face", "audio_window": "voice"}
WHOLES: dict[SlotKind, Modality] = {"video": "face", "audio": "voice"}


class Turn(NamedTuple):
    """A question and its answer."""

    question: Question
    answer: Text


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
