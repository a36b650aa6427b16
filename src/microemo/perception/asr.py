"""Voice activity by silero VAD and words with times by Whisper, both streamed over the waveform."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float32

from microemo.device import CPU
from microemo.media.audio import SAMPLE_RATE
from microemo.spans import Span

VOICE_THRESHOLD = 0.35  # silero's own 0.5 misses more of what is screamed, and noise stays below 0.1
MIN_VOICE_SEC = 0.2
MIN_SILENCE_SEC = 0.3
VOICE_MARGIN_SEC = 0.06
MAX_SPAN_SEC = 28.0  # Whisper hears 30 s at a time
SPAN_MARGIN_SEC = 0.3
MIN_WORD_SEC = 0.02  # Whisper's own time step; it gives some words no time at all

# What Whisper itself considers failed (its own defaults), stricter on silence since VAD has cut most of it away.
MAX_NO_SPEECH_PROB = 0.6
MIN_LOG_PROB = -1.0
MAX_COMPRESSION_RATIO = 2.4


class Word(NamedTuple):
    """A spoken word with its punctuation; times in seconds."""

    text: str
    start_sec: float
    end_sec: float


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
    waveform: Float32[np.ndarray, " N"], voiced: Sequence[Span], model_dir: Path, device: torch.device = CPU
) -> Iterator[list[Word]]:
    """Words spoken in the voiced spans, at most 30 s at a time (Whisper, as a CTranslate2 folder).

    Greedy and deterministic. Hallucinations are kept out: text that Whisper itself gives no credit, and words placed
    where there is no voice.
    """
    from faster_whisper import WhisperModel

    num_threads = min(4, os.cpu_count() or 1)
    model = WhisperModel(str(model_dir), **_placement(device), cpu_threads=num_threads, local_files_only=True)
    for group in _audible_at_once(voiced):
        start = max(0, round((group[0].start_sec - SPAN_MARGIN_SEC) * SAMPLE_RATE))
        end = round((group[-1].end_sec + SPAN_MARGIN_SEC) * SAMPLE_RATE)
        segments, _ = model.transcribe(
            np.array(waveform[start:end]),
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        heard = [word for segment in segments if _is_credible(segment) for word in segment.words]
        offset_sec = start / SAMPLE_RATE
        words = [Word(w.word.strip(), float(w.start + offset_sec), float(w.end + offset_sec)) for w in heard]
        yield list(place_words(words, group))


def _placement(device: torch.device) -> dict[str, Any]:
    """CTranslate2's words for a device; it knows CPUs and CUDA alone."""
    if device.type == "cuda":
        return {"device": "cuda", "device_index": device.index or 0, "compute_type": "int8_float16"}
    return {"device": "cpu", "compute_type": "int8"}


def _audible_at_once(voiced: Sequence[Span]) -> Iterator[list[Span]]:
    """Neighbouring spans that Whisper can hear at once."""
    group: list[Span] = []
    for span in voiced:
        if group and span.end_sec - group[0].start_sec > MAX_SPAN_SEC:
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def _is_credible(segment: Any) -> bool:
    return (
        segment.avg_logprob > MIN_LOG_PROB
        and segment.compression_ratio < MAX_COMPRESSION_RATIO
        and segment.no_speech_prob < MAX_NO_SPEECH_PROB
    )


def place_words(words: Sequence[Word], voiced: Sequence[Span]) -> Iterator[Word]:
    """Cut each word to the voiced span it falls in and to the end of the word before; drop it where in none."""
    free_sec = 0.0
    for text, start_sec, end_sec in words:
        span = max(voiced, key=lambda v: min(end_sec, v.end_sec) - max(start_sec, v.start_sec))
        cut_sec = max(start_sec, span.start_sec, free_sec)
        if end_sec >= span.start_sec and cut_sec < span.end_sec:
            free_sec = min(max(end_sec, cut_sec + MIN_WORD_SEC), span.end_sec)
            yield Word(text, cut_sec, free_sec)
