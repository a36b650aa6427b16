"""Descriptions by grammar: true to the clues, in the order of time, and readable."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import Written

from microemo.claims.readings import Evidence
from microemo.clues import nonverbal_kinds, plural
from microemo.data import describe
from microemo.data.association import KNOWN, Counts, family, known
from microemo.data.describe import Describer
from microemo.lexicon import FAMILIES, emotion_families
from microemo.lexicon.labels import place
from microemo.parse import claims_in, parse
from microemo.schema import Clue
from microemo.spans import Span

DETAILS = ("happy", "oh my god", "can't believe", "no", "shut up", "mad", "loud", "tense")
CITATION = re.compile(r" ?\[(\d+)\]")
SPAN = Span(0.0, 10.0)
seeds, families = st.integers(0, 10_000), st.sampled_from(FAMILIES)
# What moves the same part the other way cannot be told of one moment.
KINDS = [kind for kind in nonverbal_kinds() if not kind.startswith("micro_")]


def make_clue(id_: int, kind: str, start: float, strength: float) -> Clue:
    words = kind in DETAILS
    return Clue(
        id=id_, modality="words" if words else "face", region="mouth", kind="joy_word" if words else kind,
        start_sec=start, apex_sec=start + 0.5, end_sec=start + 1, value=1, baseline=0, strength=strength,
        detail=kind if words else "",
    )  # fmt: skip


rows = st.tuples(st.sampled_from((*KINDS, *DETAILS)), st.floats(0, 9), st.floats(0, 1))
parts = st.lists(st.tuples(families, st.floats(0, 1), st.lists(rows, max_size=6)), min_size=1, max_size=3)
# Every kind speaks for some families and against the others.
ASSOCIATION = {
    kind: {family: (1.0, -1.0)[(number + place) % 3 == 1] for place, family in enumerate(FAMILIES)}
    for number, kind in enumerate((*nonverbal_kinds(), "joy_word"))
}


def number_clues(drawn: list[tuple[str, float, list[tuple[str, float, float]]]]) -> list[tuple[str, float, list[Clue]]]:
    """Ids unique in the clip, as measured clues have them."""
    ids = iter(range(1, 1000))
    return [(family, shade, [make_clue(next(ids), *row) for row in listed]) for family, shade, listed in drawn]


def told_of(drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int) -> tuple[str, list[Clue]]:
    told = number_clues(drawn)
    return describe.answer(told, ASSOCIATION, random.Random(seed)), [clue for _, _, listed in told for clue in listed]


@settings(max_examples=300)
@given(parts, seeds)
def test_every_claim_of_every_answer_is_borne_out_by_its_clues(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    text, clues = told_of(drawn[:1], seed)
    result = parse(Written(text), Evidence(None, clues), SPAN)
    assert all(claim.is_borne_out for claim in result.claims), [c for c in result.claims if not c.is_borne_out]
    cited = {int(number) for number in CITATION.findall(text)}
    assert cited <= {clue.id for clue in clues}
    assert [emotion.label for emotion in result.emotions] == text.partition(".")[0].split(", ")
    assert claims_in(text.partition(". ")[2], Evidence(None, clues), SPAN) == tuple(
        claim.model_copy(update={"weight": None}) for claim in result.claims
    ) or all(claim.weight is None for claim in result.claims)


@given(parts, seeds)
def test_what_speaks_against_the_label_is_granted_only(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    for label, intensity, clues in number_clues(drawn):
        told = Describer(ASSOCIATION, random.Random(seed)).describe(label, intensity, clues)
        against = {clue.id for clue in clues if ASSOCIATION[clue.kind][label] < 0 and clue.strength > 0}
        *observed, conclusion = told.sentences
        cited = {int(number) for sentence in observed for number in CITATION.findall(sentence)}
        assert not cited & against
        assert bool(CITATION.search(conclusion)) <= conclusion.startswith("Although")
        assert len(cited) <= describe.MAX_TOLD * 4  # a kind that comes again is one thing


@given(families, st.floats(0, 1), seeds)
def test_labels_are_of_the_family_and_its_own_word_comes_first(family_: str, intensity: float, seed: int) -> None:
    labels = Describer({}, random.Random(seed)).describe(family_, intensity, []).labels
    assert labels[0] == family_
    assert 2 <= len(set(labels)) == len(labels) <= describe.MAX_LABELS
    assert set(labels) <= set(emotion_families()[family_].labels)


@given(seeds)
def test_intensity_shades_the_labels(seed: int) -> None:
    angry = emotion_families()["angry"]
    faint, strong = (
        set(Describer({}, random.Random(seed)).describe("angry", shade, []).labels) for shade in (0.0, 1.0)
    )
    assert not faint & set(angry.strong)
    assert not strong & set(angry.mild)


@given(st.sampled_from(["lonely", "proud", "worry", "jealousy", "Slightly annoyed", "no such feeling"]), seeds)
def test_open_labels_stay_and_get_others_of_their_group(label: str, seed: int) -> None:
    told = Describer({}, random.Random(seed)).describe(label, 0.5, [])
    assert told.labels[0] == label
    group = place(label)
    assert all(place(other).group == group.group for other in told.labels[1:])  # type: ignore[union-attr]
    assert (len(told.labels) > 1) == (group is not None)
    assert claims_in(told.text, Evidence(None, ()), SPAN) == ()


@given(parts.filter(lambda drawn: len(drawn) > 1), seeds)
def test_several_stretches_are_told_in_time_order(
    drawn: list[tuple[str, float, list[tuple[str, float, float]]]], seed: int
) -> None:
    text, _ = told_of(drawn, seed)
    labels = text.partition(".")[0].split(", ")
    assert labels == list(dict.fromkeys(family_ for family_, _, _ in drawn))


def told(clues: list[Clue], label: str = "sad", **about: object) -> str:
    association = {kind: {label: -1.0 if kind == "cheek_raiser" else 1.0} for kind in nonverbal_kinds()}
    return Describer(association, random.Random(0)).describe(label, 0.0, clues, **about).text  # type: ignore[arg-type]


def test_it_reads_as_one_would_say_it() -> None:
    clues = [
        make_clue(1, "brow_lowerer", 0.0, 0.9),
        make_clue(2, "chin_raiser", 0.1, 0.5),
        make_clue(3, "gaze_lowered", 2.0, 0.2),
        make_clue(4, "voice_rough", 2.1, 0.5).model_copy(update={"modality": "voice"}),
    ]
    text = told(clues, who="she")
    assert text.startswith(
        "She frowns hard [1], pushes her lower lip up [2], then looks down a little [3]; her voice is rough [4]. "
        "She clearly seems sad"
    )
    assert told(clues[:1], who="they").startswith("They frown hard [1]. They look sad")


def test_what_comes_again_is_counted_and_what_speaks_against_is_granted() -> None:
    twice = [make_clue(1, "long_pause", 0.0, 0.5), make_clue(2, "long_pause", 3.0, 0.5)]
    assert told(twice, who="he").startswith("He pauses twice [1][2].")
    against = told([make_clue(1, "cheek_raiser", 0.0, 0.5)], who="he")
    assert against.startswith("Although his cheeks lift [1], he may be sad")


def test_long_spans_say_when_and_nothing_is_said_to_be_nothing() -> None:
    assert "(0:02\N{EN DASH}0:04)" in told([make_clue(1, "brow_lowerer", 2.2, 0.5)], length_sec=9.0)
    assert told([], who="she") == "She may be sad, though no clear sign was measured."


@pytest.mark.parametrize("kind", nonverbal_kinds())
def test_verbs_agree(kind: str) -> None:
    for text in nonverbal_kinds()[kind].predicates:
        if not text.startswith(("{their}", "the ")):
            verb = text.split()[0]
            assert verb.endswith("s") and not plural(verb).endswith("ss") and plural(verb) != verb, text


def test_the_same_seed_says_the_same() -> None:
    drawn = [("sad", 0.5, [("brow_lowerer", 0.0, 0.5), ("pitch_flat", 1.0, 0.7)])]
    assert told_of(drawn, 1) == told_of(drawn, 1)


def test_odds_follow_the_counts_and_rare_kinds_the_literature() -> None:
    counts = Counts()
    for number in range(40):
        happy, sad = make_clue(1, "pitch_raised", 0, 1), make_clue(2, "voice_soft", 0, 1)
        counts.add("happy", "voice", [happy] if number % 4 else [])
        counts.add("sad", "voice", [sad] if number % 4 else [])
    odds = counts.log_odds()
    assert odds["pitch_raised"]["happy"] > 0.5
    assert odds["pitch_raised"]["sad"] < 0
    few = Counts()
    few.add("happy", "face", [make_clue(1, "lip_corner_puller", 0, 1)])
    few.add("sad", "face", [make_clue(1, "lip_corner_puller", 0, 1)])
    assert few.log_odds()["lip_corner_puller"]["happy"] == few.log_odds()["lip_corner_puller"]["sad"]
    drawn = few.log_odds(known())["lip_corner_puller"]
    assert KNOWN > drawn["happy"] > 0.4 > abs(drawn["sad"])


def test_what_is_known_names_kinds_that_are_measured() -> None:
    assert {kind for kind in known() if not kind.endswith("_word")} <= set(nonverbal_kinds())
    assert [family(label) for label in ("anger", "joyful", "lonely", "proud", "no such")] == [
        "angry", "happy", "sad", "confident", "no such",
    ]  # fmt: skip
    assert known()["cheek_raiser"] == {"happy": KNOWN, "loving": KNOWN, "confident": KNOWN}
