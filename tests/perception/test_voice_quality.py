"""Voices with known irregularities, made pulse by pulse; and Praat's word on them."""

import re

import numpy as np
import parselmouth
import pytest
from parselmouth.praat import call

from microemo.perception.glottal_pulses import glottal_pulses, jitter, shimmer
from microemo.perception.periodicity import RANGE_HZ, periodicity
from microemo.perception.voice_quality import tremor, voice_quality
from microemo.perception.voice_series import VoiceSeries, voice_series
from microemo.perception.voice_spectra import HOP, SAMPLE_RATE, cepstral_peak, h1_h2
from microemo.spans import Span


def pulsed(period_change=0.0, amplitude_change=0.0, hertz=125.0, duration_sec=2.0, breath=0.0, seed=0):
    """A vowel: two resonances struck by pulses of two periods and strengths, some shares apart, by chance; in noise."""
    period = SAMPLE_RATE / hertz
    chance = np.random.default_rng(seed)  # in turn, two periods would be one of half the frequency
    signs = chance.choice([1, -1], int(duration_sec * hertz) - 2)
    strengths = 1 + amplitude_change * chance.choice([1, -1], len(signs)) / 2
    at = np.cumsum(period * (1 + period_change * signs / 2))
    times = np.arange(round(duration_sec * SAMPLE_RATE))
    sound = np.zeros(len(times))
    for place, strength in zip(at, strengths, strict=True):
        since = (times[int(place) + 1 : int(place) + 400] - place) / SAMPLE_RATE
        for formant, width in ((500, 80), (1500, 120)):
            struck = np.exp(-np.pi * width * since) * np.sin(2 * np.pi * formant * since)
            sound[int(place) + 1 : int(place) + 400] += strength * struck
    return sound + breath * chance.normal(size=len(sound))


def quality(sound):
    frames = len(sound) // HOP
    return voice_quality(sound, np.full(frames, 125.0), np.ones(frames, bool), np.ones(frames, bool))


def praats(sound):
    """Jitter and shimmer (percent) and the mean harmonics-to-noise ratio (dB) of Praat's voice report."""
    made = parselmouth.Sound(sound, SAMPLE_RATE)
    pitch = call(made, "To Pitch (cc)", 0, RANGE_HZ[0], 15, False, 0.03, 0.45, 0.01, 0.35, 0.14, RANGE_HZ[1])
    pulses = call([made, pitch], "To PointProcess (cc)")
    report = call([made, pitch, pulses], "Voice report", 0, 0, *RANGE_HZ, 1.3, 1.6, 0.03, 0.45)
    names = (r"Jitter \(local\)", r"Shimmer \(local\)", "Mean harmonics-to-noise ratio")
    return [float(re.search(rf"{name}: ([-\d.]+)", report)[1]) for name in names]


@pytest.mark.parametrize("change", [0.01, 0.02])
def test_jitter_is_what_was_made(change):
    """Every second period is like the last. Correlating whole periods evens neighbours out a little, in Praat too."""
    assert quality(pulsed(period_change=change)).jitter == pytest.approx(100 * change / 2, rel=0.25)
    assert quality(pulsed()).jitter < 0.2


def test_shimmer_grows_with_what_was_made():
    made = [quality(pulsed(amplitude_change=change)).shimmer for change in (0.0, 0.05, 0.1, 0.2)]
    assert made == sorted(made)
    assert made[0] < 0.5
    assert made[3] / made[1] == pytest.approx(4, rel=0.25)


@pytest.mark.parametrize("sound", [pulsed(0.02, 0.1), pulsed(0.01, 0.05, hertz=210), pulsed(0.02, 0.1, breath=0.03)])
def test_praat_says_the_same(sound):
    own = quality(sound)
    jitter_, shimmer_, hnr = praats(sound)
    assert own.jitter == pytest.approx(jitter_, rel=0.05)
    assert own.shimmer == pytest.approx(shimmer_, rel=0.1)
    assert own.hnr == pytest.approx(hnr, abs=0.5)


