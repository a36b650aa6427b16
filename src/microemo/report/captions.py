"""Captions: what is said, and what the speaker feels, for players; SubRip and WebVTT."""

from collections.abc import Sequence

from microemo.report import tiers
from microemo.report.people import moments, several
from microemo.schema import KeyFrame, ResultRecord

SRT, VTT = "captions.srt", "captions.vtt"


def render_srt(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    return _render(result, "srt")


def render_vtt(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    return _render(result, "vtt")


def _render(result: ResultRecord, name: str) -> bytes:
    """A cue an utterance: the words, below them in brackets who feels what."""
    import pysubs2

    cues = pysubs2.SSAFile()
    for moment in moments(result):
        start, end = (max(0, round(1000 * at)) for at in (moment.utterance.start_sec, moment.utterance.end_sec))
        felt = [
            (f"{part.person}: " if several(result) else "") + ", ".join(one.label for one in part.answer.emotions)
            for part in moment.parts
            if part.answer.emotions
        ]
        said = _plain(moment.utterance.text)
        who = f"{_plain(moment.utterance.speaker)}: " if moment.utterance.speaker and said else ""
        lines = [*([who + said] if said else []), *([f"[{'; '.join(felt)}]"] if felt else [])]
        if lines:
            last = max(end, start + tiers.SHORTEST_MS)
            cue = pysubs2.SSAEvent(start=start, end=last)
            cue.plaintext = "\n".join(lines)
            cues.append(cue)
    return cues.to_string(name).encode()


def _plain(text: str) -> str:
    """On one line, and without what players take for marks of their own."""
    return " ".join(text.replace("-->", "\N{RIGHTWARDS ARROW}").split())
