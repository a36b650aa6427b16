"""Which frames the model sees: a few of every utterance, evenly spread, and never more than it can hold."""

from collections.abc import Sequence

from microemo.schema import Utterance

FRAMES_PER_SEC = 2.0
MIN_FRAMES, MAX_FRAMES = 2, 16  # of one utterance
MAX_TOTAL = 512  # of one clip: 40 MB of pictures, however long it is


def sample_times(utterances: Sequence[Utterance]) -> list[float]:
    """Times in seconds, increasing: two frames a second within each utterance; fewer where a clip is very long."""
    spans = [(utterance.start_sec, utterance.end_sec) for utterance in utterances]
    counts = [min(MAX_FRAMES, max(MIN_FRAMES, round((end - start) * FRAMES_PER_SEC))) for start, end in spans]
    thinning = max(1.0, sum(counts) / MAX_TOTAL)
    times = {
        round(start + (place + 0.25) * (end - start) / kept, 3)
        for (start, end), count in zip(spans, counts, strict=True)
        for kept in [max(1, int(count / thinning))]
        for place in range(kept)
    }
    every = -(-len(times) // MAX_TOTAL)
    return sorted(times)[:: max(1, every)]


def even_times(duration_sec: float, num_frames: int) -> list[float]:
    """Times in seconds of ``num_frames`` frames, in the middle of as many equal parts of the clip (paper 4.1)."""
    return [round((place + 0.5) * duration_sec / num_frames, 3) for place in range(num_frames)]
