"""Subtitles given by the user: who says what, and when."""

import html
import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pysubs2

from microemo.errors import InputError
from microemo.media import transcripts
from microemo.media.container import Warn
from microemo.media.probe import MediaInfo

FORMATS = {"srt", "vtt", "ass", "ssa"}
READING_CHARS_PER_SEC = 15.0  # times a cue that was given no length

HOUR_SEC = 3600.0

ENDS_BEFORE_ZERO = re.compile(r"^(?:\d+\n)?[ \t]*-?[\d:.,]+[ \t]*-->[ \t]*-\d[^\n]*(?:\n[^\n]+)*", re.MULTILINE)
BEGINS_BEFORE_ZERO = re.compile(r"^[ \t]*-[\d:.,]+(?=[ \t]*-->)", re.MULTILINE)
ZERO = "00:00:00.000"
VTT_BLOCK = re.compile(r"^(?:NOTE|STYLE|REGION)\b.*?(?=\n[ \t]*\n|\Z)", re.DOTALL | re.MULTILINE)
CUE_IDENTIFIER = re.compile(r"(?<=\n\n)[^\n]+\n(?=[^\n]*-->)")
VOICE_TAG = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
TAG = re.compile(r"<[^>]*>")
DIALOGUE_DASH = re.compile(r"[-–—]\s*(?=\D)")  # noqa: RUF001
SPEAKER = re.compile(r"([^:]{1,30}):\s+(.+)")


class Cue(NamedTuple):
    """One speaker's turn; in seconds, start_sec < end_sec. Turns of several speakers may overlap."""

    start_sec: float
    end_sec: float
    text: str
    speaker: str | None = None


PlainCue = tuple[float, float, str] | tuple[float, float, str, str | None]
Subtitles: TypeAlias = Path | str | Sequence[Cue | PlainCue]
"""As a caller has them: a file's path, or cues; plain tuples of the same fields will do."""


def load(given: Subtitles) -> list[Cue]:
    """Cues in time order; one that ends at infinity lasts until the clip ends.

    Raises ``InputError`` where the file, or a cue, cannot be used.
    """
    if isinstance(given, Path | str):
        return read(given)
    if not isinstance(given, Sequence):
        raise InputError(f"{given!r}: no subtitles; give a file, or cues of start_sec, end_sec, text")
    return _in_order(_checked(number, cue) for number, cue in enumerate(given, start=1))


def for_clip(given: Subtitles, info: MediaInfo, warn: Warn) -> list[Cue]:
    """``load``, on the clock of a clip, and without what lies beyond its end.

    Broadcasters count from 10:00:00, say. Cues that lie beyond the end are moved back by the clip's own timecode or,
    where all do, by whole hours, if they then lie within; a warning says by how much, another how many are left out.
    Raises ``InputError`` also where all would be.
    """
    cues = load(given)
    shift_sec = _shift_sec(cues, info)
    moved = [cue._replace(start_sec=cue.start_sec - shift_sec, end_sec=cue.end_sec - shift_sec) for cue in cues]
    kept = [cue for cue in moved if cue.start_sec < info.duration_sec]
    name = given if isinstance(given, Path | str) else "the subtitles"
    if cues and not kept:
        raise InputError(
            f"{name}: the first begins at {_clock(cues[0].start_sec)}, after the end of {info.path} at "
            f"{_clock(info.duration_sec)}; give those of this recording, on its clock"
        )
    if shift_sec:
        warn(f"{name}: they begin at {_clock(cues[0].start_sec)}, and were moved back by {_clock(shift_sec)}")
    if len(kept) < len(cues):
        warn(f"{name}: {len(cues) - len(kept)} of {len(cues)} begin after the end of the clip and are left out")
    return kept


def _shift_sec(cues: Sequence[Cue], info: MediaInfo) -> float:
    """By how much cues beyond the clip's end are to be moved back; 0 where nothing brings them into the clip.

    Where some lie within as they are, all must then; where none does, half of them: the clip may have been cut.
    """

    def num_beyond(shift_sec: float) -> int:
        return sum(cue.start_sec - shift_sec >= info.duration_sec for cue in cues)

    if not num_beyond(0.0):
        return 0.0
    is_none_within = num_beyond(0.0) == len(cues)
    hours_sec = cues[0].start_sec // HOUR_SEC * HOUR_SEC if is_none_within else 0.0
    for shift_sec in (info.timecode_sec or 0.0, hours_sec):
        if 0 < shift_sec <= cues[0].start_sec and num_beyond(shift_sec) <= is_none_within * len(cues) / 2:
            return shift_sec
    return 0.0


