"""Selection of the patches that strike most (StimuVAR: Guo et al. 2024, whose tubes follow what moves the viewer)."""

import torch
from jaxtyping import Float
from torch import Tensor


def most_striking(frames: Float[Tensor, "T N D"], share: float) -> Float[Tensor, "T M D"]:
    """Each frame's class token, and the share of its patches that differ most from their mean, in their order.

    The authors choose frames by optical flow first, and train the selection; stills have no flow, and here nothing is
    trained.
    """
    patches = frames[:, 1:]
    num_kept = max(1, round(share * patches.shape[1]))
    strikes = (patches - patches.mean(1, keepdim=True)).norm(dim=-1)  # (T, P)
    kept = strikes.topk(num_kept, dim=1).indices.sort(dim=1).values
    return torch.cat([frames[:, :1], torch.take_along_dim(patches, kept[..., None], dim=1)], dim=1)
