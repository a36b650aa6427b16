"""Several channels as one, with voices that are noise which comes and goes as syllables do."""

import numpy as np
import pytest

from microemo.media.downmix import mixed

RATE = 16_000
SECONDS = 12
TIMES_SEC = np.arange(SECONDS * RATE) / RATE


def noise(seed: int, level: float = 0.05) -> np.ndarray:
    return level * np.random.default_rng(seed).normal(size=len(TIMES_SEC)).astype(np.float32)


def voice(seed: int, level: float = 0.1) -> np.ndarray:
    """Four syllables a second, and a pause of a second in every four."""
    syllables = np.maximum(0, np.sin(2 * np.pi * 4 * TIMES_SEC)) * (TIMES_SEC % 4 < 3)
    return (noise(seed, level) * syllables).astype(np.float32)


def mix(*channels: np.ndarray) -> np.ndarray:
    return np.concatenate(list(mixed(np.stack(channels, axis=1), RATE)))


def level_of(sound: np.ndarray, voice: np.ndarray) -> float:
    """How much of a voice is in a sound: 1 as it was."""
    return float(sound @ voice / (voice @ voice))


SPEECH, OTHER, HISS, SILENCE = voice(0), voice(1), noise(2), np.zeros(len(TIMES_SEC), np.float32)
RUMBLE = (0.3 * np.sin(2 * np.pi * 50 * TIMES_SEC)).astype(np.float32)


@pytest.mark.parametrize(
    "channels",
    [
        (SPEECH, SPEECH),
        (SPEECH, -SPEECH),
        (-SPEECH, SPEECH),
        (SPEECH, -0.3 * SPEECH),
        (SPEECH + 0.02 * HISS, -SPEECH + noise(3, 0.001)),
        (SPEECH, SILENCE),
        (SILENCE, SPEECH),
        (SPEECH, HISS),
        (4 * HISS, SPEECH),
        (SPEECH + RUMBLE, SPEECH - RUMBLE),
        (SPEECH, SILENCE, -SPEECH, SILENCE, SILENCE, SILENCE),
    ],
    ids=[
        "same", "antiphase", "antiphase, the other way", "softer antiphase", "antiphase in hiss", "right silent",
        "left silent", "right hiss", "left loud hiss", "rumble in antiphase", "six channels",
    ],
)  # fmt: skip
def test_the_voice_stays_as_loud_as_it_was(channels: tuple[np.ndarray, ...]) -> None:
    assert abs(level_of(mix(*channels), SPEECH)) == pytest.approx(1.0, abs=0.1)


def test_the_same_in_both_is_left_as_it_is() -> None:
    np.testing.assert_allclose(mix(SPEECH, SPEECH), SPEECH, atol=1e-6)


def test_steady_noise_alone_in_a_channel_is_left_out() -> None:
    np.testing.assert_allclose(mix(SPEECH, HISS), SPEECH, atol=1e-6)


def test_noise_in_all_channels_stays() -> None:
    assert np.std(mix(HISS, SILENCE)) == pytest.approx(0.05, rel=0.05)
    assert np.std(mix(HISS, noise(4))) == pytest.approx(0.05, rel=0.05)


def test_loud_noise_is_not_given_up_for_next_to_nothing() -> None:
    assert level_of(mix(HISS, 1e-3 * SPEECH), HISS) == pytest.approx(1.0, abs=0.05)


def test_a_speaker_a_channel_are_both_heard_alike() -> None:
    found = mix(SPEECH, OTHER)
    levels = level_of(found, SPEECH), level_of(found, OTHER)
    assert levels == pytest.approx((np.sqrt(0.5),) * 2, abs=0.05)


def test_a_soft_speaker_is_not_taken_for_noise() -> None:
    assert level_of(mix(SPEECH, 0.05 * OTHER), 0.05 * OTHER) == pytest.approx(1.0, abs=0.1)


def test_the_phase_may_turn_midway() -> None:
    turned = np.where(TIMES_SEC < 5, SPEECH, -SPEECH)
    found = mix(SPEECH, turned)
    assert level_of(found[: 5 * RATE], SPEECH[: 5 * RATE]) == pytest.approx(1.0, abs=0.03)
    assert level_of(found[5 * RATE :], SPEECH[5 * RATE :]) == pytest.approx(1.0, abs=0.03)


def test_hum_in_the_pauses_turns_no_phase() -> None:
    hum = (1e-3 * np.sin(2 * np.pi * 400 * TIMES_SEC)).astype(np.float32)
    found = mix(SPEECH + hum, hum - SPEECH)
    np.testing.assert_allclose(np.abs(found), np.abs(SPEECH), atol=2e-3)
    assert level_of(found, SPEECH) == pytest.approx(1.0, abs=0.03)


def test_silence_and_pieces_of_a_second() -> None:
    assert not mix(SILENCE, SILENCE).any()
    short = SPEECH[: RATE // 3]
    np.testing.assert_allclose(mix(short, -short), short, atol=1e-6)
    assert len(mix(SPEECH[:7], SPEECH[:7])) == 7
