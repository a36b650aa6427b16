"""Music and noise have no voice, to the real voice activity detection (whose weights its package brings)."""

import numpy as np
import pytest
import speechless

from microemo import weights
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.perception.asr import find_voice

SECONDS = 20
MAKERS = dict(speechless._makers(voices=None))


def made(name: str) -> np.ndarray:
    return MAKERS[name](np.random.default_rng(3)).astype(np.float32)[: SECONDS * SAMPLE_RATE]


@pytest.mark.parametrize("name", MAKERS)
def test_music_and_noise_have_no_voice(name: str) -> None:
    assert find_voice(made(name), SECONDS) == []


@pytest.mark.weights
@pytest.mark.parametrize("name", ["music", "pink", "engine"])
def test_a_voice_is_heard_through_them(name: str) -> None:
    speech = np.array(waveform(probe(weights.path("speech_samples") / "beckett.wav")))[: SECONDS * SAMPLE_RATE]
    spans = find_voice(speech + 0.1 * made(name)[: len(speech)], len(speech) / SAMPLE_RATE)
    assert sum(span.end_sec - span.start_sec for span in spans) > 0.4 * len(speech) / SAMPLE_RATE
