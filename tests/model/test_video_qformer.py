"""Paper 3.3: video tokens of windows and of the whole, in the dimension of the LLM's embedding space."""

import pytest
import torch
from lively import lively

from microemo.config import TINY
from microemo.model.video_qformer import EMBEDDING_RMS, VideoQFormer

QUERIES, SIZE, LANGUAGE_SIZE, POSITIONS = 4, 32, 24, 6


@pytest.fixture(scope="module")
def qformer() -> VideoQFormer:
    torch.manual_seed(0)
    return lively(VideoQFormer(TINY.video_qformer, SIZE, LANGUAGE_SIZE, max_positions=POSITIONS))


def frames(number: int) -> torch.Tensor:
    return torch.randn(number, QUERIES, SIZE, generator=torch.Generator().manual_seed(number))


def test_each_frame_gets_the_position_of_its_turn(qformer: VideoQFormer) -> None:
    for number in (1, 3, POSITIONS):
        added = qformer.add_positions(frames(number)) - frames(number)
        expected = qformer.positions.weight[:number, None].expand(-1, QUERIES, -1)
        torch.testing.assert_close(added, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("number", [7, 12, 13, 512])
def test_more_frames_than_positions_share_them_evenly_and_in_order(number: int) -> None:
    qformer = VideoQFormer(TINY.video_qformer, SIZE, LANGUAGE_SIZE, max_positions=POSITIONS)
    torch.nn.init.zeros_(qformer.positions.weight).data += torch.arange(POSITIONS)[:, None]
    index = qformer.add_positions(torch.zeros(number, QUERIES, SIZE))[:, 0, 0].long()
    counts = index.bincount(minlength=POSITIONS)
    assert torch.equal(index, index.sort().values)
    assert counts.max() - counts.min() <= 1


def test_a_window_of_any_length_becomes_query_tokens_of_the_llms_size(qformer: VideoQFormer) -> None:
    tokens = qformer([frames(number).flatten(0, 1) for number in (1, 30, 2)])
    assert tokens.shape == (3, TINY.video_qformer.num_queries, LANGUAGE_SIZE)
    assert tokens.isfinite().all()


def test_the_order_of_frames_matters_once_they_are_placed(qformer: VideoQFormer) -> None:
    clip = frames(5)
    forwards, backwards = qformer([qformer.add_positions(c).flatten(0, 1) for c in (clip, clip.flip(0))])
    assert not torch.allclose(forwards, backwards, atol=1e-3)


def test_new_tokens_have_the_scale_of_the_llms_own() -> None:
    torch.manual_seed(0)
    qformer = VideoQFormer(TINY.video_qformer, SIZE, 512, POSITIONS).eval()
    tokens = qformer([frames(4).flatten(0, 1)])
    assert tokens.square().mean().sqrt().item() == pytest.approx(EMBEDDING_RMS, rel=0.5)
