"""Utterances are cut where the speaker changes; names in subtitles are a diarisation of their own."""

from microemo.perception.asr import Word
from microemo.perception.diarisation import Diarisation, SpeakerTurn
from microemo.perception.speakers import cut_at_changes, named
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
CUES = (
    Utterance(index=0, start_sec=0.0, end_sec=2.9, text="Both at once.", source="subtitle", speaker="ANNA"),
    Utterance(index=1, start_sec=3.0, end_sec=4.0, text="Hm.", source="subtitle"),
    Utterance(index=2, start_sec=5.0, end_sec=6.4, text="Good.", source="subtitle", speaker="BEN"),
)


def test_an_utterance_of_two_speakers_is_cut() -> None:
    cut = cut_at_changes(SPEECH, TWO).utterances
    assert [(one.index, one.text) for one in cut] == [(0, "How are you?"), (1, "Fine, thanks."), (2, ""), (3, "Good.")]
    assert [one.span for one in cut] == [Span(0.0, 1.4), Span(2.0, 2.9), Span(3.0, 4.9), Span(5.0, 5.4)]


def test_voice_without_words_is_cut_between_the_turns() -> None:
    wordless = Speech((Utterance(index=0, start_sec=0.0, end_sec=6.0, source="window"),), (), SPEECH.voiced)
    cut = cut_at_changes(wordless, TWO).utterances
    assert [one.span for one in cut] == [Span(0.0, 1.7), Span(1.7, 3.95), Span(3.95, 6.0)]


def test_one_voice_alone_changes_nothing() -> None:
    assert cut_at_changes(SPEECH, Diarisation((SpeakerTurn(0, Span(0.0, 5.4)),))) is SPEECH
    assert cut_at_changes(SPEECH, Diarisation(())) is SPEECH


def test_subtitles_are_not_cut() -> None:
    assert cut_at_changes(Speech(CUES, WORDS, SPEECH.voiced), TWO).utterances == CUES


def test_names_in_subtitles_say_who_speaks_while_a_voice_is_heard() -> None:
    found = named(Speech(CUES, (), (Span(0.5, 2.0), Span(3.1, 3.9))))
    assert found is not None and found.names == ("ANNA", "BEN")
    assert found.turns == (SpeakerTurn(0, Span(0.5, 2.0)), SpeakerTurn(1, Span(5.0, 6.4)))  # Ben's cue: no voice
    assert named(SPEECH) is None
