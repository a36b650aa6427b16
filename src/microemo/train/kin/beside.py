"""What the switches of training add to a stage's loss, each by its share (``TrainConfig.kin``)."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
from jaxtyping import Float, Int
from torch import Tensor

from microemo.model.kin.utterances import Tokens, seen_and_heard, stacked
from microemo.model.microemo import MicroEmo
from microemo.train.config import KinShares
from microemo.train.examples import WINDOWS, Labelled
from microemo.train.kin.contrast import pairwise_contrast
from microemo.train.kin.tree import tree_loss


class Named(NamedTuple):
    """How a stage names families: its logits of these, and the right ones."""

    logits: Float[Tensor, "N K"]
    targets: Int[Tensor, " N"]
    families: Sequence[str]


class LabelledClip(Protocol):
    """The slots of a clip that show a family, with it; and which of its utterances have both a face and a voice."""

    @property
    def labelled(self) -> Labelled: ...

    @property
    def together(self) -> Sequence[bool]: ...


def beside(
    shares: KinShares, model: MicroEmo, filled: Sequence[Tokens], clips: Sequence[LabelledClip], named: Named
) -> Float[Tensor, ""]:
    """The loss to add, of clips with their tokens."""
    loss = named.logits.new_zeros(())
    if shares.tree and len(named.targets):
        loss = loss + shares.tree * tree_loss(*named)
    if shares.contrast and (both := seen_and_heard(filled, [clip.together for clip in clips])):
        faces, voices = stacked(filled, both)
        loss = loss + shares.contrast * pairwise_contrast(faces.mean(1), voices.mean(1))
    if shares.affect and model.affect is not None:
        known = [
            (tokens[slot].float().mean(0), family)
            for tokens, clip in zip(filled, clips, strict=True)
            for slot, family in clip.labelled
            if slot.kind in WINDOWS and slot in tokens
        ]
        if known:
            means, families = zip(*known, strict=True)
            loss = loss + shares.affect * model.affect.loss(torch.stack(means), families)
    return loss
