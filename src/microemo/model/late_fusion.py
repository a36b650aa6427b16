"""Each modality read alone, and their readings put together: late fusion (beyond the paper).

Of how somebody looks, sounds and what they say the LLM is asked once more behind a prompt with nothing else, and the
log-probabilities of the families are added, as a product of experts is (Hinton 2002). It weighs modalities better so
than behind one prompt with all of them (docs/log.md); the words of the answer follow that prompt.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from microemo.model.prompt import PromptUtterance, Question, Slot, SlotKind
from microemo.schema import Modality

Slots = Mapping[Slot, Tensor]
Read = Callable[[dict[Slot, Tensor], list[PromptUtterance], list[Question]], Float[Tensor, "B K"]]
"""The families' log-probabilities behind the questions of a prompt: late_fusion asks, the model reads."""

SLOTS: Mapping[Modality, frozenset[SlotKind]] = {
    "face": frozenset({"video", "video_window"}),
    "voice": frozenset({"audio", "audio_window"}),
    "words": frozenset(),
}


def fused(
    slots: Slots, utterances: Sequence[PromptUtterance], questions: Sequence[Question], read: Read
) -> Float[Tensor, "B K"] | None:
    """The families' log-probabilities of each question, over the modalities that its utterances show.

    NaN where these are fewer than two, so that there is nothing to put together; None where that is so of all.
    """
    each = [shown(asked.about(utterances), slots) for asked in questions]
    several = [place for place, kinds in enumerate(each) if len(kinds) > 1]
    if not several:
        return None
    total: Tensor | None = None
    for modality in SLOTS:
        places = [place for place in several if modality in each[place]]
        if not places:
            continue
        entries, own = alone(modality, utterances, slots)
        found = read(own, entries, [questions[place] for place in places]).log_softmax(-1)
        if total is None:
            total = found.new_full((len(questions), found.shape[1]), torch.nan)
            total[several] = 0.0
        total[places] += found
    return total


def shown(utterances: Sequence[PromptUtterance], slots: Slots) -> list[Modality]:
    """The modalities that a prompt shows of some of its utterances."""
    kinds = {slot.kind for slot in slots}
    there: dict[Modality, bool] = {
        "face": "video" in kinds and any(one.seen for one in utterances),
        "voice": "audio" in kinds and any(one.heard for one in utterances),
        "words": any(one.text for one in utterances),
    }
    return [modality for modality, is_there in there.items() if is_there]


def alone(
    modality: Modality, utterances: Sequence[PromptUtterance], slots: Slots
) -> tuple[list[PromptUtterance], dict[Slot, Tensor]]:
    """What a prompt and its tokens are with one modality alone, and with its clues."""
    entries = [
        replace(
            one,
            text=one.text if modality == "words" else "",
            seen=one.seen and modality == "face",
            heard=one.heard and modality == "voice",
            clues=tuple(clue for clue in one.clues if clue.modality == modality),
        )
        for one in utterances
    ]
    return entries, {slot: tokens for slot, tokens in slots.items() if slot.kind in SLOTS[modality]}
