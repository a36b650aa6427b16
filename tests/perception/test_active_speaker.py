"""Made mouths: the jaw follows a made voice's syllables, or moves by itself."""

import numpy as np
import pytest

from microemo.perception import active_speaker
from microemo.perception.active_speaker import bind_speakers, speech_evidence
from microemo.perception.diarisation import from_spans
from microemo.perception.landmarks import BLENDSHAPES
from microemo.schema import FaceTrack
from microemo.spans import Span, inside

RATE, FPS, SECONDS = 16_000, 30, 20
TIMES = np.arange(SECONDS * FPS) / FPS
SAMPLES = np.arange(SECONDS * RATE) / RATE


def syllables(seed: int) -> np.ndarray:
    """Random openings, about four a second, at ``TIMES``."""
    rng = np.random.default_rng(seed)
    return np.interp(TIMES, np.arange(0, SECONDS, 0.12), rng.uniform(0, 1, int(SECONDS / 0.12) + 1))


def sound(opening: np.ndarray, spans: list[Span]) -> np.ndarray:
    noise = np.random.default_rng(9).normal(0, 0.1, len(SAMPLES))
    return (inside(SAMPLES, spans) * noise * np.interp(SAMPLES, TIMES, opening)).astype(np.float32)


def face(opening: np.ndarray, noise: float = 0.03, **others: np.ndarray) -> FaceTrack:
    blendshapes = np.zeros((len(TIMES), 52))
    blendshapes[:, BLENDSHAPES.index("jawOpen")] = opening
    for name, series in others.items():
        blendshapes[:, BLENDSHAPES.index(name)] = series
    blendshapes = (blendshapes + np.random.default_rng(5).normal(0, noise, blendshapes.shape)).clip(0, 1)
    return FaceTrack(TIMES, np.tile([0.1, 0.1, 0.3, 0.4], (len(TIMES), 1)), blendshapes)


CHEWING = face(0.3 + 0.3 * np.sin(2 * np.pi * 1.6 * TIMES))
SMILING = face(0.1 + 0 * TIMES, mouthSmileLeft=0.5 + 0.4 * np.sin(TIMES), mouthSmileRight=0.5 + 0.4 * np.sin(TIMES))
STILL = face(0 * TIMES, noise=0)


def speaking_face(spans: list[Span], faces: list[FaceTrack], voice: np.ndarray) -> int | None:
    return bind_speakers(from_spans([(0, span) for span in spans]), faces, voice)[0]


def test_the_mouth_that_goes_with_the_voice_speaks() -> None:
    one, other = syllables(1), syllables(2)
    spans = [Span(0, 8), Span(10, 14)]
    voice = sound(one, spans)
    talking, babbling = face(0.3 * one), face(0.3 * other)
    assert speaking_face(spans, [CHEWING, SMILING, talking, STILL, babbling], voice) == 2


def test_a_voice_with_no_mouth_is_off_screen() -> None:
    spans = [Span(0, 12)]
    voice = sound(syllables(1), spans)
    assert speaking_face(spans, [CHEWING, SMILING, STILL, face(0.3 * syllables(2))], voice) is None
    assert speaking_face(spans, [], voice) is None


def test_speakers_are_bound_to_faces() -> None:
    one, other = syllables(1), syllables(2)
    said = [(0, Span(0, 6)), (1, Span(6, 13)), (2, Span(13, 20))]
    voice = sum(sound(opening, [span]) for opening, (_, span) in zip((one, other, syllables(3)), said, strict=True))
    faces = [CHEWING, face(0.3 * other), face(0.3 * one)]
    assert bind_speakers(from_spans(said), faces, voice) == (2, 1, None)


def test_a_voice_that_goes_with_several_mouths_is_of_the_one_without_a_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    """As measured on a made video of four people, of whom two were seen for a third of the time."""
    table = iter([9.56, 0.61, 0.0, 0.15, 0.39, 1.23, 4.81, -0.08, -1.03, 2.75, 3.06, 3.74, 0.94, 8.19, 0.56, 1.85])
    monkeypatch.setattr(active_speaker, "speech_evidence", lambda *_: next(table))
    said = from_spans([(speaker, Span(speaker, speaker + 1)) for speaker in range(4)])
    assert bind_speakers(said, [STILL] * 4, np.zeros(1, np.float32)) == (0, 2, 3, 1)


def test_a_face_that_is_not_seen_gives_no_evidence() -> None:
    opening = syllables(1)
    voice = sound(opening, [Span(0, 20)])
    late = face(0.3 * opening)
    late = FaceTrack(late.times_sec[450:], late.boxes[450:], late.blendshapes[450:])
    assert speech_evidence([Span(0, 14)], late, voice) == 0
    assert speech_evidence([Span(0, 20)], late, voice) > 0
    assert speech_evidence([], late, voice) == 0
