"""Utterances and who says them: names in subtitles as a diarisation, and utterances cut where the speaker changes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from microemo.perception.asr import Word
from microemo.perception.diarisation import Diarisation, from_spans
from microemo.perception.spoken_language import UNSPACED
from microemo.perception.utterances import Speech
from microemo.schema import Utterance
from microemo.spans import common


def named(speech: Speech) -> Diarisation | None:
    """Who speaks when, as subtitles have it, where a voice is heard; None where they name nobody."""
    names = list(dict.fromkeys(utterance.speaker for utterance in speech.utterances if utterance.speaker))
    if not names:
        return None
    spoken = [
        (names.index(one.speaker), span)
        for one in speech.utterances
        if one.speaker
        for span in common([one.span], speech.voiced) or [one.span]
    ]
    return replace(from_spans(spoken), names=tuple(names))


def cut_at_changes(speech: Speech, diarisation: Diarisation) -> Speech:
    """The same speech, what several speakers say as an utterance of each; subtitles stay as they are."""
    if diarisation.num_speakers < 2:
        return speech
    cut = [one for utterance in speech.utterances for one in _by_speaker(utterance, speech.words, diarisation)]
    return replace(speech, utterances=tuple(one.model_copy(update={"index": index}) for index, one in enumerate(cut)))


def _by_speaker(utterance: Utterance, words: Sequence[Word], diarisation: Diarisation) -> Iterator[Utterance]:
    if utterance.source == "subtitle":
        yield utterance
    elif not utterance.text:
        for span in diarisation.split(utterance.span):
            yield utterance.model_copy(update=span._asdict())
    else:
        start, end = utterance.span
        spoken = [word for word in words if start <= (word.start_sec + word.end_sec) / 2 < end]
        runs = diarisation.split_words(spoken)
        yield from (_of_words(utterance, run) for run in runs) if len(runs) > 1 else [utterance]


def _of_words(utterance: Utterance, words: Sequence[Word]) -> Utterance:
    """The part of an utterance that has these words."""
    text = ("" if utterance.language in UNSPACED else " ").join(word.text for word in words)
    return utterance.model_copy(update={"start_sec": words[0].start_sec, "end_sec": words[-1].end_sec, "text": text})