def test_noise_lowers_harmonics_and_cepstral_peak():
    clear, breathy = quality(pulsed(breath=0.01)), quality(pulsed(breath=0.2))
    assert clear.hnr - breathy.hnr > 8
    assert clear.cpp - breathy.cpp > 2


def test_harmonics_to_noise_ratio_is_what_was_mixed():
    times = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    noise = np.random.default_rng(0).normal(size=len(times))
    tone = np.sqrt(2) * np.sin(2 * np.pi * 200 * times)
    found = periodicity(tone + noise * 10 ** (-15 / 20), SAMPLE_RATE)
    assert np.nanmean(found.hnr_db) == pytest.approx(15, abs=1)
    assert np.nanmedian(found.f0_hz) == pytest.approx(200, rel=0.01)


def test_first_harmonic_over_second():
    times = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    voice = np.sin(2 * np.pi * 180 * times) + 0.5 * np.sin(2 * np.pi * 360 * times)
    frames = np.arange(10, 50)
    assert h1_h2(voice, frames, np.full(40, 180.0)) == pytest.approx(20 * np.log10(2), abs=0.2)


@pytest.mark.parametrize("rate", [4.0, 6.0, 9.0])
def test_tremor_has_its_rate_and_depth(rate):
    times = np.arange(150) * HOP / SAMPLE_RATE
    melody = 200 * (1 + 0.1 * times)
    depth, found = tremor(melody * (1 + 0.03 * np.sin(2 * np.pi * rate * times)), np.ones(150, bool))
    assert found == pytest.approx(rate, abs=0.5)
    assert depth == pytest.approx(3, rel=0.2)
    assert tremor(melody, np.ones(150, bool))[0] < 0.5
    assert tremor(melody[:20], np.ones(20, bool)) == (None, None)


def test_the_recording_level_does_not_matter():
    sound = pulsed(0.02, 0.1, breath=0.02)
    loud, quiet = quality(sound), quality(sound * 0.01)
    for name, value in vars(loud).items():
        assert getattr(quiet, name) == pytest.approx(value, rel=0.01), name


def test_silence_has_no_voice():
    nothing = np.zeros(SAMPLE_RATE)
    assert np.isnan(periodicity(nothing, SAMPLE_RATE).f0_hz).all()
    assert not len(periodicity(nothing[:100], SAMPLE_RATE).times_sec)
    pulses = glottal_pulses(nothing, SAMPLE_RATE, np.zeros(0), np.zeros(0))
    assert (jitter(pulses), shimmer(nothing, SAMPLE_RATE, pulses)) == (None, None)
    assert not len(cepstral_peak(nothing, np.zeros(0, int)))


def test_series_have_a_row_a_frame_wherever_blocks_begin(monkeypatch):
    sound = np.concatenate([pulsed(), np.zeros(SAMPLE_RATE), pulsed(hertz=200)]).astype(np.float32)
    speech = [Span(0, 2), Span(3, 5)]
    whole = voice_series(sound, speech)
    assert len(whole.time_sec) == len(sound) // HOP
    voiced = np.isfinite(whole.f0_hz)
    assert np.nanmedian(whole.f0_hz[whole.time_sec < 2]) == pytest.approx(125, rel=0.02)
    assert np.nanmedian(whole.f0_hz[whole.time_sec > 3]) == pytest.approx(200, rel=0.02)
    assert not voiced[(whole.time_sec > 2.1) & (whole.time_sec < 2.9)].any()
    assert np.isfinite(whole.cpp_db[voiced]).all()
    monkeypatch.setattr("microemo.perception.voice_series.BLOCK", 100)
    parts = voice_series(sound, speech)
    for name in vars(whole):
        one, other = getattr(whole, name), getattr(parts, name)
        both = np.isfinite(one) & np.isfinite(other)
        assert both.sum() > 0.9 * np.isfinite(one).sum(), name
        assert np.median(np.abs(one[both] - other[both])) < 0.1, name


def test_a_recording_without_a_frame_has_no_rows():
    assert isinstance(empty := voice_series(np.zeros(10, np.float32), []), VoiceSeries)
    assert not len(empty.time_sec)
