"""The offline judge groups by meaning, in the same way wherever and in whatever order the labels stand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_embed import never, toy_embed

from microemo.evaluate import sentences
from microemo.evaluate.offline_judge import OfflineJudge

LABELS = ["happy", "glad", "sad", "weeping", "angry", "annoyed", "worried", "afraid", "calm", "serious", "excited",
          "content", "disappointed", "wabi-sabi", "hurt"]  # fmt: skip
JUDGE = OfflineJudge(embed=toy_embed)


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


def test_a_negated_label_is_not_with_what_it_negates() -> None:
    assert len(group("not happy", "happy")) == 2


def test_labels_of_the_lexicon_need_no_encoder() -> None:
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
