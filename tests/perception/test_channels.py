from collections.abc import Callable

import numpy as np
import pytest

from microemo import weights
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.perception import channels
from microemo.perception.channels import diarise_channels, find_turns
from microemo.spans import Span, inside

RATE = 16_000
TURNS = ([Span(0, 3), Span(6, 8)], [Span(3, 6), Span(8, 10)])


def voice(spans: list[Span], seed: int) -> np.ndarray:
    times_sec = np.arange(10 * RATE) / RATE
    return (0.1 * inside(times_sec, spans) * np.random.default_rng(seed).normal(size=len(times_sec))).astype(np.float32)


def test_a_speaker_a_channel_with_cross_talk() -> None:
    one, other = voice(TURNS[0], 0), voice(TURNS[1], 1)
    heard_everywhere = [Span(0, 10)]  # voice activity hears the cross-talk too
    found = diarise_channels([one + 0.1 * other, other + 0.1 * one], [heard_everywhere, heard_everywhere])
    assert found is not None
    assert found.num_speakers == 2
    assert [found.speaker_of(span) for spans in TURNS for span in spans] == [0, 0, 1, 1]
    assert found.overlaps == ()


def test_both_at_once_are_both_heard() -> None:
    one, other = voice([Span(0, 5)], 0), voice([Span(4.5, 10)], 1)
    found = diarise_channels([one, other], [[Span(0, 5)], [Span(4.5, 10)]])
    assert found is not None
    assert found.overlaps == (Span(4.5, 5.0),)


def test_other_recordings_are_not_of_this_kind() -> None:
    one, other = voice(TURNS[0], 0), voice(TURNS[1], 1)
    everywhere = [[Span(0, 10)], [Span(0, 10)]]
    mixed = one + other
    assert diarise_channels([mixed], [[Span(0, 10)]]) is None
    assert diarise_channels([mixed, mixed], everywhere) is None
    assert diarise_channels([mixed, -mixed], everywhere) is None
    assert diarise_channels([mixed, 0 * mixed], [[Span(0, 10)], []]) is None
    assert diarise_channels([one + 0.6 * other, other + 0.6 * one], everywhere) is None
    assert diarise_channels([0 * one, 0 * one], [[], []]) is None


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[list[Span]]], list[int]]:
    """Lets the voice be heard in given spans, channel by channel; returns the lengths of what was listened to."""

    def given(spans_each: list[list[Span]]) -> list[int]:
        heard: list[int] = []

        def find_voice(channel: np.ndarray, duration_sec: float) -> list[Span]:
            heard.append(len(channel))
            return spans_each[len(heard) - 1]

        monkeypatch.setattr(channels, "find_voice", find_voice)
        return heard

    return given


def test_the_voice_of_each_channel_is_listened_to(listen: Callable[[list[list[Span]]], list[int]]) -> None:
    one, other = voice(TURNS[0], 0), voice(TURNS[1], 1)
    heard = listen([*TURNS])
    found = find_turns([one, 0 * one, other + 0.1 * one], 10.0)  # of a recorder whose second input is not used
    assert heard == [len(one), len(other)]
    assert found is not None
    assert [(turn.speaker, turn.span) for turn in found.turns] == [
        (0, Span(0, 3)), (1, Span(3, 6)), (0, Span(6, 8)), (1, Span(8, 10)),
    ]  # fmt: skip


def test_music_between_turns_hides_no_speaker(listen: Callable[[list[list[Span]]], list[int]]) -> None:
    one, other = voice([Span(0, 2)], 0), voice([Span(2, 4)], 1)
    music = voice([Span(5, 9)], 2)
    listen([[Span(0, 2)], [Span(2, 4)]])
    found = find_turns([one + music, other + music], 10.0)
    assert found is not None and found.num_speakers == 2


def test_ordinary_stereo_is_not_listened_to(listen: Callable[[list[list[Span]]], list[int]]) -> None:
    one, other = voice(TURNS[0], 0), voice(TURNS[1], 1)
    heard = listen([])
    mixed = one + other
    for stereo in ([mixed], [mixed, mixed], [mixed, -0.3 * mixed], [mixed, 0 * mixed], [0 * one, 0 * one]):
        assert find_turns(stereo, 10.0) is None
    assert find_turns([one + 0.6 * other, other + 0.6 * one], 10.0) is None
    assert heard == []


def test_nothing_at_all() -> None:
    nothing = np.zeros(0, np.float32)
    assert find_turns([nothing, nothing], 0.0) is None


@pytest.mark.weights
def test_two_readers_with_a_microphone_each() -> None:
    files = [weights.path("speech_samples") / f"{name}.wav" for name in ("two_cities", "endgame_nagg_nell")]
    one, other = (np.array(waveform(probe(file)))[: 20 * RATE] for file in files)
    is_first = inside(np.arange(20 * RATE) / RATE, [Span(0, 6), Span(11, 16)])
    one, other = one * is_first, other * ~is_first
    found = find_turns([one + 0.1 * other, other + 0.1 * one], 20.0)
    assert found is not None and found.num_speakers == 2
    speakers = [found.speaker_of(Span(second, second + 1)) for second in (1, 3, 4, 7, 9, 12, 14, 17, 18)]
    assert speakers == [0, 0, 0, 1, 1, 0, 0, 1, 1]
    assert find_turns([one + other, one + other], 20.0) is None
