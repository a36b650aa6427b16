"""What the switches of training add to a stage's loss, each by its share (``TrainConfig.kin``)."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from microemo.lexicon import FAMILIES
from microemo.model.kin.utterances import Tokens, means, seen_and_heard, stacked
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.train.config import KinShares
from microemo.train.kin.contrast import pairwise_contrast
from microemo.train.kin.tree import tree_loss


class Named(NamedTuple):
    """How a stage names families: its logits of these, and the right ones."""

    logits: Float[Tensor, "N K"]
    targets: Int[Tensor, " N"]
    families: Sequence[str]


def beside(
    shares: KinShares,
    model: MicroEmo,
    filled: Sequence[Tokens],
    labelled: Sequence[Sequence[tuple[Slot, str]]],
    named: Named,
) -> Float[Tensor, ""]:
    """The loss to add; ``labelled`` are the slots of each clip that show a family, with it."""
    loss = named.logits.new_zeros(())
    if shares.tree and len(named.targets):
        loss = loss + shares.tree * tree_loss(*named)
    if shares.contrast and (both := seen_and_heard(filled)):
        faces, voices = stacked(filled, both)
        loss = loss + shares.contrast * pairwise_contrast(faces.mean(1), voices.mean(1))
    if shares.affect:
        family_of = [dict(own) for own in labelled]
        known = [(mean, family_of[number][slot]) for number, slot, mean in means(filled) if slot in family_of[number]]
        known = [(mean, family) for mean, family in known if family in FAMILIES]
        if known and model.affect is not None:
            tokens, families = zip(*known, strict=True)
            loss = loss + shares.affect * model.affect.loss(torch.stack(tokens), families)
    return loss
