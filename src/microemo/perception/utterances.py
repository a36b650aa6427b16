"""Who says what, and when: the utterances that give the model its windows (paper section 3.2).

Given subtitles are taken as they are; else silero VAD finds the voice and Whisper the words. Spans in which
nothing is said become windows of their own, so that a clip without dialogue is watched as closely as one with it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32

from microemo.device import CPU
from microemo.hooks import Hook, silent
from microemo.media.subtitles import Cue
from microemo.perception.asr import LeftOut, Word, find_voice, recognize
from microemo.perception.spoken_language import UNSPACED
from microemo.schema import Utterance, UtteranceSource
from microemo.spans import Span, clock

PAUSE_SEC = 0.6  # a longer pause ends an utterance
MIN_SENTENCE_SEC = 1.0  # a shorter sentence ("Oh. No.") is joined with the next
MAX_UTTERANCE_SEC = 15.0
MIN_GAP_SEC = 1.0  # a longer span without an utterance gets windows
MAX_WINDOW_SEC = 8.0
FIXED_WINDOW_SEC = 4.5  # where there is no voice at all

SENTENCE_ENDS = (*".?!\u2026", *"\u3002\uff1f\uff01", "\u061f", "\u0964")  # Latin; CJK; Arabic; Devanagari
MAX_LISTED = 5  # spans that a warning names
ABBREVIATIONS = {"mr.", "mrs.", "ms.", "dr.", "st.", "jr.", "sr.", "vs."}


@dataclass(frozen=True)
class Speech:
    """What is said in a clip, in time order.

    ``utterances`` fill the clip up to gaps of ``MIN_GAP_SEC``; they overlap only where subtitles do. ``words`` are
    the words of their text; under subtitles, times are estimated within the cue. ``voiced`` are the spans in
    which a voice is heard, with words or without; ``left_out`` is what of it speech recognition did not credibly
    understand.
    """

    utterances: tuple[Utterance, ...]
    words: tuple[Word, ...]
    voiced: tuple[Span, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def warnings(self) -> list[str]:
        """What is left out, a line a reason."""
        spans: dict[str, list[Span]] = {}
        for span, reason in self.left_out:
            spans.setdefault(reason, []).append(span)
        return [f"no words for {_listed(spans[reason])}: {reason}" for reason in spans]


def _listed(spans: Sequence[Span]) -> str:
    """The first spans of speech, as minutes and seconds."""
    shown = ", ".join(f"{clock(span.start_sec)}-{clock(span.end_sec)}" for span in spans[:MAX_LISTED])
    return shown if len(spans) <= MAX_LISTED else f"{shown} and {len(spans) - MAX_LISTED} more"


class Turn(NamedTuple):
    """An utterance to be: like ``Utterance``, not yet in order and numbered."""

    start_sec: float
    end_sec: float
    source: UtteranceSource = "window"
    text: str = ""
    speaker: str | None = None
    language: str | None = None


def find_speech(
    waveform: Float32[np.ndarray, " N"] | None,
    duration_sec: float,
    subtitles: Sequence[Cue] | None = None,
    asr_model_dir: Path | None = None,
    hook: Hook = silent,
    device: torch.device = CPU,
    language: str | None = None,
) -> Speech:
    """Divide a clip into utterances and windows, at least one where ``duration_sec`` > 0.

    waveform: 16 kHz mono, or None. Utterances with text come from ``subtitles`` (source "subtitle"), else from the
    Whisper model in the CTranslate2 folder ``asr_model_dir`` (source "asr"). All others are of source "window": voice
    without known words, the spans between utterances and, where there is no voice at all, equal windows of about
    ``FIXED_WINDOW_SEC``. ``language`` is the ISO 639-1 code of the words; by default that of subtitles stays
    unknown, and of speech it is found. Hook: step "speech", in seconds.
    """
    hook("speech", 0, duration_sec)
    voiced = [] if waveform is None else find_voice(waveform, duration_sec)
    words: list[Word] = []
    left_out: list[LeftOut] = []
    if subtitles is not None:
        turns = list(_subtitle_turns(subtitles, duration_sec, language))
        words = [word for turn in turns for word in _estimate_words(turn)]
    else:
        if waveform is not None and asr_model_dir is not None and voiced:
            for transcript in recognize(waveform, voiced, asr_model_dir, device, language):
                words += transcript.words
                left_out += transcript.left_out
                hook("speech", words[-1].end_sec if words else 0, duration_sec)
        turns = [_say(sentence) for sentence in split_sentences(words)]
        turns += _wordless_turns(voiced, turns)
    turns = sorted([*turns, *_silent_turns(turns, duration_sec)], key=lambda turn: turn[:2])
    hook("speech", duration_sec, duration_sec)
    utterances = tuple(Utterance(index=i, **turn._asdict()) for i, turn in enumerate(turns))
    return Speech(utterances, tuple(words), tuple(voiced), tuple(left_out))


def split_sentences(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Cut words into utterances: at sentence ends, pauses, changes of language and, without those, long breaths."""
    sentence: list[Word] = []
    for word in words:
        if sentence and _is_over(sentence, word):
            yield from _split_long(sentence)
            sentence = []
        sentence.append(word)
    if sentence:
        yield from _split_long(sentence)


