"""Utterances and who says them: names in subtitles as a diarisation, and utterances cut where the speaker changes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from microemo.perception.asr import Word
from microemo.perception.diarisation import Diarisation, from_spans
from microemo.perception.spoken_language import UNSPACED
from microemo.perception.utterances import Speech
from microemo.schema import Utterance
from microemo.spans import Span, shared


def named(speech: Speech) -> Diarisation | None:
    """Who speaks when, as subtitles have it, where a voice is heard; None where they name nobody."""
    names = list(dict.fromkeys(utterance.speaker for utterance in speech.utterances if utterance.speaker))
    if not names:
        return None
    spoken = [
        (names.index(one.speaker), span)
        for one in speech.utterances
        if one.speaker
        for span in shared([one.span], speech.voiced) or [one.span]
    ]
    return replace(from_spans(spoken), names=tuple(names))


def cut_at_changes(speech: Speech, diarisation: Diarisation) -> Speech:
    """The same speech, a recognised utterance of several speakers as one of each; subtitles stay as they are."""
    if diarisation.num_speakers < 2:
        return speech
    cut = [one for utterance in speech.utterances for one in _by_speaker(utterance, speech.words, diarisation)]
    return replace(speech, utterances=tuple(one.model_copy(update={"index": index}) for index, one in enumerate(cut)))


def _by_speaker(utterance: Utterance, words: Sequence[Word], diarisation: Diarisation) -> Iterator[Utterance]:
    spoken = [word for word in words if utterance.start_sec <= (word.start_sec + word.end_sec) / 2 < utterance.end_sec]
    runs = diarisation.split_words(spoken) if utterance.source == "asr" else []
    if len(runs) < 2:
        yield utterance
        return
    space = "" if utterance.language in UNSPACED else " "
    for run in runs:
        span = Span(run[0].start_sec, run[-1].end_sec)
        yield utterance.model_copy(
            update={**span._asdict(), "text": space.join(word.text for word in run)},
        )
