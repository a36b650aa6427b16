"""Corrections of a result: what they change, what becomes false with it, and what does not fit."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people_samples import make_people_result
from report_samples import make_result

from microemo.corrections import CorrectedPart, CorrectedUtterance, Corrections, apply, identity
from microemo.errors import InputError
from microemo.result import Result
from microemo.schema import Effect

PLAIN = make_result(Path("talk.mp4"))
PEOPLE = make_people_result(Path("films/talk.mp4"))


def corrections(*utterances: dict[str, Any], **fields: Any) -> Corrections:
    return Corrections.model_validate({"clip": "talk.mp4", "utterances": utterances, **fields})


def feels(person: str | None, *labels: str, note: str = "") -> dict[str, Any]:
    return {"person": person, "labels": labels, "note": note}


def labels(answer: Any) -> list[str]:
    return [emotion.label for emotion in answer.emotions]


def test_labels_and_times_are_the_correctors() -> None:
    given = corrections(
        {"utterance": 0, "end_sec": 1.5, "parts": [feels("P1", "  quietly   furious ", "hurt", note="She is mocked.")]},
        corrected_by="Ann",
        corrected_at="2026-03-01T10:00:00Z",
    )
    after = apply(PEOPLE, given)
    first = after.utterances[0]
    assert (first.start_sec, first.end_sec, first.text) == (0.0, 1.5, "That is unbelievable.")
    assert labels(first) == ["quietly furious", "hurt"]
    assert {emotion.confidence for emotion in first.emotions} == {1.0}
    assert (first.explanation, first.claims, first.effects) == ("She is mocked.", (), ())
    assert after.people[1].listening[0].end_sec == 1.5  # the others' part in it has the same times
    assert labels(after.people[1].listening[0]) == ["amused"]
    assert "quietly furious" in labels(after.overall) and after.overall == after.people[0].overall
    assert after.people[2] == PEOPLE.people[2] and after.utterances[1:] == PEOPLE.utterances[1:]
    assert after.warnings[-1] == "Corrected by Ann on 2026-03-01: utterance 0."


def test_beside_a_corrected_label_nothing_else_is_possible() -> None:
    judged = PLAIN.utterances[0].model_copy(update={"possible": ("angry", "sad")})
    result = PLAIN.model_copy(update={"utterances": (judged, PLAIN.utterances[1])})
    assert apply(result, corrections({"utterance": 0, "parts": [feels(None, "hurt")]})).utterances[0].possible == ()
    assert apply(result, corrections({"utterance": 0, "end_sec": 1.9})).utterances[0].possible == ("angry", "sad")


def test_a_field_that_is_as_by_default_changes_no_identity() -> None:
    fields = json.loads(PLAIN.model_dump_json())
    del fields["utterances"][0]["possible"], fields["overall"]["effects"]
    assert identity(Result.model_validate(fields)) == identity(PLAIN)
    other = PLAIN.model_copy(update={"overall": PLAIN.overall.model_copy(update={"possible": ("sad",)})})
    assert identity(other) != identity(PLAIN)


def test_a_listener_is_corrected_alone() -> None:
    after = apply(PEOPLE, corrections({"utterance": 0, "parts": [feels("P2", "embarrassed")]}))
    assert labels(after.people[1].listening[0]) == ["embarrassed"]
    assert after.utterances == PEOPLE.utterances and after.overall == PEOPLE.overall
    assert "embarrassed" in labels(after.people[1].overall)


def test_reasons_stay_as_far_as_they_are_within_the_new_times() -> None:
    asked = PLAIN.utterances[0].model_copy(update={"effects": (Effect(clue=1, label="annoyed", change=0.2),)})
    result = PLAIN.model_copy(update={"utterances": (asked, PLAIN.utterances[1])})
    near = apply(result, corrections({"utterance": 0, "end_sec": 1.7})).utterances[0]
    assert near.explanation == asked.explanation and near.claims == asked.claims and near.effects == ()
    far = apply(result, corrections({"utterance": 0, "end_sec": 0.3})).utterances[0]
    assert (far.explanation, far.claims, far.effects) == ("", (), ())
    assert far.emotions == asked.emotions


def test_a_common_border_moves_with_both_times() -> None:
    after = apply(PLAIN, corrections({"utterance": 0, "end_sec": 2.5}, {"utterance": 1, "start_sec": 2.5}))
    assert [(one.start_sec, one.end_sec) for one in after.utterances] == [(0.0, 2.5), (2.5, 4.0)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (corrections(clip="walk.mp4"), "another clip than talk.mp4"),
        (corrections(result="0" * 64), "another result"),
        (corrections({"utterance": 7}), "no utterance 7"),
        (corrections({"utterance": 0, "parts": [feels("P9", "sad")]}), "no answer about P9"),
        (corrections({"utterance": 0, "start_sec": 2.0}), "ends at 2 s, and begins at 2 s"),
        (corrections({"utterance": 2, "end_sec": 99.0}), "after the clip"),
        (corrections({"utterance": 0, "end_sec": 2.5}), "reaches into utterance 1"),
        (corrections({"utterance": 0, "start_sec": 3.5, "end_sec": 3.9}), "begins after utterance 1"),
    ],
)
def test_what_does_not_fit_is_said_in_a_line(given: Corrections, said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        apply(PEOPLE, given)
    assert "\n" not in str(error.value) and "mp4" in str(error.value)


@pytest.mark.parametrize(
    "utterance",
    [
        {"utterance": 0, "parts": [feels("P1")]},
        {"utterance": 0, "parts": [feels("P1", " ")]},
        {"utterance": 0, "parts": [feels("P1", "a", "b", "c", "d")]},
        {"utterance": 0, "parts": [feels("P1", "sad"), feels("P1", "glad")]},
        {"utterance": 0, "end_sec": float("nan")},
        {"utterance": -1},
        {"utterance": 0, "lables": []},
    ],
)
def test_what_is_malformed_is_refused_with_its_file(utterance: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "corrections.json"
    path.write_text(json.dumps({"clip": "talk.mp4", "utterances": [utterance]}))
    with pytest.raises(InputError, match=r"corrections\.json: no corrections"):
        Corrections.read(path)


def test_a_result_is_known_wherever_its_recording_lies() -> None:
    moved = PEOPLE.model_copy(update={"clip": PEOPLE.clip.model_copy(update={"path": "talk.mp4"})})
    assert identity(moved) == identity(PEOPLE) != identity(PLAIN)
    done = apply(moved, corrections({"utterance": 0, "parts": [feels("P1", "sad")]}, result=identity(PEOPLE)))
    with pytest.raises(InputError, match="another result"):
        apply(done, corrections(result=identity(PEOPLE)))


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.none() | st.floats(0, 5), st.none() | st.floats(0, 5)),
        max_size=3,
        unique_by=lambda one: one[0],
    )
)
def test_what_is_accepted_is_a_sound_result(times: list[tuple[int, float | None, float | None]]) -> None:
    given = corrections(*({"utterance": index, "start_sec": start, "end_sec": end} for index, start, end in times))
    try:
        after = apply(PEOPLE, given)
    except InputError:
        return
    assert Result.model_validate_json(after.model_dump_json()) == after
    spans = [one.span for one in after.utterances]
    assert all(0 <= start < end <= 4.005 for start, end in spans)
    assert all(one.end_sec <= other.start_sec + 0.005 for one, other in pairwise(spans))


def test_the_document_has_every_field() -> None:
    document = (Path(__file__).parents[1] / "docs" / "report.md").read_text()
    models = (Corrections, CorrectedUtterance, CorrectedPart)
    assert {name for model in models for name in model.model_fields if f'"{name}"' not in document} == set()
    example = document.split("```json\n")[1].split("```")[0]
    assert Corrections.model_validate_json(example).utterances[0].parts[0].note == "She is mocked."
