"""Which language is spoken where: Whisper's guess for each voiced span, smoothed over the clip."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

from microemo.errors import InputError
from microemo.media.audio import SAMPLE_RATE
from microemo.spans import Span

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

MARGIN_SEC = 0.3  # speech that begins at once is taken for other languages
SILENCE_SEC = 5.0  # added at the end: with less, short spans are taken for others, too; Whisper's own 30 s cost more
MAX_FRAMES = 3000  # 30 s of 10-ms frames, all that Whisper's encoder takes
SURE_SEC = 3.0  # so much speech lets Whisper tell a language; longer spans weigh more, shorter ones less
MIN_PROB = 1e-3  # what Whisper all but excludes may still be
SWITCH_COST = 5.0  # in nats: about as much as one sure span of 2 s can bring up, so a word or two switch nothing

UNSPACED = {"zh", "yue", "ja", "th", "lo", "my", "km", "bo"}  # languages that are written without spaces


class SpokenLanguage(NamedTuple):
    """An ISO 639-1 code (of Whisper's: also ``haw``, ``yue``), and how probable it is over its run of spans."""

    code: str
    probability: float


def language_name(code: str) -> str:
    """A language's English name. Raises ``InputError`` on a code that Whisper does not know."""
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    if code not in LANGUAGES:
        raise InputError(f"{code}: no language of speech recognition; known are {', '.join(sorted(LANGUAGES))}")
    return LANGUAGES[code].title()


def language_code(named: str | None) -> str | None:
    """The code of a language as users name it; None for ``auto``, and where none is named. Raises as above."""
    if named is None or named == "auto":
        return None
    code = named.lower()
    language_name(code)
    return code


def find_languages(
    model: "WhisperModel", waveform: Float32[np.ndarray, " N"], voiced: Sequence[Span]
) -> list[SpokenLanguage]:
    """The language of each voiced span, by a multilingual Whisper; ``waveform`` is 16 kHz mono.

    The likeliest course over the whole clip: a switch costs, so a single odd span follows its neighbours.
    """
    if not voiced:
        return []
    guesses = [_guess(model, waveform, span) for span in voiced]
    codes = sorted({code for guess in guesses for code in guess})
    probabilities = np.array([[guess.get(code, 0.0) for code in codes] for guess in guesses])
    seconds = np.array([span.end_sec - span.start_sec for span in voiced])
    course = smooth(probabilities, seconds)
    return list(_runs(codes, probabilities, seconds, course))


def _guess(model: "WhisperModel", waveform: Float32[np.ndarray, " N"], span: Span) -> dict[str, float]:
    """Whisper's probability of each language. Its encoder reads the span with a little silence, not 30 s."""
    start = max(0, round((span.start_sec - MARGIN_SEC) * SAMPLE_RATE))
    end = round((span.end_sec + MARGIN_SEC) * SAMPLE_RATE)
    padded = np.pad(waveform[start:end], (0, round(SILENCE_SEC * SAMPLE_RATE)))
    features = model.feature_extractor(padded)[:, :MAX_FRAMES]
    (guesses,) = model.model.detect_language(model.encode(features))
    return {token.strip("<|>"): probability for token, probability in guesses}


def smooth(
    probabilities: Float[np.ndarray, "spans languages"], seconds: Float[np.ndarray, " spans"]
) -> Int[np.ndarray, " spans"]:
    """The likeliest language of each span (Viterbi), where evidence grows with a span's time and each switch costs."""
    evidence = np.log(np.maximum(probabilities, MIN_PROB)) * (seconds / SURE_SEC)[:, None]
    score = np.zeros(probabilities.shape[1])
    came_from = np.zeros(probabilities.shape, int)
    for index, gained in enumerate(evidence):
        best = int(score.argmax())
        switches = score < score[best] - SWITCH_COST
        came_from[index] = np.where(switches, best, np.arange(len(score)))
        score = np.maximum(score, score[best] - SWITCH_COST) + gained
    course = np.zeros(len(probabilities), int)
    state = int(score.argmax())
    for index in range(len(probabilities) - 1, -1, -1):
        course[index] = state
        state = came_from[index, state]
    return course


def _runs(
    codes: Sequence[str],
    probabilities: Float[np.ndarray, "spans languages"],
    seconds: Float[np.ndarray, " spans"],
    course: Int[np.ndarray, " spans"],
) -> Iterable[SpokenLanguage]:
    """A run of one language shares its probability: the mean over its time."""
    for language, run in groupby(range(len(course)), key=lambda index: course[index]):
        spans = list(run)
        probability = float(np.average(probabilities[spans, language], weights=seconds[spans]))
        yield from [SpokenLanguage(codes[language], probability)] * len(spans)
