"""Tables as today's rules would measure their faces."""

import pytest

from microemo.citations import cited
from recipes.descriptions import check
from recipes.descriptions.check import Written
from recipes.descriptions.table import Table, listed
from recipes.evidence import measure
from recipes.evidence.measure import MeasuredClip
from recipes.nano import made_clips
from recipes.nano.described import DESCRIPTIONS, FACES
from recipes.nano.made_clips import parts_of
from recipes.nano.renewed import renewed, still_so

TABLES = made_clips.tables()


@pytest.fixture(scope="module")
def faces() -> dict[str, MeasuredClip]:
    return {clip.name: clip for clip in measure.read(FACES)}


def test_all_faces_of_the_tables_were_measured_anew(faces: dict[str, MeasuredClip]) -> None:
    assert {face.name for table in TABLES.values() for part in parts_of(table) for face in part.faces} == set(faces)


def test_a_clue_that_is_still_told_keeps_its_number_and_others_get_new_ones(faces: dict[str, MeasuredClip]) -> None:
    kept = new = gone = 0
    for table in list(TABLES.values())[:200]:
        today = renewed(table, faces)
        assert [one for one in today.clues if one.modality != "face"] == [
            one for one in table.clues if one.modality != "face"
        ]
        before = {clue.id: clue for clue in table.clues}
        ids = [clue.id for clue in today.clues]
        assert len(set(ids)) == len(ids)
        gone += len(before.keys() - set(ids))
        for clue in today.clues:
            assert 0 <= clue.start_sec <= clue.apex_sec <= clue.end_sec <= table.duration_sec + 0.1
            if (old := before.get(clue.id)) is None:
                new += 1
            else:
                assert (clue.kind, clue.person) == (old.kind, old.person)
                assert (clue.start_sec < old.end_sec and old.start_sec < clue.end_sec) or clue == old
                kept += clue.modality == "face"
    assert gone > kept / 4 and kept > 10 * new > 0


def a_face(table: Table, *spans: tuple[str, float, float]) -> dict[str, MeasuredClip]:
    """The faces of a table, all with these clues: their kind, and from when to when."""
    told = next(clue for clue in table.clues if clue.modality == "face")
    clues = [
        told.model_copy(update={"id": 1, "kind": kind, "start_sec": start, "apex_sec": start, "end_sec": end})
        for kind, start, end in spans
    ]
    names = [face.name for part in parts_of(table) for face in part.faces]
    row = {"corpus": "pedfe", "person": "1", "family": "sad", "intensity": None, "is_posed": True}
    measured = {"duration_sec": 9.0, "modalities": ["face"], "utterances": [], "clues": clues}
    return {name: MeasuredClip.model_validate({**row, "name": name, "measured": measured}) for name in names}


def test_the_same_action_at_another_time_is_another_clue() -> None:
    table = next(
        table for table in TABLES.values()
        if len(table.who) == 1 and [clue.modality for clue in table.clues] == ["face"]
    )  # fmt: skip
    (old,) = table.clues
    same, late = (old.kind, old.start_sec, old.end_sec), (old.kind, old.end_sec + 0.01, old.end_sec + 0.02)
    other = ("blink_rate_raised" if old.kind != "blink_rate_raised" else "head_nod", *same[1:])
    assert [clue.id for clue in renewed(table, a_face(table, same)).clues] == [old.id]
    assert [clue.id for clue in renewed(table, a_face(table, other)).clues] == [old.id + 1]
    if late[1] < table.duration_sec:
        assert [clue.id for clue in renewed(table, a_face(table, late)).clues] == [old.id + 1]
    assert renewed(table, a_face(table)).clues == ()


def test_what_was_written_counts_where_all_of_it_is_still_told(faces: dict[str, MeasuredClip]) -> None:
    rows = check.read(DESCRIPTIONS)[::97]
    today = {row.table: renewed(TABLES[row.table], faces) for row in rows}
    kept = [row for row in rows if still_so(row, TABLES[row.table], today[row.table])]
    assert 0 < len(kept) < len(rows)
    cites_all = [row for row in rows if set(cited(row.text)) <= {clue.id for clue in listed(today[row.table])}]
    assert {row.text for row in kept} <= {row.text for row in cites_all}


def test_a_description_that_cites_what_is_no_longer_told_is_left_out() -> None:
    table = TABLES["a0001"]
    (clue, *_) = listed(table)
    one = Written(table=table.id, labels=("sad",), text=f"Something shows [{clue.id}].")
    gone = table.model_copy(update={"clues": tuple(other for other in table.clues if other.id != clue.id)})
    assert still_so(one, table, table) and not still_so(one, table, gone)
