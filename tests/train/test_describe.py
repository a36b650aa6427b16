"""What training says of clues, the parser bears out: the two speak one language."""

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from written import Written

from microemo.parse import parse
from microemo.schema import Clue
from microemo.train import describe
from microemo.vocabulary import FAMILIES, clue_words, emotion_families, family_of

DETAILS = ("happy", "oh my god", "can't believe", "no", "shut up", "mad", "loud", "tense")
seeds, families = st.integers(0, 10_000), st.sampled_from(FAMILIES)


def make_clue(id_: int, kind: str, start: float, strength: float) -> Clue:
    words = kind in DETAILS
    return Clue(
        id=id_, modality="words" if words else "face", region="mouth", kind="joy_word" if words else kind,
        start_sec=start, apex_sec=start + 0.5, end_sec=start + 1, value=1, baseline=0, strength=strength,
        detail=kind if words else "",
    )  # fmt: skip


rows = st.tuples(st.sampled_from((*clue_words(), *DETAILS)), st.floats(0, 9), st.floats(0, 1))
parts = st.lists(st.tuples(families, st.floats(0, 1), st.lists(rows, max_size=6)), min_size=1, max_size=3)
# Every kind speaks for some families and against the others.
ASSOCIATION = {
    kind: {family: (1.0, -1.0)[(number + place) % 3 == 0] for place, family in enumerate(FAMILIES)}
    for number, kind in enumerate((*clue_words(), "joy_word"))
}


def number_clues(drawn: list[tuple[str, float, list[tuple[str, float, float]]]]) -> list[tuple[str, float, list[Clue]]]:
    """Ids unique in the clip, as measured clues have them."""
    ids = iter(range(1, 1000))
    return [(family, shade, [make_clue(next(ids), *row) for row in listed]) for family, shade, listed in drawn]


@settings(max_examples=300)
@given(parts, seeds)
def test_the_parser_verifies_every_claim_of_every_answer(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    told = number_clues(drawn)
    clues = [clue for _, _, listed in told for clue in listed]
    text = describe.answer(told, ASSOCIATION, random.Random(seed))
    cited = [int(number) for number in re.findall(r"\[(\d+)\]", text)]
    result = parse(Written(text), clues, (0.0, 10.0))
    assert [claim.clue for claim in result.claims] == cited
    assert all(claim.verified for claim in result.claims)
    assert all(claim.text in result.explanation for claim in result.claims)
    assert [emotion.label for emotion in result.emotions] == text.partition(".")[0].split(", ")
    assert result.explanation == re.sub(r" \[\d+\]", "", text.partition(". ")[2])


@given(parts, seeds)
def test_only_clues_that_speak_for_the_family_are_cited_each_in_its_turn(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    told = number_clues(drawn)
    text = describe.answer(told, ASSOCIATION, random.Random(seed))
    cited = [int(number) for number in re.findall(r"\[(\d+)\]", text)]
    assert len(set(cited)) == len(cited) <= len(told) * describe.MAX_CLAUSES
    telling = [[c.id for c in clues if ASSOCIATION[c.kind][family] > 0] for family, _, clues in told]
    assert all(any(id_ in ids for ids in telling) for id_ in cited)
    assert bool(cited) == any(telling)


@given(families, st.floats(0, 1), seeds)
def test_labels_are_of_the_family_and_its_own_word_comes_first(family: str, intensity: float, seed: int) -> None:
    labels = describe.labels_of(family, intensity, random.Random(seed))
    assert labels[0] == family
    assert 2 <= len(set(labels)) == len(labels) <= describe.MAX_LABELS
    assert set(labels) <= set(emotion_families()[family].labels)


@given(seeds)
def test_intensity_shades_the_labels(seed: int) -> None:
    family = emotion_families()["angry"]
    faint, strong = (set(describe.labels_of("angry", shade, random.Random(seed))) for shade in (0.0, 1.0))
    assert not faint & set(family.strong)
    assert not strong & set(family.mild)


@given(parts.filter(lambda drawn: len(drawn) > 1), seeds)
def test_several_stretches_are_told_in_time_order(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    text = describe.answer(number_clues(drawn), ASSOCIATION, random.Random(seed))
    labels = text.partition(".")[0].split(", ")
    families_told = list(dict.fromkeys(family for family, _, _ in drawn))
    assert list(dict.fromkeys(map(family_of, labels))) == families_told
    assert set(families_told) <= set(labels)
    assert text.count("Later ") <= len(drawn) - 1


def test_nothing_is_said_without_a_clue() -> None:
    text = describe.answer([("sad", 0.5, [])], ASSOCIATION, random.Random(0))
    assert any(sentence in text for sentence in describe.NO_CLUES)
    assert "[" not in text


def test_the_same_seed_says_the_same() -> None:
    told = number_clues([("sad", 0.5, [("brow_lowerer", 0.0, 0.5), ("pitch_flat", 1.0, 0.7)])])
    texts = {describe.answer(told, ASSOCIATION, random.Random(seed)) for seed in (1, 1, 2, 3, 4, 5)}
    assert len(texts) > 2
    assert describe.answer(told, ASSOCIATION, random.Random(1)) == describe.answer(told, ASSOCIATION, random.Random(1))
