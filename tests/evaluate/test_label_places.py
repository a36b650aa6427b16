"""Every label has a place: its own, that of a part or word of it, that of a near word, or one of its own."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_embed import never, toy_embed

from microemo.evaluate.label_places import place_of_phrase, places
from microemo.hooks import Hook
from microemo.lexicon.labels import Place, place


def test_what_the_lexicon_knows_is_not_embedded() -> None:
    assert places(["happy", "very sad"], never) == {"happy": place("happy"), "very sad": place("sad")}


@pytest.mark.parametrize(
    ("phrase", "word"),
    [
        ("disappointed or dissatisfied", "disappointed"),
        ("angry/displeased", "angry"),
        ("reading in a gloomy way", "gloomy"),
        ("mono no aware", None),
        ("table, and not happy", None),
    ],
)
def test_a_phrase_has_the_place_of_its_first_known_part(phrase: str, word: str | None) -> None:
    assert place_of_phrase(phrase) == (word and place(word))


def test_other_labels_go_to_the_nearest_word_if_that_is_near() -> None:
    found = places(["cheesed off", "wabi-sabi"], toy_embed)
    assert found == {
        "cheesed off": place("annoyed"),
        "wabi-sabi": Place("wabi-sabi", "wabi-sabi", "wabi-sabi", "neutral"),
    }


@pytest.mark.parametrize(("label", "valence"), [("not happy", "positive"), ("not at all calm", "positive")])
def test_a_negated_label_is_not_what_it_negates(label: str, valence: str) -> None:
    def everything_alike(texts: Sequence[str], hook: Hook) -> np.ndarray:
        return np.ones((len(texts), 1))

    assert places([label], everything_alike)[label].valence != valence
    assert places([label], toy_embed)[label] == Place(label, label, label, "neutral")


def test_lexicon_words_are_embedded_once() -> None:
    asked: list[int] = []

    def counting(texts: Sequence[str], hook: Hook) -> np.ndarray:
        asked.append(len(texts))
        return toy_embed(texts, hook)

    for labels in (["wabi-sabi", "wabi-sabi"], ["cheesed off", "sad"]):
        places(labels, counting)
    assert sorted(asked)[:2] == [1, 1]
    assert len(asked) == 3


@given(st.lists(st.text()))
def test_every_label_has_a_place(labels: list[str]) -> None:
    assert places(labels, toy_embed).keys() == set(labels)


@pytest.mark.weights
def test_rare_labels_find_near_words() -> None:
    found = places(["not happy", "grossed out by the food", "weepy"])
    assert found["not happy"].valence == "negative"
    assert found["grossed out by the food"].family == "disgusted"
    assert found["weepy"].family == "sad"
