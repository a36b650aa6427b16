from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.media.subtitles import Cue
from microemo.perception import utterances
from microemo.perception.asr import Span, Word, find_voice, place_words
from microemo.perception.utterances import find_speech, split_sentences

DURATION_SEC = st.floats(0.05, 90)


def speak(text, start_sec=0.0, word_sec=0.3, pause_sec=0.1):
    """Words of even length, one after another."""
    step_sec = word_sec + pause_sec
    return [Word(w, start_sec + i * step_sec, start_sec + i * step_sec + word_sec) for i, w in enumerate(text.split())]


@pytest.fixture
def hear(monkeypatch, tmp_path):
    """find_speech with given results of voice activity detection and speech recognition."""

    def find(duration_sec, voiced, words=(), has_asr=True):
        monkeypatch.setattr(utterances, "find_voice", lambda waveform, duration_sec: voiced)
        monkeypatch.setattr(utterances, "recognize", lambda *_: iter([list(words)]))
        return find_speech(np.zeros(1, np.float32), duration_sec, asr_model_dir=tmp_path if has_asr else None)

    return find


def check(speech, duration_sec, may_overlap=False):
    found = speech.utterances
    assert [utterance.index for utterance in found] == list(range(len(found)))
    assert all(0 <= u.start_sec < u.end_sec <= duration_sec for u in found)
    assert [u.start_sec for u in found] == sorted(u.start_sec for u in found)
    covered_sec = 0.0
    for utterance in found:
        assert utterance.start_sec - covered_sec <= utterances.MIN_GAP_SEC
        assert may_overlap or utterance.start_sec >= covered_sec
        covered_sec = max(covered_sec, utterance.end_sec)
    assert found
    assert duration_sec - covered_sec <= utterances.MIN_GAP_SEC
    assert all((u.source == "window") == (u.text == "") for u in found)


@settings(deadline=None)
@given(DURATION_SEC)
def test_without_a_voice_equal_windows(duration_sec):
    speech = find_speech(None, duration_sec)
    check(speech, duration_sec)
    lengths = [u.end_sec - u.start_sec for u in speech.utterances]
    assert max(lengths) == pytest.approx(min(lengths))
    assert max(lengths) < 6.8
    assert duration_sec < 9 or min(lengths) > 3.5
    assert not speech.words and not speech.voiced


def test_nothing_in_an_empty_clip():
    assert find_speech(None, 0.0).utterances == ()


def test_silence_has_no_voice():
    speech = find_speech(np.zeros(16000 * 10, np.float32), 10.0)
    assert not speech.voiced
    check(speech, 10.0)


def test_finding_the_voice_leaves_torch_its_threads():
    torch = pytest.importorskip("torch")
    num_threads = torch.get_num_threads()
    torch.set_num_threads(2)
    find_voice(np.zeros(16000, np.float32), 1.0)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(num_threads)


CUES = st.builds(
    lambda start_sec, length_sec, text: Cue(start_sec, start_sec + length_sec, text),
    st.floats(0, 100),
    st.floats(0.01, 20),
    st.sampled_from(["Yes.", "What do you mean?", "- "]),
)


@settings(deadline=None)
@given(st.lists(CUES, max_size=8), DURATION_SEC)
def test_subtitles_are_taken_as_they_are(cues, duration_sec):
    cues = sorted(cues)
    speech = find_speech(None, duration_sec, subtitles=cues)
    check(speech, duration_sec, may_overlap=True)
    spoken = [(u.start_sec, u.end_sec, u.text) for u in speech.utterances if u.source == "subtitle"]
    expected = [(c.start_sec, min(c.end_sec, duration_sec), c.text) for c in cues if c.start_sec < duration_sec]
    assert sorted(spoken) == sorted(expected)
    assert all(word.start_sec < word.end_sec <= duration_sec + 1e-9 for word in speech.words)


def test_words_of_subtitles_share_the_cue():
    speech = find_speech(None, 10.0, subtitles=[Cue(2.0, 4.0, "no, really", "Ann")])
    assert speech.words == (Word("no,", 2.0, pytest.approx(2.6666667)), Word("really", pytest.approx(2.6666667), 4.0))
    sources = [(u.source, u.speaker, u.start_sec) for u in speech.utterances]
    assert sources == [("window", None, 0.0), ("subtitle", "Ann", 2.0), ("window", None, 4.0)]


def texts(sentences):
    return [" ".join(word.text for word in sentence) for sentence in sentences]


