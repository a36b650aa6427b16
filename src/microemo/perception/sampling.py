"""Which frames the model sees: a few of every utterance, evenly spread, however long the clip."""

from collections.abc import Sequence

from microemo.schema import Utterance

FRAMES_PER_SEC = 2.0
MIN_FRAMES, MAX_FRAMES = 2, 16  # of one utterance


def sample_times(utterances: Sequence[Utterance]) -> list[float]:
    """Times in seconds, increasing: two frames a second within each utterance, but no fewer and no more than so many.

    An utterance is seen alike in a clip of seconds and in one of hours.
    """
    times = {
        round(start + (place + 0.25) * (end - start) / count, 3)
        for start, end in (utterance.span for utterance in utterances)
        for count in [min(MAX_FRAMES, max(MIN_FRAMES, round((end - start) * FRAMES_PER_SEC)))]
        for place in range(count)
    }
    return sorted(times)


def even_times(duration_sec: float, num_frames: int) -> list[float]:
    """Times in seconds of ``num_frames`` frames, in the middle of as many equal parts of the clip (paper 4.1)."""
    return [round((place + 0.5) * duration_sec / num_frames, 3) for place in range(num_frames)]
