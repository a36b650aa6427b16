"""Every emotion word has one place, and labels find theirs however they are written."""

import re
import tomllib
from collections import Counter
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.lexicon import emotion_families
from microemo.lexicon.labels import Place, kin, lexicon, normalised, place

TABLE = tomllib.loads(files("microemo.lexicon").joinpath("labels.toml").read_text(encoding="utf-8"))
FAMILIES = [name for name in TABLE if name not in ("valence", "kin")]
GROUPS = [(family, group, words) for family in FAMILIES for group, words in TABLE[family].items()]
LISTED = [form for _, _, words in GROUPS for word, forms in words.items() for form in (word, *forms)]


def test_every_form_has_one_place() -> None:
    assert [form for form, count in Counter(LISTED).items() if count > 1] == []
    assert len(LISTED) > 2000


def test_forms_are_written_as_labels_are_looked_up() -> None:
    assert [form for form in LISTED if form != normalised(form)] == []
    assert [form for form in LISTED if not re.fullmatch(r"[a-z][a-z' ]+", form)] == []


def test_what_the_table_names_is_there() -> None:
    names = [group for _, group, _ in GROUPS]
    assert len(names) == len(set(names))
    assert set(FAMILIES) == emotion_families().keys()
    assert set(TABLE["valence"].values()) <= {"positive", "negative", "neutral"}
    assert TABLE["valence"].keys() <= set(names)


def test_kin_are_mutual_and_listed_once() -> None:
    pairs = [(group, other) for group, others in TABLE["kin"].items() for other in others]
    assert set(sum(pairs, ())) == kin().keys() <= {group for _, group, _ in GROUPS}
    assert all(group in kin()[other] and other in kin()[group] for group, other in pairs)
    assert sum(map(len, kin().values())) == 2 * len(pairs), "a pair is listed twice, or with itself"


def test_a_family_or_a_group_is_found_under_its_own_name() -> None:
    assert [(family, place(family)) for family in FAMILIES if place(family).family != family] == []  # type: ignore[union-attr]
    assert [group for _, group, _ in GROUPS if (found := place(group)) is None or found.group != group] == []


def test_the_labels_that_the_model_learns_are_in_the_family_of_the_same_name() -> None:
    for family in emotion_families().values():
        for label in family.labels:
            found = place(label)
            assert found is not None, label
            assert found.family == family.name, label


@pytest.mark.parametrize(
    ("label", "word"),
    [
        (" Furious ", "furious"),
        ("light-hearted", "light hearted"),
        ("Light  Hearted.", "light hearted"),
        ("sadly", "sad"),
        ("gloomily", "gloomy"),
        ("irritably", "irritable"),
        ("pessimistically", "pessimistic"),
        ("nervousness", "nervous"),
        ("very very sad", "sad"),
        ("a bit worried", "worried"),
        ("a sense of joy", "joyful"),
        ("a feeling of joy", "joyful"),
        ("absolutely furious", "furious"),
        ("joyful mood", "joyful"),
        ("feeling emotionally hurt", "hurt"),
        ("no emotion", "unemotional"),
        ("can\N{RIGHT SINGLE QUOTATION MARK}t believe", "can't believe"),
    ],
)
def test_a_label_finds_its_word(label: str, word: str) -> None:
    found = place(label)
    assert found is not None
    assert found.word == word


@pytest.mark.parametrize(
    "label", ["not happy", "no longer angry", "without joy", "wabi-sabi", "", "very", "happy table"]
)
def test_what_is_negated_or_unknown_has_no_place(label: str) -> None:
    assert place(label) is None


def test_valence_is_the_groups_own_where_it_has_one() -> None:
    assert place("shocked") == Place("shocked", "shocked", "surprised", "neutral")
    assert place("perplexed") == Place("perplexed", "confused", "surprised", "negative")


@given(st.sampled_from(LISTED), st.sampled_from(["very ", "slightly ", "a bit ", "feeling ", "extremely "]))
def test_shading_moves_no_word_to_another_group(form: str, shade: str) -> None:
    plain, shaded = place(form), place(shade + form.upper())
    assert plain == lexicon()[form]
    assert shaded is not None
    assert shaded == plain or shade + form in LISTED


@given(st.text())
def test_any_text_may_be_asked_for(text: str) -> None:
    found = place(text)
    assert found is None or lexicon()[found.word] == found
