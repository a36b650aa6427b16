"""Voice activity by silero VAD and words with times by Whisper, both streamed over the waveform."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float32

from microemo.device import CPU
from microemo.errors import InputError
from microemo.media.audio import SAMPLE_RATE
from microemo.perception.credibility import MIN_LANGUAGE_PROB, doubts
from microemo.perception.spoken_language import UNSPACED, SpokenLanguage, find_languages
from microemo.spans import Span

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import Segment

VOICE_THRESHOLD = 0.35  # silero's own 0.5 misses more of what is screamed, and noise stays below 0.1
MIN_VOICE_SEC = 0.2
MIN_SILENCE_SEC = 0.3
VOICE_MARGIN_SEC = 0.06
MAX_SPAN_SEC = 28.0  # Whisper hears 30 s at a time
SPAN_MARGIN_SEC = 0.3
MAX_THREADS = 4  # of recognition, which more do not make faster
MIN_WORD_SEC = 0.02  # Whisper's own time step; it gives some words no time at all


class Word(NamedTuple):
    """A spoken word with its punctuation; times in seconds. In Chinese and its like, a character.

    ``language`` is an ISO 639-1 code, None where nobody has said or found it.
    """

    text: str
    start_sec: float
    end_sec: float
    language: str | None = None


class LeftOut(NamedTuple):
    """Voice whose words are not credible, and why: a reason in a few words."""

    span: Span
    reason: str


class Transcript(NamedTuple):
    """What was said in a voiced span or several, and what of it is not known; in time order."""

    words: list[Word]
    left_out: list[LeftOut]


def find_voice(waveform: Float32[np.ndarray, " N"], duration_sec: float) -> list[Span]:
    """Spans of a 16 kHz waveform in which a voice is heard (silero VAD), at most ``MAX_SPAN_SEC`` long each."""
    num_threads = torch.get_num_threads()
    import silero_vad

    torch.set_num_threads(num_threads)  # silero_vad sets it to 1 on import
    probabilities = silero_vad.load_silero_vad(sequence=True).audio_forward(waveform)
    found = silero_vad.get_speech_timestamps_from_probs(
        probabilities,
        threshold=VOICE_THRESHOLD,
        min_speech_duration_ms=round(MIN_VOICE_SEC * 1000),
        min_silence_duration_ms=round(MIN_SILENCE_SEC * 1000),
        speech_pad_ms=round(VOICE_MARGIN_SEC * 1000),
        max_speech_duration_s=MAX_SPAN_SEC,
        audio_length_samples=len(waveform),
    )
    spans = (Span(v["start"] / SAMPLE_RATE, min(v["end"] / SAMPLE_RATE, duration_sec)) for v in found)
    return [span for span in spans if span.start_sec < span.end_sec]


def recognize(
    waveform: Float32[np.ndarray, " N"],
    voiced: Sequence[Span],
    model_dir: Path,
    device: torch.device = CPU,
    language: str | None = None,
) -> Iterator[Transcript]:
    """What is said in the voiced spans, at most 30 s at a time (Whisper, as a CTranslate2 folder).

    Greedy and deterministic. ``language`` is the ISO 639-1 code of all speech; by default it is found for each span.
    Words that are not credible (``credibility.doubts``), or placed where there is no voice, are left out. Raises
    ``InputError`` on a language that the model does not know.
    """
    from faster_whisper import WhisperModel

    num_threads = torch.get_num_threads()
    try:
        threads = min(MAX_THREADS, num_threads)
        model = WhisperModel(str(model_dir), **_placement(device), cpu_threads=threads, local_files_only=True)
        if language is not None and language not in model.supported_languages:
            known = ", ".join(model.supported_languages)
            raise InputError(f"{language}: this model of speech recognition knows {known}")
        if language is None and model.model.is_multilingual:
            languages = find_languages(model, waveform, voiced)
        else:
            languages = [SpokenLanguage(language or "en", 1.0)] * len(voiced)
        for group, spoken in _audible_at_once(voiced, languages):
            if spoken.probability < MIN_LANGUAGE_PROB:
                span = Span(group[0].start_sec, group[-1].end_sec)
                yield Transcript([], [LeftOut(span, "the language is uncertain")])
            else:
                yield _transcribe(model, waveform, group, spoken.code)
    finally:
        torch.set_num_threads(num_threads)  # CTranslate2 sets it to its own


def _transcribe(
    model: "WhisperModel", waveform: Float32[np.ndarray, " N"], group: Sequence[Span], language: str
) -> Transcript:
    start = max(0, round((group[0].start_sec - SPAN_MARGIN_SEC) * SAMPLE_RATE))
    end = round((group[-1].end_sec + SPAN_MARGIN_SEC) * SAMPLE_RATE)
    segments, _ = model.transcribe(
        np.array(waveform[start:end]),
        language=language,
        beam_size=1,
        temperature=0.0,
        condition_on_previous_text=False,
        word_timestamps=True,
    )
    heard = list(segments)
    said = [list(_words(segment, start / SAMPLE_RATE, language)) for segment in heard]
    words: list[Word] = []
    left_out: list[LeftOut] = []
    for segment, spoken, reason in zip(heard, said, doubts(heard, said, group), strict=True):
        if reason is None:
            words += spoken
        else:
            span = Span(segment.start + start / SAMPLE_RATE, segment.end + start / SAMPLE_RATE)
            left_out.append(LeftOut(span, reason))
    return Transcript(list(place_words(words, group)), left_out)


def _words(segment: "Segment", offset_sec: float, language: str) -> Iterator[Word]:
    """A segment's words; what Whisper writes without a space before it ("l" + "'air") belongs to the word before."""
    word: Word | None = None
    for part in segment.words or []:
        start_sec, end_sec = float(part.start + offset_sec), float(part.end + offset_sec)
        if word is not None and language not in UNSPACED and not part.word.startswith(" "):
            word = word._replace(text=word.text + part.word.strip(), end_sec=end_sec)
            continue
        if word is not None:
            yield word
        word = Word(part.word.strip(), start_sec, end_sec, language)
    if word is not None:
        yield word


def _placement(device: torch.device) -> dict[str, Any]:
    """CTranslate2's words for a device; it knows CPUs and CUDA alone."""
    if device.type == "cuda":
        return {"device": "cuda", "device_index": device.index or 0, "compute_type": "int8_float16"}
    return {"device": "cpu", "compute_type": "int8"}


def _audible_at_once(
    voiced: Sequence[Span], languages: Sequence[SpokenLanguage]
) -> Iterator[tuple[list[Span], SpokenLanguage]]:
    """Neighbouring spans of one language that Whisper can hear at once."""
    for spoken, run in groupby(zip(voiced, languages, strict=True), key=lambda pair: pair[1]):
        group: list[Span] = []
        for span, _ in run:
            if group and span.end_sec - group[0].start_sec > MAX_SPAN_SEC:
                yield group, spoken
                group = []
            group.append(span)
        yield group, spoken


def place_words(words: Sequence[Word], voiced: Sequence[Span]) -> Iterator[Word]:
    """Cut each word to the voiced span it falls in and to the end of the word before; drop it where in none."""
    free_sec = 0.0
    for text, start_sec, end_sec, language in words:
        span = max(voiced, key=lambda v: min(end_sec, v.end_sec) - max(start_sec, v.start_sec))
        cut_sec = max(start_sec, span.start_sec, free_sec)
        if end_sec >= span.start_sec and cut_sec < span.end_sec:
            free_sec = min(max(end_sec, cut_sec + MIN_WORD_SEC), span.end_sec)
            yield Word(text, cut_sec, free_sec, language)
