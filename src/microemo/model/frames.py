"""Frames are read by the pass: few enough that what a pass computes stays in the cache, and memory is bounded."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.utils.checkpoint import checkpoint

FRAMES_A_PASS = 16


def over_frames(
    read: Callable[..., Float[Tensor, "F Q H"]], *inputs: Tensor, checkpointing: bool = False
) -> Float[Tensor, "T Q H"]:
    """Apply ``read`` to inputs (T, ...) by the pass; ``checkpointing`` computes activations twice, to keep none."""

    def read_pass(*frames: Tensor) -> Tensor:
        return checkpoint(read, *frames, use_reentrant=False) if checkpointing else read(*frames)

    passes = zip(*(tensor.split(FRAMES_A_PASS) for tensor in inputs), strict=True)
    return torch.cat([read_pass(*frames) for frames in passes])


def pack(
    tokens: Float[Tensor, "T N D"], mask: Bool[Tensor, "T N"]
) -> tuple[Float[Tensor, "T M D"], Bool[Tensor, "T M"]]:
    """Each frame's kept tokens, in order, behind them others where a frame keeps fewer than M, the most of any."""
    order = kept_first(mask)
    return torch.take_along_dim(tokens, order[..., None], dim=1), mask.gather(1, order)


def kept_first(mask: Bool[Tensor, "T N"]) -> Tensor:
    """Indices (T, M) that bring each frame's kept tokens to the front."""
    most = int(mask.sum(1).max())
    return mask.int().argsort(dim=1, descending=True, stable=True)[:, :most]
