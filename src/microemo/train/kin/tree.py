"""An affective tree: from whether a feeling is pleasant to which one it is (VidEmo: Zhang et al. 2025, whose tree goes
from attributes by expressions to emotions; attributes of faces nobody labelled here)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from microemo.lexicon.families import emotion_families


def tree_loss(logits: Float[Tensor, "N K"], targets: Int[Tensor, " N"], families: Sequence[str]) -> Float[Tensor, ""]:
    """Cross-entropy of the branch (pleasant, unpleasant, neither) that the target's family is on."""
    on = [emotion_families()[family].valence for family in families]
    branches = sorted({*on})
    scores = torch.stack(
        [logits[:, [place for place, own in enumerate(on) if own == branch]].logsumexp(-1) for branch in branches],
        dim=-1,
    )
    branch_of = torch.tensor([branches.index(own) for own in on], device=targets.device)
    return F.cross_entropy(scores, branch_of[targets])
