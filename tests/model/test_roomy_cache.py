"""The cache with room holds what a growing one holds; what all rows follow is there once."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache, LlamaConfig, LlamaForCausalLM, MistralConfig
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from microemo.model.roomy_cache import ATTENTION, KNOWN, ROOM, RoomyLayer, follow, roomy_cache, share_stems


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


@settings(max_examples=20)
@given(st.data())
def test_a_stem_that_is_kept_once_is_read_as_if_each_row_had_it(data: st.DataObject) -> None:
    """Whatever is masked, with several queries for each key's head, through repeats and rows that leave."""
    num_stem, num_rows, group = (data.draw(st.integers(1, 5), label=what) for what in ("stem", "rows", "group"))
    config = LlamaConfig(
        num_hidden_layers=1, hidden_size=8 * group, num_attention_heads=2 * group, num_key_value_heads=2,
        intermediate_size=8, vocab_size=4,
    )  # fmt: skip
    config._attn_implementation = "sdpa"
    model = LlamaForCausalLM(config).eval()

    def steps(shares: bool) -> list[Tensor]:
        model.set_attn_implementation(ATTENTION if shares else "sdpa")
        rng = torch.Generator().manual_seed(num_stem)
        cache = roomy_cache(model.config)
        mask = torch.ones(num_rows, num_stem, dtype=torch.long)
        mask[:, 1:] = (torch.rand(num_rows, num_stem - 1, generator=rng) < 0.7).long()
        model(inputs_embeds=torch.randn(1, num_stem, 8 * group, generator=rng), past_key_values=cache, use_cache=True)
        follow(cache, model.config, num_rows)
        assert (cache.layers[0].stem is not None) is shares
        told, rows = [], num_rows
        for length, repeats in ((3, 2), (1, 1), (1, 1)):
            mask = torch.cat([mask, torch.ones(rows, length, dtype=torch.long)], 1)
            inputs = torch.randn(rows, length, 8 * group, generator=rng)
            told.append(model(
                inputs_embeds=inputs, attention_mask=mask, past_key_values=cache, use_cache=True,
                position_ids=(mask.cumsum(1) - 1)[:, -length:],
            ).logits)  # fmt: skip
            cache.batch_repeat_interleave(repeats)
            mask, rows = mask.repeat_interleave(repeats, 0), rows * repeats
            stays = torch.arange(max(1, rows - 1))
            cache.batch_select_indices(stays)
            mask, rows = mask[stays], len(stays)
        return told

    for one, other in zip(steps(False), steps(True), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("kind", KNOWN)
def test_language_models_that_are_known_answer_the_same_behind_a_stem_that_is_kept_once(kind: str) -> None:
    config = AutoConfig.for_model(
        kind, num_hidden_layers=2, hidden_size=16, num_attention_heads=2, num_key_value_heads=1, vocab_size=9,
        intermediate_size=8, head_dim=8, sliding_window=None, pad_token_id=0, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa").eval()
    stem, rows = torch.randn(1, 5, 16), torch.randn(3, 2, 16)

    def told() -> Tensor:
        cache = roomy_cache(model.config)
        model(inputs_embeds=stem, past_key_values=cache, use_cache=True)
        follow(cache, model.config, 3)
        mask = torch.ones(3, 7, dtype=torch.long)
        mask[0, 3:6] = 0
        read: Tensor = model(inputs_embeds=rows, attention_mask=mask, past_key_values=cache, use_cache=True).logits
        return read

    copied = told()
    share_stems(model)
    assert model.config._attn_implementation == ATTENTION
    assert torch.allclose(told(), copied, atol=1e-5)


def test_only_what_attends_as_transformers_has_it_shares_its_stem() -> None:
    model = LlamaForCausalLM(LlamaConfig(num_hidden_layers=1, hidden_size=8, num_attention_heads=2, vocab_size=4,
                                         intermediate_size=8))  # fmt: skip
    model.set_attn_implementation("eager")
    share_stems(model)
    assert model.config._attn_implementation == "eager"
    model.set_attn_implementation("sdpa")
    share_stems(model)
    assert model.config._attn_implementation == ATTENTION
    unknown = LlamaForCausalLM(LlamaConfig(num_hidden_layers=1, hidden_size=8, num_attention_heads=2, vocab_size=4,
                                           intermediate_size=8))  # fmt: skip
    unknown.config.model_type = "minicpm3"  # whose attention reworks what a cache gives it
    share_stems(unknown)
    assert unknown.config._attn_implementation == "sdpa"
