import numpy as np

from microemo.perception.channels import diarise_channels
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
