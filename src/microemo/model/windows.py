"""Batching of windows of different lengths (paper 3.3): gathered by length bucket, neither looped nor all padded."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

BUCKET_RATIO = 1.25  # the longest window of a bucket over its shortest


@runtime_checkable
class WindowReader(Protocol):
    """Reads windows of a clip's features as tokens in the LLM's embedding space."""

    def prepare(self, features: Float[Tensor, "T L D"]) -> Float[Tensor, "T N D2"]:
        """A clip's features as its windows, which are cut from them, are read."""

    def __call__(self, windows: Sequence[Float[Tensor, "_ D"]]) -> Float[Tensor, "U Q H"]:
        """Windows of any length to as many tokens each."""


def buckets(lengths: Sequence[int]) -> list[list[int]]:
    """Indices of windows grouped so that padding within a group stays below ``BUCKET_RATIO``."""
    groups: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: (lengths[i], i)):
        if groups and lengths[index] <= BUCKET_RATIO * lengths[groups[-1][0]]:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def over_windows(
    read: Callable[[Float[Tensor, "W N D"], Bool[Tensor, "W N"]], Float[Tensor, "W Q H"]],
    windows: Sequence[Float[Tensor, "_ D"]],
) -> Float[Tensor, "U Q H"]:
    """Apply ``read(tokens, mask)`` to windows (N_u, D) of any lengths >= 1; results in the windows' order."""
    results: list[Tensor | None] = [None] * len(windows)
    for group in buckets([len(window) for window in windows]):
        tokens = torch.nn.utils.rnn.pad_sequence([windows[i] for i in group], batch_first=True)  # (W, N, D)
        lengths = torch.tensor([len(windows[i]) for i in group], device=tokens.device)
        mask = torch.arange(tokens.shape[1], device=tokens.device) < lengths[:, None]
        for index, result in zip(group, read(tokens, mask), strict=True):
            results[index] = result
    return torch.stack([result for result in results if result is not None])