def _clock(time_sec: float) -> str:
    seconds = round(time_sec)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _in_order(cues: Iterable[Cue]) -> list[Cue]:
    return sorted(cues, key=lambda cue: (cue.start_sec, cue.end_sec))


def _checked(number: int, cue: Sequence[Any]) -> Cue:
    try:
        start, end, text, speaker = Cue(*cue)
        if 0 <= start < end and start < math.inf and isinstance(text, str) and isinstance(speaker, str | None):
            return Cue(float(start), float(end), text, speaker)
    except TypeError:
        pass
    raise InputError(
        f"cue {number} of the subtitles, {cue!r}: give start_sec, end_sec (later), text and, if known, speaker"
    )


def read(path: Path | str) -> list[Cue]:
    """Read subtitles (SRT, WebVTT, ASS) or a transcript (EAF, TextGrid) as turns in time order.

    Raises ``InputError`` where they are none of these. What follows is of subtitles; ``transcripts`` has the other two.

    A cue of several speakers (voice tags, lines that begin with a dash or with NAME:) becomes one turn each, which
    share its time by their length. Formatting is stripped, cues without text, or over before time 0, are left out. One
    without a length lasts as long as reading it, or until the next.
    """
    if Path(path).suffix.lower() in transcripts.READERS:
        return _in_order(Cue(*said, speaker) for said, speaker in transcripts.read(Path(path)))
    text = _decode(Path(path))
    text = VTT_BLOCK.sub("", text) if text.startswith("WEBVTT") else text
    text = ENDS_BEFORE_ZERO.sub("", CUE_IDENTIFIER.sub("", text))
    try:
        subtitles = pysubs2.SSAFile.from_string(BEGINS_BEFORE_ZERO.sub(ZERO, text), keep_unknown_html_tags=True)
    except (pysubs2.Pysubs2Error, ValueError):
        subtitles = None
    if subtitles is None or subtitles.format not in FORMATS or not subtitles.events:
        raise InputError(f"{path} holds no subtitles that can be read; give an SRT, WebVTT, ASS, EAF or TextGrid file")
    starts_sec = sorted({event.start / 1000 for event in subtitles if event.is_text})
    cues = (cue for event in subtitles if event.is_text for cue in _cues(event, starts_sec))
    return _in_order(cues)


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; check the path of the subtitles") from None
    encodings = ["utf-16"] if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:  # latin-1 accepts anything; what is not text fails as subtitles
        try:
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    raise InputError(f"{path} is not text; save the subtitles as UTF-8")


def _cues(event: pysubs2.SSAEvent, starts_sec: Sequence[float]) -> Iterator[Cue]:
    turns = list(_turns(event))
    num_chars = sum(len(text) for _, text in turns)
    start_sec, end_sec = event.start / 1000, event.end / 1000
    if end_sec <= start_sec:
        following = bisect_right(starts_sec, start_sec)
        reading_sec = max(1.0, num_chars / READING_CHARS_PER_SEC)
        end_sec = min([start_sec + reading_sec, *starts_sec[following : following + 1]])
    for speaker, text in turns:
        turn_end_sec = min(end_sec, start_sec + (end_sec - event.start / 1000) * len(text) / num_chars)
        yield Cue(start_sec, turn_end_sec, text, speaker)
        start_sec = turn_end_sec


def _turns(event: pysubs2.SSAEvent) -> Iterator[tuple[str | None, str]]:
    """Speaker and text of each turn in a cue."""
    before, *voices = VOICE_TAG.split(event.plaintext)
    for voice, text in [(event.name or None, before), *zip(voices[::2], voices[1::2], strict=True)]:
        turns: list[tuple[str | None, list[str]]] = []
        for line in _plain(text).split("\n"):
            speaker, said = _split_speaker(DIALOGUE_DASH.sub("", line, count=1) if DIALOGUE_DASH.match(line) else line)
            if not turns or speaker or DIALOGUE_DASH.match(line):
                turns.append((speaker or voice, []))
            turns[-1][1].append(said)
        yield from ((speaker, said) for speaker, lines in turns if (said := " ".join(lines).strip()))


def _plain(text: str) -> str:
    text = html.unescape(TAG.sub("", text))
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def _split_speaker(line: str) -> tuple[str | None, str]:
    match = SPEAKER.fullmatch(line)
    return (match[1], match[2]) if match and match[1].isupper() else (None, line)
