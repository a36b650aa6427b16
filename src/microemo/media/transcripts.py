"""Transcripts that people have made in ELAN or Praat, as turns: who says what, and when."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from microemo.errors import InputError
from microemo.extras import require

EXTRA = "formats"
NAMES = [
    re.compile(name, re.IGNORECASE) for name in (r"transcri\w*", r"utterances?|speech|orthograph\w*|text", r"words?")
]
"""What tiers of transcripts are called, the plainest first: "words" may be another's notes on them."""

SILENCE = {"", "#", "sil", "<sil>", "sp", "spn", "<p:>", "<nib>", "xxx"}  # what aligners write where nobody speaks
WORD_BY_WORD = 1.5  # words an annotation, up to which a tier is an aligner's, and its words are joined
PAUSE_SEC, TURN_SEC = 0.5, 10.0  # between words of a turn, at most; of a turn


class Said(NamedTuple):
    """A stretch of a tier, in seconds of the recording, start_sec < end_sec."""

    start_sec: float
    end_sec: float
    text: str


class SpokenTier(NamedTuple):
    name: str
    participant: str | None
    said: tuple[Said, ...]

    @property
    def num_words(self) -> int:
        return sum(len(one.text.split()) for one in self.said)


def read(path: Path) -> Iterator[tuple[Said, str | None]]:
    """What is said in an EAF or TextGrid file, and by whom where tiers tell it.

    Of tiers, those are read that are named as transcripts are, else the one with most words. Raises ``InputError``
    where there is none, or the file cannot be read, and ``MicroEmoError`` without the extra ``formats``.
    """
    tiers = [tier for tier in READERS[path.suffix.lower()](path) if tier.num_words]
    if not tiers:
        raise InputError(f"{path}: no tier with words in it; name the one with the transcript 'transcript'")
    for tier, rest in _transcripts(tiers):
        speaker = tier.participant or rest.strip(" -_@:/.") or None
        yield from ((one, speaker) for one in _turns(tier))


def _transcripts(tiers: Sequence[SpokenTier]) -> list[tuple[SpokenTier, str]]:
    """The tiers to read, each with what else its name says."""
    for name in NAMES:
        if named := [(tier, name.sub("", tier.name, count=1)) for tier in tiers if name.search(tier.name)]:
            return named
    return [(max(tiers, key=lambda tier: tier.num_words), "")]


def _elan(path: Path) -> Iterator[SpokenTier]:
    """Times of annotations begin where the recording is at TIME_ORIGIN."""
    elan = require("pympi.Elan", EXTRA)
    try:
        eaf = elan.Eaf(str(path), suppress_version_warning=True)
        origin_ms = float(next((media.get("TIME_ORIGIN") or 0 for media in eaf.get_linked_files()), 0))
        for name in eaf.get_tier_names():
            spans = [annotation[:3] for annotation in eaf.get_annotation_data_for_tier(name)]
            participant = eaf.get_parameters_for_tier(name).get("PARTICIPANT") or None
            moved = [((start + origin_ms) / 1000, (end + origin_ms) / 1000, text) for start, end, text in spans]
            yield SpokenTier(name, participant, _said(moved))
    except Exception as error:  # pympi raises whatever a damaged file leads it to
        raise _unreadable(path, "an ELAN file (EAF)", error) from error


def _praat(path: Path) -> Iterator[SpokenTier]:
    textgrid = require("praatio.textgrid", EXTRA)
    try:
        grid = textgrid.openTextgrid(
            str(path), includeEmptyIntervals=False, reportingMode="silence", duplicateNamesMode="rename"
        )
        intervals = [tier for tier in grid.tiers if isinstance(tier, textgrid.IntervalTier)]
        for tier in intervals:
            yield SpokenTier(tier.name, None, _said([(one.start, one.end, one.label) for one in tier.entries]))
    except Exception as error:  # praatio raises whatever a damaged file leads it to
        raise _unreadable(path, "a TextGrid", error) from error


READERS: Mapping[str, Callable[[Path], Iterator[SpokenTier]]] = {".eaf": _elan, ".textgrid": _praat}


def _unreadable(path: Path, kind: str, error: Exception) -> InputError:
    if isinstance(error, OSError):
        return InputError(f"{path} cannot be read: {error.strerror or error}; check the path of the subtitles")
    return InputError(f"{path} is not {kind} that can be read; save it again from its program")


def _said(spans: Sequence[tuple[float, float, str]]) -> tuple[Said, ...]:
    """What is said, in time order, without marks of silence and what is over before the recording begins."""
    told = (Said(max(0.0, start), end, " ".join(str(text).split())) for start, end, text in spans)
    return tuple(sorted(one for one in told if one.text.lower() not in SILENCE and one.end_sec > one.start_sec))


def _turns(tier: SpokenTier) -> Iterator[Said]:
    """A tier's stretches; the words of an aligner joined into turns."""
    if tier.num_words > WORD_BY_WORD * len(tier.said):
        yield from tier.said
        return
    first, *others = tier.said
    turn = first
    for one in others:
        if one.start_sec - turn.end_sec <= PAUSE_SEC and one.end_sec - turn.start_sec <= TURN_SEC:
            turn = Said(turn.start_sec, max(turn.end_sec, one.end_sec), f"{turn.text} {one.text}")
        else:
            yield turn
            turn = one
    yield turn
