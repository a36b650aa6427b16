"""What free text says: of which part, what it does, where, how strongly, when, and what it denies."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.claims.grammar import SAID, UNINSTRUMENTED, Statement, read
from microemo.clues import nonverbal_kinds


def stated(text: str) -> list[Statement]:
    return [statement for clause in read(text) for statement in clause.statements]


def actions(text: str) -> list[str]:
    return [statement.actions[0] if statement.actions else "" for statement in stated(text)]


def clauses() -> Iterator[tuple[str, str]]:
    for kind in nonverbal_kinds().values():
        for side in ("left", "right"):
            yield from (
                (kind.kind, clause) for clause in (*kind.clauses, *(c.format(side=side) for c in kind.one_sided))
            )


@pytest.mark.parametrize(("kind", "clause"), sorted(set(clauses())))
def test_what_the_table_of_clues_says_is_read_as_its_own_kind(kind: str, clause: str) -> None:
    found = stated(f"{clause.capitalize()} [1].")
    assert {action for one in found for action in one.actions} == {kind}
    assert not any(one.negated for one in found)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("She frowns.", ["brow_lowerer"]),
        ("Her brows draw together.", ["brow_lowerer"]),
        ("The corners of his mouth sink.", ["lip_corner_depressor"]),
        ("He presses his lips together.", ["lip_pressor"]),
        ("Her brows and upper lids are raised.", ["upper_lid_raiser", "inner_brow_raiser"]),
        ("The voice is soft and slow.", ["voice_soft", "speech_slow"]),
        ("She looks down, then away.", ["gaze_lowered", "gaze_averted"]),
        ("His mouth falls open.", ["lips_part"]),
        ("The person speaks louder than usual.", ["voice_loud"]),
        ("His voice is still rough.", ["voice_rough"]),
        ("Her face is still.", ["face_still"]),
        ("The pitch leaps about and ends on a steep rise.", ["pitch_lively", "pitch_raised"]),
        ('He pauses before "door".', ["long_pause", SAID]),
        ("Her eyes fill with tears.", [UNINSTRUMENTED]),
        ("His hands tremble.", [UNINSTRUMENTED]),
        ("His voice trembles.", [UNINSTRUMENTED]),
        ("He has just lost his mother.", [""]),
        ("She knows that the camera is there.", [""]),
        ("She seems sad.", []),
        ("It is hard to tell.", []),
        ("He would not smile at this.", []),
    ],
)
def test_statements(text: str, wanted: list[str]) -> None:
    assert actions(text) == wanted


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("He does not smile or frown.", [True, True]),
        ("She never smiles, but she frowns.", [True, False]),
        ("Without a smile, he nods.", [True, False]),
        ("The smile is not a friendly one.", [False]),
    ],
)
def test_negation_reaches_as_far_as_it_is_meant(text: str, negated: list[bool]) -> None:
    assert [statement.negated for statement in stated(text)] == negated


def test_sides_strengths_and_counts() -> None:
    (raised,) = stated("The left brow is raised slightly.")
    assert (raised.side, raised.strength) == ("left", "slight")
    (smile,) = stated("She smiles broadly right away.")
    assert (smile.side, smile.strength) == (None, "strong")
    (pause,) = stated("He pauses twice.")
    assert pause.times == (2, 2)
    (shut,) = stated("His eyes are shut for two full seconds.")
    assert shut.times is None


def test_times() -> None:
    (at,) = stated("She smiles at 0:02.")
    assert (at.when.start_sec, at.when.end_sec) == (2, 2)
    (between,) = stated("From 1.0 to 2.5 s he frowns.")
    assert (between.when.start_sec, between.when.end_sec) == (1, 2.5)
    (until,) = stated("He frowns until 0:03.")
    assert (until.when.start_sec, until.when.end_sec) == (0, 3)
    (into,) = stated("A second in, her eyes widen.")
    assert into.when.after_sec == 1
    (late,) = stated("At the end he nods.")
    assert late.when.part == (0.6, 1.0)
    first, second = stated("At first she frowns, and by the end she smiles.")
    assert first.when.part == (0.0, 0.4) and second.when.part == (0.6, 1.0)


def test_a_cause_behind_a_feeling_is_outside_of_what_can_be_seen() -> None:
    sad, cause = read("He seems sad because his mother died.")
    assert sad.is_conclusion and not sad.statements
    assert [statement.actions for statement in cause.statements] == [()]


words = st.sampled_from(
    ["she", "he", "brows", "lips", "the", "corners", "of", "mouth", "not", "smile", "voice", "is", "loud", ",", "and",
     "at", "0:02", "1.5", "s", "[3]", '"', "left", "down", "so", "sad", ";", "twice", "a", "second", "in", "...", "("]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(words, max_size=20).map(" ".join) | st.text(max_size=60))
def test_clauses_are_the_whole_sentence_in_order(text: str) -> None:
    found = read(text)
    edges = [(clause.start, clause.body, clause.end) for clause in found]
    assert all(start <= body <= end for start, body, end in edges)
    assert all(before[2] <= after[0] for before, after in pairwise(edges))


def test_to_look_down_is_a_deed_and_a_look_is_none() -> None:
    assert [read(text)[0].has_subject for text in ("look down", "they look down", "the look is steady")] == [0, 1, 1]