def test_sentences_end_at_full_stops_and_pauses():
    words = speak("Where is Dr. No? I asked you") + speak("and I ask again.", start_sec=4.0)
    assert texts(split_sentences(words)) == ["Where is Dr. No?", "I asked you", "and I ask again."]


def test_short_sentences_are_joined_with_the_next():
    assert texts(split_sentences(speak("Oh. No. Not you! Go away."))) == ["Oh. No. Not you!", "Go away."]


def test_long_sentences_are_split_at_a_breath():
    words = speak("la " * 30, word_sec=0.4) + speak("lo " * 30, start_sec=15.4, word_sec=0.4)
    sentences = list(split_sentences(words))
    assert sum(map(len, sentences)) == 60
    assert all(s[-1].end_sec - s[0].start_sec <= utterances.MAX_UTTERANCE_SEC for s in sentences)
    assert all(len({word.text for word in sentence}) == 1 for sentence in sentences)


def test_speech_becomes_utterances_and_the_rest_windows(hear):
    words = speak("I am so happy.", start_sec=3.0)
    speech = hear(20.0, [Span(2.9, 4.6), Span(6.0, 6.8), Span(7.0, 7.5)], words)
    check(speech, 20.0)
    assert speech.words == tuple(words)
    found = [(u.source, u.text, round(u.start_sec, 3), round(u.end_sec, 3)) for u in speech.utterances]
    assert found == [
        ("window", "", 0.0, 3.0),
        ("asr", "I am so happy.", 3.0, 4.5),
        ("window", "", 4.5, 6.0),
        ("window", "", 6.0, 7.5),  # a voice without words: a laugh
        ("window", "", 7.5, 13.75),
        ("window", "", 13.75, 20.0),
    ]


def test_without_recognition_the_voice_gives_the_windows(hear):
    speech = hear(40.0, [Span(0.5, 2.0), Span(2.3, 4.0), Span(6.0, 26.0)], has_asr=False)
    check(speech, 40.0)
    edges = [(u.start_sec, u.end_sec) for u in speech.utterances]
    assert edges[:4] == [(0.5, 4.0), (4.0, 6.0), (6.0, 16.0), (16.0, 26.0)]


@st.composite
def heard(draw):
    """A clip's length, voiced spans in order, and words anywhere."""
    edges = sorted(draw(st.lists(st.floats(0, 60), min_size=2, max_size=12, unique=True)))
    voiced = [Span(*pair) for pair in list(pairwise(edges))[::2]]
    starts = sorted(draw(st.lists(st.floats(0, 60), max_size=25)))
    lengths = draw(st.lists(st.floats(0, 2), min_size=len(starts), max_size=len(starts)))
    words = draw(st.lists(st.sampled_from(["so", "no.", "what?"]), min_size=len(starts), max_size=len(starts)))
    said = [Word(w, start, start + length) for w, start, length in zip(words, starts, lengths, strict=True)]
    return edges[-1] + draw(st.floats(0, 20)), voiced, said


@settings(deadline=None)
@given(heard())
def test_whatever_is_heard_the_clip_is_divided(clip):
    duration_sec, voiced, said = clip
    words = list(place_words(said, voiced))
    assert all(any(v.start_sec <= w.start_sec < w.end_sec <= v.end_sec for v in voiced) for w in words)
    assert all(earlier.end_sec <= later.start_sec for earlier, later in pairwise(words))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utterances, "find_voice", lambda waveform, duration_sec: voiced)
        patch.setattr(utterances, "recognize", lambda *_: iter([words]))
        speech = find_speech(np.zeros(1, np.float32), duration_sec, asr_model_dir=utterances.Path())
    check(speech, duration_sec)
    assert " ".join(u.text for u in speech.utterances if u.text).split() == [word.text for word in words]


def test_words_without_time_or_voice():
    voiced = [Span(1.0, 2.0), Span(3.0, 4.0)]
    words = [Word("Thanks", 0.0, 0.5), Word("I", 1.2, 1.2), Word("am", 1.9, 3.4), Word("here", 3.4, 4.6)]
    placed = list(place_words(words, voiced))
    assert placed == [Word("I", 1.2, 1.22), Word("am", 3.0, 3.4), Word("here", 3.4, 4.0)]


def test_progress_is_told(hear):
    calls = []
    find_speech(None, 7.0, hook=lambda *call: calls.append(call))
    assert calls[0] == ("speech", 0, 7.0)
    assert calls[-1] == ("speech", 7.0, 7.0)
