"""Tables as today's rules would measure their faces."""

import pytest

from recipes.descriptions import check
from recipes.descriptions.check import Written
from recipes.descriptions.table import listed
from recipes.evidence import measure
from recipes.nano import made_clips
from recipes.nano.described import DESCRIPTIONS, FACES
from recipes.nano.made_clips import parts_of
from recipes.nano.renewed import renewed, still_so

TABLES = made_clips.tables()
MEASURED = {clip.name: clip for clip in measure.read(FACES)}
RENEWED = {id_: renewed(table, MEASURED) for id_, table in TABLES.items()}


def test_all_faces_of_the_tables_were_measured_anew() -> None:
    assert {face.name for table in TABLES.values() for part in parts_of(table) for face in part.faces} == set(MEASURED)


def test_only_the_clues_of_faces_change_and_numbers_stay_one_clue_s_own() -> None:
    for id_, table in TABLES.items():
        today = RENEWED[id_]
        assert [one for one in today.clues if one.modality != "face"] == [
            one for one in table.clues if one.modality != "face"
        ]
        ids = [clue.id for clue in today.clues]
        assert len(set(ids)) == len(ids)
        before = {clue.id: clue for clue in table.clues}
        for clue in today.clues:
            if clue.id in before:
                assert (clue.kind, clue.person) == (before[clue.id].kind, before[clue.id].person)
            assert 0 <= clue.start_sec <= clue.apex_sec <= clue.end_sec <= table.duration_sec + 0.1


@pytest.mark.parametrize("seed", range(3))
def test_what_was_written_counts_where_all_of_it_is_still_told(seed: int) -> None:
    rows = check.read(DESCRIPTIONS)[seed::97]
    kept = [row for row in rows if still_so(row, TABLES[row.table], RENEWED[row.table])]
    assert 0 < len(kept) < len(rows)
    for row in kept:
        assert not list(check.faults(row, RENEWED[row.table]))


def test_a_description_that_cites_what_is_no_longer_told_is_left_out() -> None:
    table = TABLES["a0001"]
    (clue, *_) = listed(table)
    one = Written(table=table.id, labels=("sad",), text=f"Something shows [{clue.id}].")
    gone = table.model_copy(update={"clues": tuple(other for other in table.clues if other.id != clue.id)})
    assert still_so(one, table, table) and not still_so(one, table, gone)
