"""Utterances whose person is seen and heard, which is where a face and a voice can be compared or joined."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from microemo.model.prompt import Slot

Tokens = dict[Slot, Tensor]
"""A clip's tokens (Q, H) by the slots of its prompt."""

Both = tuple[int, Slot, Slot]
"""A clip's number, and the windows of one utterance's face and voice."""

Together = Sequence[Sequence[bool]]
"""Of each clip's utterances, whether their person is both seen and heard: a clip has windows of what is not there."""


def seen_and_heard(filled: Sequence[Mapping[Slot, Tensor]], together: Together | None = None) -> list[Both]:
    """All such utterances that have a window of each; without ``together``, all that have both windows."""
    return [
        (number, slot, voice)
        for number, tokens in enumerate(filled)
        for slot in tokens
        if slot.kind == "video_window" and (voice := Slot("audio_window", slot.index)) in tokens
        if together is None or together[number][slot.index]
    ]


def stacked(
    filled: Sequence[Mapping[Slot, Tensor]], both: Sequence[Both]
) -> tuple[Float[Tensor, "U Q H"], Float[Tensor, "U Q2 H"]]:
    """The faces' tokens and the voices', utterance by utterance."""
    return (
        torch.stack([filled[number][face] for number, face, _ in both]),
        torch.stack([filled[number][voice] for number, _, voice in both]),
    )


def replaced(filled: Sequence[Tokens], both: Sequence[Both], faces: Tensor, voices: Tensor) -> list[Tokens]:
    """The same clips with other tokens of these utterances."""
    changed = [dict(tokens) for tokens in filled]
    for (number, face, voice), own_face, own_voice in zip(both, faces, voices, strict=True):
        changed[number] |= {face: own_face, voice: own_voice}
    return changed
