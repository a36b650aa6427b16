"""Video-LLaMA's vision branch: the video Q-Former that the paper starts from (4.1), and its projection."""

from collections.abc import Iterable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from microemo.config import PAPER
from microemo.weights.convert import qformer
from microemo.weights.convert.renaming import inverse, linear, renamed

POSITIONS = "video_qformer.positions.weight"


def recognises(keys: Iterable[str]) -> bool:
    return any(key.startswith("video_Qformer.") for key in keys)


def names(keys: Iterable[str]) -> dict[str, str]:
    return {
        "video_query_tokens": "video_qformer.queries",
        "video_frame_position_embedding.weight": POSITIONS,
        **qformer.without_text(keys, "video_Qformer.bert", "video_qformer.qformer"),
        **linear("llama_proj", "video_qformer.projection"),
    }


def from_upstream(tensors: Mapping[str, Tensor], num_positions: int = PAPER.max_positions) -> dict[str, Tensor]:
    """``num_positions`` of frames: a shorter table (upstream's has 32) is extended as TimeChat does."""
    ours = renamed(tensors, names(tensors))
    return {**ours, POSITIONS: extended(ours[POSITIONS], num_positions)}


def to_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """With as many positions as ours has."""
    return renamed(tensors, inverse(names(tensors)))


def extended(table: Float[Tensor, "P D"], num_positions: int) -> Float[Tensor, "M D"]:
    """The table, stretched to ``num_positions`` by giving each new position the entry at its place (nearest)."""
    if len(table) >= num_positions:
        return table
    return table[torch.arange(num_positions) * len(table) // num_positions]
