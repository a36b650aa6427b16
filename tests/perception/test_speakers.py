"""Utterances get their speakers from the diarisation."""

from microemo.perception.asr import Word
from microemo.perception.diarisation import Diarisation, SpeakerTurn
from microemo.perception.speakers import with_speakers
from microemo.perception.utterances import Speech
from microemo.schema import Utterance
from microemo.spans import Span

WORDS = tuple(
    Word(text, start, start + 0.4, "en")
    for text, start in (("How", 0.0), ("are", 0.5), ("you?", 1.0), ("Fine,", 2.0), ("thanks.", 2.5), ("Good.", 5.0))
)
UTTERANCES = (
    Utterance(index=0, start_sec=0.0, end_sec=2.9, text="How are you? Fine, thanks.", source="asr", language="en"),
    Utterance(index=1, start_sec=3.0, end_sec=4.9, source="window"),
    Utterance(index=2, start_sec=5.0, end_sec=5.4, text="Good.", source="asr", language="en"),
)
SPEECH = Speech(UTTERANCES, WORDS, (Span(0.0, 2.9), Span(5.0, 5.4)))
TWO = Diarisation((SpeakerTurn(0, Span(0.0, 1.5)), SpeakerTurn(1, Span(1.9, 2.9)), SpeakerTurn(0, Span(5.0, 5.4))))


def test_an_utterance_of_two_speakers_is_cut_and_all_are_named() -> None:
    named = with_speakers(SPEECH, TWO).utterances
    assert [(one.index, one.speaker, one.text) for one in named] == [
        (0, "A", "How are you?"), (1, "B", "Fine, thanks."), (2, None, ""), (3, "A", "Good."),
    ]  # fmt: skip
    assert [one.span for one in named] == [Span(0.0, 1.4), Span(2.0, 2.9), Span(3.0, 4.9), Span(5.0, 5.4)]


def test_one_voice_alone_changes_nothing() -> None:
    assert with_speakers(SPEECH, Diarisation((SpeakerTurn(0, Span(0.0, 5.4)),))) is SPEECH
    assert with_speakers(SPEECH, Diarisation(())) is SPEECH


def test_subtitles_names_stay_and_their_cues_are_not_cut() -> None:
    said = (
        Utterance(index=0, start_sec=0.0, end_sec=2.9, text="Both at once.", source="subtitle", speaker="ANNA"),
        Utterance(index=1, start_sec=5.0, end_sec=5.4, text="Good.", source="subtitle"),
    )
    named = with_speakers(Speech(said, WORDS, SPEECH.voiced), TWO).utterances
    assert [(one.speaker, one.text) for one in named] == [("ANNA", "Both at once."), ("A", "Good.")]
