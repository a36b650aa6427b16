"""What is kept and left out of what Whisper says, with a Whisper that says what it is told."""

from pathlib import Path
from types import SimpleNamespace

import faster_whisper
import numpy as np
import pytest
import torch

from microemo import weights
from microemo.errors import InputError
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.perception import asr
from microemo.perception.asr import LeftOut, Word, find_voice, recognize
from microemo.perception.spoken_language import SpokenLanguage
from microemo.spans import Span

SOUND = np.zeros(16000 * 60, np.float32)


def segment(text, start_sec=0.3, word_sec=0.4, probability=0.9, **changes):
    """Words of even length from a time on, as faster-whisper has them."""
    texts = [f" {word}".replace(" +", "") for word in text.split()]  # "+": no space before it
    starts = [start_sec + index * word_sec for index in range(len(texts))]
    words = [
        SimpleNamespace(word=word, start=start, end=start + word_sec, probability=probability)
        for word, start in zip(texts, starts, strict=True)
    ]
    scores = {"avg_logprob": -0.3, "compression_ratio": 1.2, "no_speech_prob": 0.05} | changes
    return SimpleNamespace(words=words, start=start_sec, end=start_sec + len(words) * word_sec, **scores)


@pytest.fixture
def whisper(monkeypatch):
    """A multilingual Whisper: its segments, its languages of the voiced spans, and how it was called."""
    fake = SimpleNamespace(segments=[], calls=[], languages=None, is_multilingual=True)

    def transcribe(samples, language, **settings):
        fake.calls.append((len(samples) / 16000, language))
        return iter(fake.segments), None

    model = SimpleNamespace(model=fake, transcribe=transcribe, supported_languages=["de", "en", "fr"])
    monkeypatch.setattr(faster_whisper, "WhisperModel", lambda *_, **__: model)
    monkeypatch.setattr(asr, "find_languages", lambda model, waveform, voiced: fake.languages)
    return fake


def transcripts(voiced, language=None):
    return list(recognize(SOUND, voiced, Path(), language=language))


def test_words_have_their_time_and_language(whisper):
    whisper.segments = [segment("Guten Tag!")]
    whisper.languages = [SpokenLanguage("de", 0.98)]
    (transcript,) = transcripts([Span(10.0, 12.0)])
    assert transcript.words == [
        Word("Guten", 10.0, pytest.approx(10.4), "de"), Word("Tag!", pytest.approx(10.4), pytest.approx(10.8), "de"),
    ]  # fmt: skip
    assert transcript.left_out == []


def test_spans_of_different_languages_are_heard_apart(whisper):
    whisper.languages = [SpokenLanguage("de", 0.9)] * 2 + [SpokenLanguage("en", 0.8)]
    transcripts([Span(1, 3), Span(4, 6), Span(7, 9)])
    assert whisper.calls == [(pytest.approx(5.6), "de"), (pytest.approx(2.6), "en")]


def test_a_named_language_is_not_looked_for(whisper):
    transcripts([Span(1, 3)], language="fr")
    assert [language for _, language in whisper.calls] == ["fr"]


def test_an_unknown_language_is_refused(whisper):
    with pytest.raises(InputError, match=r"tlh: .* de, en, fr"):
        transcripts([Span(1, 3)], language="tlh")


def test_a_model_of_english_alone_hears_english(whisper):
    whisper.is_multilingual = False
    transcripts([Span(1, 3)])
    assert [language for _, language in whisper.calls] == ["en"]


def test_an_uncertain_language_is_left_out_unheard(whisper):
    whisper.languages = [SpokenLanguage("cy", 0.3)]
    (transcript,) = transcripts([Span(1, 3)])
    assert transcript.words == []
    assert transcript.left_out == [LeftOut(Span(1, 3), "the language is uncertain")]
    assert whisper.calls == []


