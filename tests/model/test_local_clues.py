"""Paper 3.2: "This allows each patch to selectively attend to pertinent local emotional clue regions"."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd.functional import jacobian

from microemo.model.local_clues import LocalClueAttention

SIZE, NUM_REGIONS, NUM_PATCHES = 4, 3, 6
coverage = st.lists(st.sampled_from((0.0, 0.0, 0.0, 0.25, 1.0)), min_size=18, max_size=18)


def attention() -> LocalClueAttention:
    torch.manual_seed(0)
    module = LocalClueAttention(SIZE, num_heads=2)
    torch.nn.init.normal_(module.output.weight)
    torch.nn.init.normal_(module.output.bias)
    return module


def picture(seed: int = 1) -> torch.Tensor:
    return torch.randn(1, 1 + NUM_PATCHES, SIZE, generator=torch.Generator().manual_seed(seed))


def masks_of(*regions: tuple[int, ...]) -> torch.Tensor:
    """(1, R, P), each region given by its patches."""
    masks = torch.zeros(1, len(regions), NUM_PATCHES)
    for number, patches in enumerate(regions):
        masks[0, number, list(patches)] = 1
    return masks


@settings(max_examples=30)
@given(coverage)
def test_a_patch_sees_itself_and_the_patches_that_share_a_region_with_it_and_no_others(values: list[float]) -> None:
    module, masks = attention(), torch.tensor(values).view(1, NUM_REGIONS, NUM_PATCHES)
    influence = jacobian(lambda tokens: module(tokens, masks)[0], picture())[0, 1:, :, 0, 1:]
    sees = influence.abs().amax((1, 3)) > 0
    shares = (masks[0].T @ masks[0]) > 0
    assert torch.equal(sees, shares | torch.eye(NUM_PATCHES, dtype=torch.bool))


@settings(max_examples=30)
@given(coverage)
def test_patches_in_no_region_and_the_class_token_pass_through(values: list[float]) -> None:
    masks, tokens = torch.tensor(values).view(1, NUM_REGIONS, NUM_PATCHES), picture()
    local, kept = attention()(tokens, masks)
    assert torch.equal(kept[0], torch.cat([torch.tensor([False]), masks[0].any(0)]))
    assert torch.equal(local[~kept], tokens[~kept])
    assert not torch.isclose(local[kept], tokens[kept]).all(-1).any()


def test_a_frame_without_a_face_comes_back_unchanged_with_no_token_kept() -> None:
    module, tokens = attention(), picture().requires_grad_()
    local, kept = module(tokens, masks_of((), ()))
    assert torch.equal(local, tokens)
    assert not kept.any()
    local.square().sum().backward()
    assert torch.equal(tokens.grad, 2 * tokens.detach())
    assert all(p.grad is None or p.grad.isfinite().all() for p in module.parameters())


def test_frames_do_not_see_each_other() -> None:
    module, masks = attention(), torch.cat([masks_of((0, 1), (2, 3)), masks_of((), ()), masks_of((5,), (0, 4, 5))])
    tokens = torch.cat([picture(1), picture(2), picture(3)])
    together, kept = module(tokens, masks)
    assert together.isfinite().all()
    for frame in range(3):
        alone, kept_alone = module(tokens[frame : frame + 1], masks[frame : frame + 1])
        torch.testing.assert_close(together[frame], alone[0])
        assert torch.equal(kept[frame], kept_alone[0])


def plain_average() -> LocalClueAttention:
    """Without preferences of its own: what it adds to a patch is the average of the patches that it attends to."""
    module = attention()
    with torch.no_grad():
        module.qkv.weight.zero_()
        module.qkv.bias.zero_()
        module.qkv.weight[2 * SIZE :] = torch.eye(SIZE)
        module.output.weight.copy_(torch.eye(SIZE))
        module.output.bias.zero_()
    return module


def test_patches_are_attended_to_in_proportion_to_the_coverage_they_share() -> None:
    module, tokens = plain_average(), picture()
    masks = torch.rand(1, NUM_REGIONS, NUM_PATCHES, generator=torch.Generator().manual_seed(2)) + 0.1
    local, _ = module(tokens, masks)
    shared = masks[0].T @ masks[0]
    weights = shared / shared.sum(-1, keepdim=True)
    torch.testing.assert_close(local[0, 1:] - tokens[0, 1:], weights @ module.norm(tokens[0, 1:]))


def test_only_proportions_of_coverage_count() -> None:
    module, tokens, masks = attention(), picture(), masks_of((0, 1, 2), (2, 3))
    torch.testing.assert_close(module(tokens, masks)[0], module(tokens, 0.3 * masks)[0])


def test_before_training_local_features_are_the_encoders_own() -> None:
    tokens = picture()
    assert torch.equal(LocalClueAttention(SIZE, 2)(tokens, masks_of((0, 1), (2,)))[0], tokens)
