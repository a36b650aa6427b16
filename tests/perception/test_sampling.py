"""A few frames of every utterance, evenly spread, however long the clip."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.media.subtitles import Cue
from microemo.perception.sampling import MAX_FRAMES, MIN_FRAMES, even_times, sample_times
from microemo.perception.utterances import MAX_WINDOW_SEC, find_speech
from microemo.schema import Utterance


def utterances(lengths: list[float], gap: float = 0.0) -> list[Utterance]:
    start, made = 0.0, []
    for index, length in enumerate(lengths):
        made.append(Utterance(index=index, start_sec=start, end_sec=start + length, source="window"))
        start += length + gap
    return made


def within(times: list[float], utterance: Utterance) -> list[float]:
    return [time for time in times if utterance.start_sec <= time < utterance.end_sec]


@given(st.lists(st.floats(0.1, 40), max_size=30), st.floats(0, 3))
def test_times_increase_and_every_utterance_has_its_own(lengths: list[float], gap: float) -> None:
    spoken = utterances(lengths, gap)
    times = sample_times(spoken)
    assert all(one < next_ for one, next_ in pairwise(times))
    counts = [len(within(times, utterance)) for utterance in spoken]
    assert sum(counts) == len(times)
    for count, length in zip(counts, lengths, strict=True):
        assert MIN_FRAMES <= count <= MAX_FRAMES
        assert count == MIN_FRAMES or count <= 2 * length + 0.5


def test_two_frames_a_second_evenly_spread() -> None:
    times = sample_times(utterances([4.0]))
    assert len(times) == 8
    assert {round(after - before, 6) for before, after in pairwise(times)} == {0.5}


@pytest.mark.parametrize("seconds", [0.5, 3.0, 30.0])
def test_an_utterance_is_seen_alike_in_a_clip_of_hours(seconds: float) -> None:
    spoken = utterances([seconds] * int(2 * 3600 / seconds))
    times = sample_times(spoken)
    alone = len(sample_times(spoken[:1]))
    counts = np.histogram(times, [*(utterance.start_sec for utterance in spoken), spoken[-1].end_sec])[0]
    assert set(counts) == {alone} and alone >= MIN_FRAMES


def test_a_long_silence_is_watched_throughout() -> None:
    spoken = find_speech(None, 150.0, [Cue(0.0, 2.0, "Hello."), Cue(140.0, 142.0, "You again.")]).utterances
    times = sample_times(spoken)
    silent = [utterance for utterance in spoken if utterance.source == "window"]
    assert (silent[0].start_sec, silent[-1].end_sec) == (2, 150)
    for utterance in silent:
        assert utterance.end_sec - utterance.start_sec <= MAX_WINDOW_SEC
        assert len(within(times, utterance)) >= MIN_FRAMES


def test_nothing_to_judge_no_frames() -> None:
    assert sample_times([]) == []


@given(st.floats(0.1, 600), st.integers(1, 200))
def test_a_number_of_frames_is_spread_evenly_over_the_clip(duration: float, number: int) -> None:
    times = even_times(duration, number)
    assert len(times) == number
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= duration
    assert times[0] == pytest.approx(duration - times[-1], abs=2e-3)
