"""Reading frames by the pass changes nothing but the memory it takes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from microemo.model.frames import FRAMES_A_PASS, over_frames, pack

NUM_FRAMES = 2 * FRAMES_A_PASS + 3


def read(tokens: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return (tokens * weights[:, None, None]).tanh()


@pytest.mark.parametrize("checkpointing", [False, True])
def test_passes_are_bounded_and_together_all_frames(checkpointing: bool) -> None:
    tokens, weights = torch.randn(NUM_FRAMES, 2, 3, requires_grad=True), torch.randn(NUM_FRAMES)
    seen: list[int] = []

    def counted(tokens: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        seen.append(len(tokens))
        return read(tokens, weights)

    result = over_frames(counted, tokens, weights, checkpointing=checkpointing)
    assert torch.equal(result, read(tokens, weights))
    assert seen == [FRAMES_A_PASS, FRAMES_A_PASS, 3]
    (gradient,) = torch.autograd.grad(result.square().sum(), tokens)
    (expected,) = torch.autograd.grad(read(tokens, weights).square().sum(), tokens)
    torch.testing.assert_close(gradient, expected)
    assert len(seen) == (6 if checkpointing else 3)  # checkpointing computes each pass again


def test_checkpointing_keeps_no_activations() -> None:
    kept: list[int] = []
    tokens = torch.randn(NUM_FRAMES, 2, 3, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.numel()) or t, lambda t: t):
        over_frames(lambda t: t.exp().sin().tanh(), tokens, checkpointing=False)
        plain = sum(kept)
        kept.clear()
        over_frames(lambda t: t.exp().sin().tanh(), tokens, checkpointing=True)
    assert sum(kept) < plain / 2


@given(st.lists(st.lists(st.booleans(), min_size=5, max_size=5), min_size=1, max_size=4))
def test_packing_keeps_what_is_kept_in_its_order(rows: list[list[bool]]) -> None:
    mask = torch.tensor(rows)
    tokens = torch.arange(mask.numel() * 2.0).view(*mask.shape, 2)
    packed, kept = pack(tokens, mask)
    assert packed.shape[1] == mask.sum(1).max()
    for frame in range(len(rows)):
        assert torch.equal(packed[frame, kept[frame]], tokens[frame, mask[frame]])
