"""Utterances get their speakers: cut where the speaker changes, and named as they are first heard."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from string import ascii_uppercase

from microemo.perception.asr import Word
from microemo.perception.diarisation import Diarisation
from microemo.perception.spoken_language import UNSPACED
from microemo.perception.utterances import Speech
from microemo.schema import Utterance
from microemo.spans import Span


def with_speakers(speech: Speech, diarisation: Diarisation) -> Speech:
    """The same speech, each utterance with its speaker ("A", "B", …); who is named by subtitles keeps that name.

    A recognised utterance of several becomes one of each. Where there is one voice alone, nothing changes.
    """
    if diarisation.num_speakers < 2:
        return speech
    cut = [one for utterance in speech.utterances for one in _by_speaker(utterance, speech.words, diarisation)]
    return replace(speech, utterances=tuple(one.model_copy(update={"index": index}) for index, one in enumerate(cut)))


def _by_speaker(utterance: Utterance, words: Sequence[Word], diarisation: Diarisation) -> Iterator[Utterance]:
    if utterance.speaker is not None:
        yield utterance
        return
    spoken = [word for word in words if utterance.start_sec <= (word.start_sec + word.end_sec) / 2 < utterance.end_sec]
    runs = diarisation.split_words(spoken) if utterance.source == "asr" else []
    if len(runs) < 2:
        yield utterance.model_copy(update={"speaker": _name(diarisation.speaker_of(utterance.span))})
        return
    space = "" if utterance.language in UNSPACED else " "
    for run in runs:
        span = Span(run[0].start_sec, run[-1].end_sec)
        yield utterance.model_copy(
            update={
                "start_sec": span.start_sec,
                "end_sec": span.end_sec,
                "text": space.join(word.text for word in run),
                "speaker": _name(diarisation.speaker_of(span)),
            }
        )


def _name(speaker: int | None) -> str | None:
    """A to Z, then A2 and on."""
    if speaker is None:
        return None
    letter, round_ = ascii_uppercase[speaker % 26], speaker // 26
    return letter if not round_ else f"{letter}{round_ + 1}"
