"""Paper 3.2: queries read frame features and local features, results are fused, the timestamp is a condition."""

import pytest
import torch
from toy_features import SIZE

from microemo.config import TINY
from microemo.model.image_qformer import ImageQFormer
from microemo.model.timestamps import TimestampTokenizer

NUM_TOKENS = 6
TIMES = (0.0, 7.5, 12345.6)  # sentences of different lengths: some are padded


@pytest.fixture(scope="module")
def qformer() -> ImageQFormer:
    torch.manual_seed(0)
    return ImageQFormer(TINY.image_qformer, SIZE).eval()


def pictures(seed: int = 0) -> torch.Tensor:
    return torch.randn(len(TIMES), NUM_TOKENS, SIZE, generator=torch.Generator().manual_seed(seed))


def test_a_frame_becomes_as_many_tokens_as_there_are_queries(qformer: ImageQFormer) -> None:
    tokens = qformer(pictures(), *TimestampTokenizer()(TIMES))
    assert tokens.shape == (3, TINY.image_qformer.num_queries, TINY.image_qformer.hidden_size)


def test_the_timestamp_is_a_condition(qformer: ImageQFormer) -> None:
    same = pictures()[:1].expand(3, -1, -1)
    tokens = qformer(same, *TimestampTokenizer()((1.0, 1.5, 1.0)))
    torch.testing.assert_close(tokens[0], tokens[2])
    assert not torch.allclose(tokens[0], tokens[1], atol=1e-3)


def test_a_frame_depends_on_no_other_frame_nor_on_the_padding_that_others_need(qformer: ImageQFormer) -> None:
    local, mask = pictures(1), torch.tensor([[1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [0, 0, 1, 1, 1, 1]]).bool()
    together = qformer(pictures(), *TimestampTokenizer()(TIMES), local, mask)
    for frame, time in enumerate(TIMES):
        one = slice(frame, frame + 1)
        alone = qformer(pictures()[one], *TimestampTokenizer()([time]), local[one], mask[one])
        torch.testing.assert_close(together[one], alone, atol=1e-5, rtol=1e-4)


def test_faceless_frames_are_read_as_without_the_local_branch(qformer: ImageQFormer) -> None:
    text = TimestampTokenizer()(TIMES)
    faced = torch.tensor([True, False, True])
    mask = faced[:, None].expand(-1, NUM_TOKENS)
    whole, both = qformer(pictures(), *text), qformer(pictures(), *text, pictures(1), mask)
    torch.testing.assert_close(both[~faced], whole[~faced])
    assert ((both - whole)[faced].abs().amax((1, 2)) > 1e-3).all()
    torch.testing.assert_close(qformer(pictures(), *text, pictures(1), torch.zeros_like(mask)), whole)


def test_local_tokens_outside_the_clue_regions_are_not_read(qformer: ImageQFormer) -> None:
    text, mask = TimestampTokenizer()(TIMES), torch.zeros(3, NUM_TOKENS, dtype=torch.bool)
    mask[:, :2] = True
    local = pictures(1)
    before = qformer(pictures(), *text, local, mask)
    local[:, 2:] += 5
    torch.testing.assert_close(qformer(pictures(), *text, local, mask), before)
    local[:, :2] *= torch.linspace(-1, 1, SIZE)
    assert not torch.allclose(qformer(pictures(), *text, local, mask), before, atol=1e-3)


@pytest.mark.parametrize("opening", [-1.0, 1.0])
def test_the_gate_leads_from_the_global_result_to_the_local_one(qformer: ImageQFormer, opening: float) -> None:
    text, mask = TimestampTokenizer()(TIMES), torch.ones(3, NUM_TOKENS, dtype=torch.bool)
    weights = {"weight": torch.zeros_like(qformer.gate.weight), "bias": torch.full((SIZE,), 50 * opening)}
    with torch.no_grad():
        gated = torch.func.functional_call(
            qformer, {f"gate.{k}": v for k, v in weights.items()}, (pictures(), *text, pictures(1), mask)
        )
    torch.testing.assert_close(gated, qformer(pictures(int(opening > 0)), *text))