@pytest.mark.parametrize(
    ("doubtful", "reason"),
    [
        (segment("Thank you.", no_speech_prob=0.7), "no speech in the voice"),
        (
            segment("a bit of what nobody said", word_sec=0.2, no_speech_prob=0.7, avg_logprob=-0.5),
            "no speech in the voice",
        ),
        (segment("however sure and long it is", word_sec=0.2, no_speech_prob=0.85), "no speech in the voice"),
        (segment("no " * 30, word_sec=0.02, compression_ratio=8.0), "the words go round in circles"),
        (segment("something", avg_logprob=-1.4), "the words are uncertain"),
        (segment("sausage made", probability=0.2), "the words are uncertain"),
        (segment("Thanks for watching!", start_sec=2.5), "the words lie where no voice is"),
    ],
)
def test_what_is_not_credible_is_left_out_with_the_reason(whisper, doubtful, reason):
    whisper.segments = [segment("I know what you mean."), doubtful]
    whisper.languages = [SpokenLanguage("en", 0.98)]
    (transcript,) = transcripts([Span(1.0, 3.0)])
    assert [word.text for word in transcript.words] == ["I", "know", "what", "you", "mean."]
    ((span, said),) = transcript.left_out
    assert said == reason
    assert span.start_sec == pytest.approx(0.7 + doubtful.start)


def test_a_sure_sentence_is_believed_though_whisper_half_expects_no_speech(whisper):
    """As it does of a clear reader's "It was the epoch of incredulity."."""
    whisper.segments = [segment("It was the epoch of incredulity.", no_speech_prob=0.62, avg_logprob=-0.26)]
    whisper.languages = [SpokenLanguage("en", 0.98)]
    (transcript,) = transcripts([Span(1.0, 4.0)])
    assert len(transcript.words) == 6 and transcript.left_out == []


def test_among_much_that_is_uncertain_nothing_is_believed(whisper):
    whisper.segments = [segment("I know."), segment("la la la", start_sec=1.1, avg_logprob=-1.2)]
    whisper.languages = [SpokenLanguage("en", 0.98)]
    (transcript,) = transcripts([Span(1.0, 3.0)])
    assert transcript.words == []
    assert [said for _, said in transcript.left_out] == ["most around it is uncertain", "the words are uncertain"]


def test_an_elision_is_one_word_with_the_next_in_french_and_not_in_chinese(whisper):
    whisper.segments = [segment("l +'air +. très")]
    whisper.languages = [SpokenLanguage("fr", 0.98)]
    (transcript,) = transcripts([Span(1.0, 3.0)])
    assert [word.text for word in transcript.words] == ["l'air.", "très"]
    assert transcript.words[0].end_sec == pytest.approx(0.7 + 0.3 + 1.2)
    whisper.segments = [segment("+很 +好")]
    whisper.languages = [SpokenLanguage("zh", 0.98)]
    (transcript,) = transcripts([Span(1.0, 3.0)])
    assert [word.text for word in transcript.words] == ["很", "好"]


@pytest.mark.weights
def test_english_is_found_and_heard():
    sound = waveform(probe(weights.path("speech_samples") / "two_cities.wav"))[: 12 * SAMPLE_RATE]
    voiced = find_voice(sound, 12.0)
    words = [word for transcript in recognize(sound, voiced, weights.path("whisper_base")) for word in transcript.words]
    assert " ".join(word.text for word in words).lower().startswith("it was the best of times, it was the worst of")
    assert {word.language for word in words} == {"en"}


@pytest.mark.weights
def test_recognition_has_no_more_threads_than_torch_and_leaves_torch_its_own():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        voiced = [Span(0, 2)]
        list(recognize(SOUND[: 2 * SAMPLE_RATE], voiced, weights.path("whisper_base")))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.weights
@pytest.mark.parametrize("language", [None, "en"])
@pytest.mark.parametrize("kind", ["silence", "noise", "tone"])
def test_nothing_is_invented_though_a_voice_is_claimed(kind, language):
    times_sec = np.arange(10 * SAMPLE_RATE) / SAMPLE_RATE
    sound = {
        "silence": np.zeros(len(times_sec)),
        "noise": 0.1 * np.random.default_rng(0).standard_normal(len(times_sec)),
        "tone": 0.1 * np.sin(2 * np.pi * 440 * times_sec) * (np.sin(2 * np.pi * 2 * times_sec) > 0),
    }[kind].astype(np.float32)
    for transcript in recognize(sound, [Span(0, 10)], weights.path("whisper_base"), language=language):
        assert transcript.words == []
