"""Sound as ImageBind hears it. That the numbers are upstream's is shown by the parity tests."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from microemo.filter_banks import SAMPLE_RATE, filter_banks
from microemo.model.mel import CLIP_SEC, clip_mels, even_spans
from microemo.spans import Span


def tone(hertz: float, seconds: float = 2.0) -> torch.Tensor:
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return torch.from_numpy(np.sin(2 * np.pi * hertz * times)).float()


@given(st.floats(0.01, 600))
def test_all_of_the_sound_is_heard(duration: float) -> None:
    spans = even_spans(duration)
    assert spans[0][0] == 0
    assert spans[-1][1] >= duration - 1e-6
    assert all(later[0] <= earlier[1] + 1e-9 for earlier, later in pairwise(spans))
    assert all(end - start == pytest.approx(CLIP_SEC) for start, end in spans)
    steps = [later[0] - earlier[0] for earlier, later in pairwise(spans)]
    assert all(step == pytest.approx(steps[0]) for step in steps)


def test_what_fits_into_one_clip_is_heard_once() -> None:
    assert even_spans(1.2) == [Span(0.0, 2.0)]
    assert len(even_spans(2.1)) == 8


@pytest.mark.parametrize("hertz", [300.0, 1000.0, 3000.0])
def test_a_tone_lies_in_the_band_of_its_pitch(hertz: float) -> None:
    band = int(filter_banks(tone(hertz), 128).mean(0).argmax())
    low, here, high = (np.log(1 + frequency / 700) for frequency in (20, hertz, 8000))
    assert abs(band - ((here - low) / (high - low) * 129 - 1)) <= 2  # the lowest bands are narrower than the spectrum's


def test_a_shift_of_the_whole_signal_is_not_heard() -> None:
    wave = tone(440) + 0.1 * torch.randn(2 * SAMPLE_RATE, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(clip_mels(wave, [Span(0, 2)]), clip_mels(wave + 0.5, [Span(0, 2)]), atol=2e-3, rtol=0)


def test_clips_do_not_change_the_sound_that_others_hear() -> None:
    wave = tone(440, 3.0) + torch.linspace(0, 1, 3 * SAMPLE_RATE)
    spans = [Span(0.0, 2.0), Span(1.0, 3.0)]
    both, kept = clip_mels(wave, spans), wave.clone()
    assert torch.equal(both[1:], clip_mels(wave, spans[1:]))
    assert torch.equal(wave, kept)


@pytest.mark.parametrize("num_samples", [1, 399, 400, 5000])
def test_short_sound_is_padded_before_it_is_normalised(num_samples: int) -> None:
    mels = clip_mels(torch.ones(num_samples), [Span(0.0, 2.0)])
    assert mels.shape == (1, 1, 128, 204)
    assert mels[..., -1] == pytest.approx(4.268 / 9.138)
    assert mels.isfinite().all()
