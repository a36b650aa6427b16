import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.errors import InputError
from microemo.lexicon.languages import LANGUAGES, language
from microemo.perception.spoken_language import UNSPACED, find_languages, language_name, smooth
from microemo.spans import Span

DE, EN = [0.95, 0.05], [0.05, 0.95]


def course(*spans):
    """The language of each span, from (probabilities, seconds)."""
    probabilities, seconds = zip(*spans, strict=True)
    return smooth(np.array(probabilities), np.array(seconds)).tolist()


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(DE, 2)], [0]),
        ([(DE, 2), (EN, 1), (DE, 2)], [0, 0, 0]),  # one odd span
        ([(EN, 0.5), (DE, 3), (DE, 3)], [0, 0, 0]),  # at the edge too
        ([(DE, 6), (EN, 20), (DE, 6)], [0, 1, 0]),  # a long speech in another language
        ([(DE, 3)] * 4 + [(EN, 3)] * 4, [0] * 4 + [1] * 4),  # the other speaker
        ([([0.5, 0.5], 1), (EN, 4), ([0.6, 0.4], 1)], [1, 1, 1]),  # those that say little follow
    ],
)
def test_one_odd_span_switches_nothing_and_many_do(spans, expected):
    assert course(*spans) == expected


@given(st.lists(st.tuples(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.floats(0.1, 28)), max_size=12))
def test_any_guesses(spans):
    probabilities = np.array([guess for guess, _ in spans]).reshape(-1, 3)
    chosen = smooth(probabilities, np.array([seconds for _, seconds in spans]))
    assert len(chosen) == len(spans)
    assert all(0 <= index < 3 for index in chosen)


class Detector:
    """A Whisper model that takes the loudness of what it hears for its language."""

    def __init__(self):
        self.model = self
        self.num_frames = []

    def feature_extractor(self, samples):
        return np.full((80, len(samples) // 160), samples[: len(samples) // 2].mean())

    def encode(self, features):
        self.num_frames.append(features.shape[1])
        return features.mean()

    def detect_language(self, loudness):
        return [[("<|de|>", 0.9), ("<|fr|>", 0.1)] if loudness > 0.5 else [("<|es|>", 0.6), ("<|de|>", 0.1)]]


def test_each_span_is_heard_alone_and_a_run_shares_its_probability():
    model = Detector()
    loud, quiet = np.ones(16000 * 20, np.float32), np.zeros(16000 * 20, np.float32)
    spans = [Span(1, 7), Span(8, 18), Span(21, 39)]
    languages = find_languages(model, np.concatenate([loud, quiet]), spans)
    assert [language.code for language in languages] == ["de", "de", "es"]
    assert languages[0] == languages[1]
    assert [language.probability for language in languages] == pytest.approx([0.9, 0.9, 0.6])
    assert model.num_frames == [1160, 1560, 2360]  # not 3000: little silence is added


def test_no_voice_no_language():
    assert find_languages(Detector(), np.zeros(16000, np.float32), []) == []


def test_languages_have_english_names():
    assert language_name("de") == "German"
    with pytest.raises(InputError, match="tlh"):
        language_name("tlh")


def test_recognition_and_lexicon_agree_on_what_has_spaces():
    assert {code for code in LANGUAGES if not language(code).writing.spaced} == UNSPACED & LANGUAGES.keys()
