"""A cache of keys and values with room for what is to come: a step of decoding writes its own, and copies no others."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F
from transformers import DynamicCache, PretrainedConfig
from transformers.cache_utils import DynamicLayer

ROOM = 128  # rows


class RoomyLayer(DynamicLayer):
    """As ``DynamicLayer`` has them, but ``keys`` and ``values`` end with rows that are not yet taken."""

    length = 0  # of what is taken

    def get_seq_length(self) -> int:
        return self.length

    def update(
        self, key_states: Float[Tensor, "B h L d"], value_states: Float[Tensor, "B h L d"], *args: object, **kw: object
    ) -> tuple[Float[Tensor, "B h N d"], Float[Tensor, "B h N d"]]:
        """Keys and values behind those that are there; and all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self.keys, self.values = self._with(self.keys, key_states), self._with(self.values, value_states)
        self.length += key_states.shape[2]
        return self.keys[:, :, : self.length], self.values[:, :, : self.length]

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
