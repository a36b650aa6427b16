"""The Q-Former's own forward pass against Hugging Face's over the same parameters."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lively import lively
from transformers import Blip2QFormerConfig, Blip2QFormerModel, InstructBlipQFormerConfig, InstructBlipQFormerModel

from microemo.model import qformer
from microemo.model.precision import matrices_to_bf16

NUM_QUERIES, WIDTH = 3, 20
SIZES = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 24, "encoder_hidden_size": WIDTH}
sizes = st.integers(1, 6)


def image_qformer(num_layers: int = 3) -> InstructBlipQFormerModel:
    torch.manual_seed(0)
    return lively(
        InstructBlipQFormerModel(InstructBlipQFormerConfig(**SIZES, vocab_size=9, num_hidden_layers=num_layers))
    )


def window_qformer() -> Blip2QFormerModel:
    torch.manual_seed(0)
    config = Blip2QFormerConfig(**SIZES, num_hidden_layers=2, cross_attention_frequency=1, use_qformer_text_input=False)
    return lively(Blip2QFormerModel(config))


def inputs(num_frames: int, num_tokens: int, text: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    make = torch.Generator().manual_seed(num_frames + 10 * num_tokens)
    queries = torch.randn(1, NUM_QUERIES, 16, generator=make).expand(num_frames, -1, -1)
    tokens = torch.randn(num_frames, num_tokens, WIDTH, generator=make)
    return queries, tokens, torch.randint(9, (num_frames, text), generator=make)


def mask_of(lengths: list[int]) -> torch.Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def arguments(texts: list[int], tokens: list[int]) -> tuple[torch.Tensor, ...]:
    """Of frames that have so many tokens of text and of picture."""
    text_mask, tokens_mask = mask_of(texts), mask_of(tokens)
    queries, seen, ids = inputs(*tokens_mask.shape, text_mask.shape[1])
    mask = torch.nn.functional.pad(text_mask, (NUM_QUERIES, 0), value=True)
    return queries, ids, mask, seen, tokens_mask


def theirs(
    model: InstructBlipQFormerModel,
    queries: torch.Tensor,
    ids: torch.Tensor,
    mask: torch.Tensor,
    tokens: torch.Tensor,
    tokens_mask: torch.Tensor,
) -> torch.Tensor:
    return model(
        input_ids=ids,
        attention_mask=mask.long(),
        query_embeds=queries,
        encoder_hidden_states=tokens,
        encoder_attention_mask=tokens_mask.long(),
    ).last_hidden_state[:, :NUM_QUERIES]


def ours(
    model: InstructBlipQFormerModel,
    queries: torch.Tensor,
    ids: torch.Tensor,
    mask: torch.Tensor,
    tokens: torch.Tensor,
    tokens_mask: torch.Tensor,
) -> torch.Tensor:
    attended = qformer.self_attend(model.encoder, model.embeddings(input_ids=ids, query_embeds=queries), mask)
    return qformer.cross_attend(model.encoder, attended, NUM_QUERIES, tokens, tokens_mask, mask)


@settings(max_examples=40)
@given(st.lists(sizes, min_size=1, max_size=9), st.lists(st.integers(1, 40), min_size=9, max_size=9), st.booleans())
def test_it_is_the_same_function_whatever_is_padding(texts: list[int], tokens: list[int], gradients: bool) -> None:
    model, given_all = image_qformer(), arguments(texts, tokens[: len(texts)])
    with torch.set_grad_enabled(gradients):
        torch.testing.assert_close(ours(model, *given_all), theirs(model, *given_all), atol=1e-5, rtol=0)


@pytest.mark.parametrize("num_tokens", [1, 2, 60])
@torch.no_grad()
def test_windows_of_few_tokens_and_of_many_are_read_as_theirs_are(num_tokens: int) -> None:
    model = window_qformer()
    queries, tokens, _ = inputs(5, num_tokens)
    expected = model(queries, encoder_hidden_states=tokens).last_hidden_state
    attended = qformer.self_attend(model.encoder, model.layernorm(queries))
    torch.testing.assert_close(
        qformer.cross_attend(model.encoder, attended, NUM_QUERIES, tokens), expected, atol=1e-5, rtol=0
    )


@pytest.mark.parametrize(("num_tokens", "gradients", "times"), [(2, False, 1), (60, False, 0), (60, True, 1)])
def test_few_queries_read_many_tokens_without_projecting_them(num_tokens: int, gradients: bool, times: int) -> None:
    block, (queries, tokens, _) = image_qformer().encoder.layer[0].crossattention, inputs(1, num_tokens)
    projected: list[object] = []
    block.attention.key.register_forward_hook(lambda *_: projected.append(None))
    with torch.set_grad_enabled(gradients):
        qformer.attend(block, queries, tokens, None)
    assert len(projected) == times


def test_gradients_are_theirs() -> None:
    queries, ids, mask, seen, tokens_mask = arguments([4, 2], [30, 7])
    gradients = []
    for forward in (theirs, ours):
        model, tokens = image_qformer(), seen.clone().requires_grad_()
        forward(model, queries, ids, mask, tokens, tokens_mask).square().sum().backward()
        gradients.append({"tokens": tokens.grad, **{name: p.grad for name, p in model.named_parameters()}})
    for name, expected in gradients[0].items():
        assert (gradients[1][name] is None) is (expected is None), name
        if expected is not None:
            torch.testing.assert_close(gradients[1][name], expected, atol=1e-4, rtol=1e-4, msg=name)


def test_dropout_acts_in_training() -> None:
    model, given_all = image_qformer().train(), arguments([4, 2], [30, 7])
    for gradients in (True, False):
        with torch.set_grad_enabled(gradients):
            assert not torch.allclose(ours(model, *given_all), ours(model, *given_all), atol=1e-3)


@torch.no_grad()
def test_matrices_in_bf16_cost_less_than_a_percent() -> None:
    model, given_all = image_qformer(num_layers=12), arguments([5, 3, 4, 5], [60, 7, 30, 1])
    expected = theirs(model, *given_all)
    matrices_to_bf16(model)
    read = ours(model, *given_all)
    assert read.dtype == torch.float32
    assert (read - expected).norm() / expected.norm() < 1e-2
    assert not torch.equal(read, expected)
