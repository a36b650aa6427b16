"""ImageBind's filter banks of a waveform's clips."""

import re
from collections.abc import Iterator

from torch import Tensor

from microemo.errors import InputError
from microemo.filter_banks import SAMPLE_RATE
from microemo.model.mel import clip_mels
from microemo.parity import quirks
from microemo.parity.fixture import Fixture
from microemo.spans import Span

INPUTS = re.compile(r"wave_.+")


def outputs(fixture: Fixture) -> Iterator[tuple[str, Tensor]]:
    """``mel_D`` of every ``wave_D``, and ``mel_inplace_D``, for which upstream took the clips' means off in place."""
    for name in filter(INPUTS.fullmatch, sorted(fixture.tensors)):
        duration = name.removeprefix("wave_")
        waveform = fixture.input(name).flatten()
        clips = fixture.metadata.get(f"clips_{duration}") or quirks.eight_clips(len(waveform) / SAMPLE_RATE)
        spans = [Span(start, end) for start, end in clips]
        for output, mels in ((f"mel_{duration}", clip_mels), (f"mel_inplace_{duration}", quirks.mels_in_place)):
            if output in fixture.tensors:
                yield output, mels(waveform, spans, *_size(fixture, output))


def _size(fixture: Fixture, output: str) -> tuple[int, int]:
    """Mels and frames, by the recorded output's own shape (S, 1, M, F)."""
    shape = fixture.tensors[output].shape
    if len(shape) != 4:
        raise InputError(f"{output} should be (clips, 1, mels, frames), not {tuple(shape)}")
    return shape[2], shape[3]
