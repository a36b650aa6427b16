"""Windows of any lengths are gathered by length, and give what they would give one by one."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.config import TINY
from microemo.model.video_qformer import WindowQFormer
from microemo.model.windows import BUCKET_RATIO, buckets, over_windows

lengths = st.lists(st.integers(1, 200), min_size=1, max_size=30)


@given(lengths)
def test_buckets_hold_every_window_once_and_little_padding(sizes: list[int]) -> None:
    groups = buckets(sizes)
    assert sorted(index for group in groups for index in group) == list(range(len(sizes)))
    for group in groups:
        held = [sizes[index] for index in group]
        assert max(held) <= BUCKET_RATIO * min(held)


def test_windows_of_like_lengths_share_a_pass() -> None:
    assert buckets([8, 100, 9, 10, 104, 8]) == [[0, 5, 2, 3], [1, 4]]


@given(lengths)
def test_results_come_in_the_windows_order_and_without_their_padding(sizes: list[int]) -> None:
    windows = [torch.randn(size, 3) for size in sizes]

    def mean(tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return ((tokens * mask[..., None]).sum(1, keepdim=True)) / mask.sum(1)[:, None, None]

    expected = torch.stack([window.mean(0, keepdim=True) for window in windows])
    torch.testing.assert_close(over_windows(mean, windows), expected, atol=1e-5, rtol=1e-4)


@settings(max_examples=10)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_a_qformer_reads_many_windows_as_it_reads_each(sizes: list[int]) -> None:
    torch.manual_seed(0)
    qformer = WindowQFormer(TINY.video_qformer, input_size=16, language_size=24).eval()
    windows = [torch.randn(size, 16) for size in sizes]
    with torch.inference_mode():
        together = qformer(windows)
        alone = torch.cat([qformer([window]) for window in windows])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)
