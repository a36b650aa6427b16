"""A cache of keys and values with room for what is to come, in which what all rows of a batch follow is kept once.

A step of decoding writes its own keys and values, and copies no others. Of a stem (``model/branches.py``) all answers
read the same ones (Hydragen: Juravsky et al. 2024).
"""

from typing import Any, NamedTuple, cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F
from transformers import AttentionInterface, AttentionMaskInterface, DynamicCache, PretrainedConfig, PreTrainedModel
from transformers.cache_utils import DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

ROOM = 128  # rows
ATTENTION = "microemo_shared_stem"
KNOWN = (
    "llama",
    "mistral",
    "qwen2",
    "qwen3",
    "smollm3",
    "granite",
    "olmo2",
    "phi3",
)  # others change keys they are given


class Parts(NamedTuple):
    """Keys, or values: of the stem, and of what each row of the batch has behind it."""

    stem: Float[Tensor, "1 h S d"]
    own: Float[Tensor, "B h N d"]


class RoomyLayer(DynamicLayer):
    """As ``DynamicLayer`` has them, but ``keys`` and ``values`` end with rows that are not yet taken."""

    length = 0  # of what is taken
    stem: tuple[Tensor, Tensor] | None = None  # keys and values

    def get_seq_length(self) -> int:
        return self.length + (self.stem[0].shape[2] if self.stem else 0)

    def update(
        self, key_states: Float[Tensor, "B h L d"], value_states: Float[Tensor, "B h L d"], *args: object, **kw: object
    ) -> tuple[Any, Any]:
        """Keys and values behind those that are there; and all of them: (B, h, N, d), or ``Parts`` behind a stem."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self.keys, self.values = self._with(self.keys, key_states), self._with(self.values, value_states)
        self.length += key_states.shape[2]
        own = self.keys[:, :, : self.length], self.values[:, :, : self.length]
        return own if self.stem is None else (Parts(self.stem[0], own[0]), Parts(self.stem[1], own[1]))

    def share(self) -> None:
        """Keep what is there, of one row, as the stem of every row that is to come."""
        assert self.keys is not None and self.values is not None and self.stem is None
        self.stem = self.keys[:, :, : self.length].clone(), self.values[:, :, : self.length].clone()
        self.keys = self.values = None
        self.length = 0

    def batch_repeat_interleave(self, repeats: int) -> None:
        if self.length:
            super().batch_repeat_interleave(repeats)

    def batch_select_indices(self, indices: Tensor) -> None:
        if self.length:
            super().batch_select_indices(indices)

    def _with(self, held: Tensor | None, states: Float[Tensor, "B h L d"]) -> Float[Tensor, "B h M d"]:
        end = self.length + states.shape[2]
        if held is None or not self.length:
            return F.pad(states, (0, 0, 0, ROOM))
        if end > held.shape[2]:
            return torch.cat([held[:, :, : self.length], F.pad(states, (0, 0, 0, ROOM))], 2)
        held[:, :, self.length : end] = states
        return held


def roomy_cache(config: PretrainedConfig) -> DynamicCache:
    """An empty cache for a language model; layers with a sliding window have their own kind."""
    cache = DynamicCache(config=config)
    cache.layers = [RoomyLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


def follow(cache: DynamicCache, config: PretrainedConfig, num_rows: int) -> None:
    """What is in a cache, of one row, is the shared prefix of so many: kept once if ``attend`` reads it, or copied."""
    for layer in cache.layers:
        if isinstance(layer, RoomyLayer) and config._attn_implementation == ATTENTION:
            layer.share()
        else:
            cast(DynamicLayer, layer).batch_repeat_interleave(num_rows)


def attend(
    module: torch.nn.Module,
    query: Float[Tensor, "B H L d"],
    key: Float[Tensor, "B h N d"] | Parts,
    value: Float[Tensor, "B h N d"] | Parts,
    attention_mask: Bool[Tensor, "_ 1 L M"] | Float[Tensor, "_ 1 L M"] | None,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Float[Tensor, "B L H d"], None]:
    """Attention as ``transformers`` calls it; all queries of a batch read a stem's keys and values in one product.

    Behind a stem M is S + N, and the mask boolean (``sdpa_mask``), or None where one query sees all.
    """
    if isinstance(key, Tensor) and isinstance(value, Tensor):
        return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **kwargs)
    assert isinstance(key, Parts) and isinstance(value, Parts)
    batch, num_heads, length, size = query.shape
    num_shared = key.own.shape[1]  # heads with keys of their own, each for some of the queries'
    grouped = query.reshape(batch, num_shared, -1, size)
    of_all = grouped.transpose(0, 1).reshape(num_shared, -1, size)
    behind_stem = (of_all @ key.stem[0].transpose(1, 2)).unflatten(1, (batch, -1)).transpose(0, 1)
    scores = torch.cat([behind_stem, grouped @ key.own.transpose(2, 3)], -1) * (scaling or size**-0.5)
    if attention_mask is not None:
        hidden = ~attention_mask.repeat(1, 1, num_heads // num_shared, 1)
        scores = scores.masked_fill(hidden, torch.finfo(scores.dtype).min)
    shares = scores.softmax(-1, dtype=torch.float32).to(query.dtype)
    of_stem, of_own = shares.split([key.stem.shape[2], key.own.shape[2]], -1)
    read = (of_stem.transpose(0, 1).flatten(1, 2) @ value.stem[0]).unflatten(1, (batch, -1)).transpose(0, 1)
    told = (read + of_own @ value.own).reshape(batch, num_heads, length, size)
    return told.transpose(1, 2).contiguous(), None


def share_stems(model: PreTrainedModel) -> None:
    """Let a language model read a stem only once, if it is known to hand on what a cache gives it as it is."""
    if model.config.model_type in KNOWN and model.config._attn_implementation == "sdpa":
        model.set_attn_implementation(ATTENTION)


AttentionInterface.register(ATTENTION, attend)
AttentionMaskInterface.register(ATTENTION, sdpa_mask)
