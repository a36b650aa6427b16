"""The cache with room holds what a growing one holds."""

import torch
from transformers import DynamicCache, LlamaConfig, MistralConfig
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from microemo.model.roomy_cache import ROOM, RoomyLayer, roomy_cache


def test_it_holds_what_a_growing_cache_holds() -> None:
    roomy, growing = roomy_cache(LlamaConfig(num_hidden_layers=2)), DynamicCache()

    def written(num_rows: int, length: int) -> None:
        for layer in (0, 1):
            keys, values = torch.randn(2, num_rows, 3, length, 4)
            for one, other in zip(roomy.update(keys, values, layer), growing.update(keys, values, layer), strict=True):
                assert torch.equal(one, other)
        assert roomy.get_seq_length() == growing.get_seq_length()

    written(1, 5)
    for cache in (roomy, growing):
        cache.batch_repeat_interleave(4)
    written(4, 3)
    for cache in (roomy, growing):
        cache.batch_select_indices(torch.tensor([3, 1]))
    for length in (1, ROOM, 1, 2 * ROOM, 1):  # beyond its room, too
        written(2, length)


def test_a_step_copies_nothing_that_is_there() -> None:
    layer = RoomyLayer()
    first, _ = layer.update(*torch.randn(2, 1, 3, 5, 4))
    second, _ = layer.update(*torch.randn(2, 1, 3, 1, 4))
    assert first.data_ptr() == second.data_ptr()


def test_sliding_windows_keep_their_kind() -> None:
    cache = roomy_cache(MistralConfig(num_hidden_layers=1, sliding_window=8))
    assert [type(layer) for layer in cache.layers] == [DynamicSlidingWindowLayer]
    assert not isinstance(RoomyLayer(), DynamicSlidingWindowLayer) and isinstance(RoomyLayer(), DynamicLayer)
