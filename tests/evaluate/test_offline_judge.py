"""The offline judge groups by meaning, in the same way wherever and in whatever order the labels stand."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.evaluate import sentences
from microemo.evaluate.grouping import Judge
from microemo.evaluate.offline_judge import OfflineJudge, own_places
from microemo.hooks import Hook
from microemo.vocabulary.lexicon import lexicon

ALIKE = {"cheesed off": "annoyed", "not happy": "happy", "not at all calm": "calm"}
LABELS = ["happy", "glad", "sad", "weeping", "angry", "annoyed", "worried", "afraid", "calm", "serious", "excited",
          "content", "disappointed", "wabi-sabi", "hurt"]  # fmt: skip


def toy_embed(texts: Sequence[str], hook: Hook) -> np.ndarray:
    """A direction for each word of the lexicon; phrases of ``ALIKE`` lie near theirs, all others near none."""
    words = sorted({place.word for place in lexicon().values()})
    number = {word: index for index, word in enumerate(words)}
    vectors = np.zeros((len(texts), len(words)))
    for row, text in zip(vectors, texts, strict=True):
        row[number[ALIKE.get(text, text)] if text in ALIKE or text in number else 0] = 0.9 if text in ALIKE else 1
        if text not in ALIKE and text not in number:
            row[0] = 0.1
    return vectors


def never(texts: Sequence[str], hook: Hook) -> np.ndarray:
    raise AssertionError(f"asked for {texts}")


JUDGE: Judge = OfflineJudge(embed=toy_embed)


def group(*labels: str) -> set[frozenset[str]]:
    return {frozenset(group) for group in JUDGE.group({"clip": labels})["clip"]}


def test_labels_of_one_meaning_are_together_and_opposites_are_not() -> None:
    assert group("happy", "sad", "joy", "sorrow", "scared") == {
        frozenset({"happy", "joy"}), frozenset({"sad", "sorrow"}), frozenset({"scared"}),
    }  # fmt: skip


def test_groups_and_labels_keep_their_order() -> None:
    grouped = JUDGE.group({"a": ("sad", "happy", "unhappy", "glad"), "b": ("glad",), "c": ()})
    assert grouped == {"a": (("sad", "unhappy"), ("happy", "glad")), "b": (("glad",),), "c": ()}


def test_kin_are_joined_but_not_their_kins_kin() -> None:
    assert group("angry", "annoyed") == {frozenset({"angry", "annoyed"})}
    assert group("angry", "annoyed", "sad") == {frozenset({"angry", "annoyed"}), frozenset({"sad"})}


def test_a_phrase_goes_with_its_first_known_part() -> None:
    assert group("disappointed or dissatisfied", "disappointed") == {
        frozenset({"disappointed or dissatisfied", "disappointed"})
    }
    assert group("angry/displeased", "furious") == {frozenset({"angry/displeased", "furious"})}
    assert group("reading in a gloomy way", "sad") == {frozenset({"reading in a gloomy way", "sad"})}


def test_a_label_outside_the_lexicon_goes_with_the_nearest_word_if_that_is_near() -> None:
    assert group("cheesed off", "annoyed") == {frozenset({"cheesed off", "annoyed"})}
    assert len(group("wabi-sabi", "mono no aware", "annoyed")) == 3


def test_a_negated_label_is_not_what_it_negates() -> None:
    assert len(group("not happy", "happy")) == 2
    assert own_places(["not happy"], toy_embed)["not happy"].valence != "positive"
    assert own_places(["not at all calm"], toy_embed)["not at all calm"].valence != "positive"


def test_every_label_has_an_own_place() -> None:
    places = own_places(["happy", "wabi-sabi", "", "not happy", "??"], toy_embed)
    assert places.keys() == {"happy", "wabi-sabi", "", "not happy", "??"}


def test_the_encoder_is_not_asked_for_what_the_lexicon_knows() -> None:
    assert OfflineJudge(embed=never).group({"clip": ("happy", "very sad")}) == {"clip": (("happy",), ("very sad",))}


@given(
    st.lists(st.sampled_from(LABELS), unique=True, min_size=1).flatmap(
        lambda s: st.tuples(st.just(s), st.permutations(s))
    )
)
def test_the_order_of_labels_changes_no_group(orders: tuple[list[str], list[str]]) -> None:
    one, other = orders
    assert group(*one) == group(*other)
    assert sorted(label for members in group(*one) for label in members) == sorted(one)


@pytest.mark.weights
def test_embeddings_are_of_meaning_and_of_length_one() -> None:
    vectors = sentences.embed(["worried", "anxious", "a bicycle", "worried"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    similarities = vectors @ vectors.T
    assert similarities[0, 1] > similarities[0, 2] + 0.2
    assert similarities[0, 3] == pytest.approx(1, abs=1e-5)


@pytest.mark.weights
def test_padding_and_batches_change_no_embedding(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["sad", "rather fed up with the whole affair", "not happy", "glad"]
    together = sentences.embed(texts)
    monkeypatch.setattr(sentences, "BATCH_SIZE", 1)
    assert np.allclose(sentences.embed(texts), together, atol=1e-5)


@pytest.mark.weights
def test_rare_labels_find_near_words() -> None:
    places = own_places(["not happy", "on pins and needles", "grossed out by the food", "weepy"])
    assert places["not happy"].valence == "negative"
    assert places["weepy"].family == "sad"
