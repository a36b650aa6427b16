"""Utterances whose face and whose voice both have tokens, which is where the two can be compared or joined."""

from collections.abc import Iterator, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from microemo.model.prompt import Slot

Tokens = dict[Slot, Tensor]
"""A clip's tokens (Q, H) by the slots of its prompt."""

Both = tuple[int, Slot, Slot]
"""A clip's number, and the windows of one utterance's face and voice."""


def seen_and_heard(filled: Sequence[Mapping[Slot, Tensor]]) -> list[Both]:
    """All utterances of all clips that have a window of each."""
    return [
        (number, slot, voice)
        for number, tokens in enumerate(filled)
        for slot in tokens
        if slot.kind == "video_window" and (voice := Slot("audio_window", slot.index)) in tokens
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


def means(filled: Sequence[Mapping[Slot, Tensor]]) -> Iterator[tuple[int, Slot, Float[Tensor, " H"]]]:
    """The mean token of every utterance's window, with its clip's number and its slot."""
    for number, tokens in enumerate(filled):
        for slot, own in tokens.items():
            if slot.kind in ("video_window", "audio_window"):
                yield number, slot, own.float().mean(0)