def _is_over(sentence: Sequence[Word], next_word: Word) -> bool:
    last = sentence[-1]
    is_pause = next_word.start_sec - last.end_sec > PAUSE_SEC
    is_end = last.text.rstrip("\"'\u201d\u2019)").endswith(SENTENCE_ENDS) and last.text.lower() not in ABBREVIATIONS
    is_other_language = next_word.language != last.language
    return is_pause or is_other_language or (is_end and last.end_sec - sentence[0].start_sec >= MIN_SENTENCE_SEC)


def _split_long(sentence: list[Word]) -> Iterator[list[Word]]:
    if len(sentence) == 1 or sentence[-1].end_sec - sentence[0].start_sec <= MAX_UTTERANCE_SEC:
        yield sentence
        return
    breaths_sec = np.array([after.start_sec - before.end_sec for before, after in pairwise(sentence)])
    quarter = len(breaths_sec) // 4  # a cut near the middle leaves no crumbs
    cut = quarter + int(breaths_sec[quarter : len(breaths_sec) - quarter].argmax()) + 1
    yield from _split_long(sentence[:cut])
    yield from _split_long(sentence[cut:])


def _say(sentence: Sequence[Word]) -> Turn:
    language = sentence[0].language
    text = ("" if language in UNSPACED else " ").join(word.text for word in sentence)
    return Turn(sentence[0].start_sec, sentence[-1].end_sec, "asr", text, language=language)


def _subtitle_turns(cues: Sequence[Cue], duration_sec: float, language: str | None) -> Iterator[Turn]:
    for cue in cues:
        if cue.start_sec < duration_sec:
            yield Turn(cue.start_sec, min(cue.end_sec, duration_sec), "subtitle", cue.text, cue.speaker, language)


def _estimate_words(turn: Turn) -> Iterator[Word]:
    """The words of a turn, each with its share of the turn's time by length."""
    texts = turn.text.split()
    num_chars = sum(map(len, texts))
    start_sec = turn.start_sec
    for text in texts:
        end_sec = start_sec + (turn.end_sec - turn.start_sec) * len(text) / num_chars
        yield Word(text, start_sec, end_sec, turn.language)
        start_sec = end_sec


def _wordless_turns(voiced: Sequence[Span], turns: Sequence[Turn]) -> Iterator[Turn]:
    """Voice that no turn accounts for: cries, laughs, other languages, or no speech recognition."""
    merged: list[Span] = []
    may_merge = False
    for span in voiced:
        if any(turn.start_sec < span.end_sec and span.start_sec < turn.end_sec for turn in turns):
            may_merge = False
        elif may_merge and span.start_sec - merged[-1].end_sec <= PAUSE_SEC:
            merged[-1] = Span(merged[-1].start_sec, span.end_sec)
        else:
            merged.append(span)
            may_merge = True
    for span in merged:
        yield from _divide(span, math.ceil((span.end_sec - span.start_sec) / MAX_UTTERANCE_SEC))


def _silent_turns(turns: Sequence[Turn], duration_sec: float) -> Iterator[Turn]:
    """Windows over what the turns leave: equal parts of each gap."""
    if not turns and duration_sec > 0:
        yield from _divide(Span(0, duration_sec), max(1, round(duration_sec / FIXED_WINDOW_SEC)))
        return
    covered_sec = 0.0
    for start_sec, end_sec in [*sorted(turn[:2] for turn in turns), (duration_sec, duration_sec)]:
        if start_sec - covered_sec > MIN_GAP_SEC:
            gap = Span(covered_sec, start_sec)
            yield from _divide(gap, math.ceil((start_sec - covered_sec) / MAX_WINDOW_SEC))
        covered_sec = max(covered_sec, end_sec)


def _divide(span: Span, num_windows: int) -> Iterator[Turn]:
    edges = [float(edge) for edge in np.linspace(*span, num_windows + 1)]
    yield from (Turn(start_sec, end_sec) for start_sec, end_sec in pairwise(edges))
