"""The descriptions by hand are what their style guide asks for, and cite what is in their tables."""

from collections import Counter

from recipes.descriptions import tables
from recipes.descriptions.check import faults, read
from recipes.descriptions.table import Table, listed


def test_descriptions_keep_to_the_style_guide_and_to_their_tables() -> None:
    folder = tables.HERE
    rows = (folder / "tables.jsonl").read_text().splitlines()
    known = {table.id: table for table in map(Table.model_validate_json, rows)}
    written = read(folder / "descriptions.jsonl")
    assert len(written) > 2000
    wrong = [(one.table, fault) for one in written for fault in faults(one, known[one.table])]
    assert not wrong
    assert max(Counter(one.text for one in written).values()) == 1
    assert max(Counter((one.table, one.utterance) for one in written).values()) == 1


def test_nobody_who_is_held_out_is_in_a_table() -> None:
    rows = (tables.HERE / "tables.jsonl").read_text().splitlines()
    people = {source.person for row in rows for source in Table.model_validate_json(row).made_of}
    assert people
    assert not people & {f"pedfe {subject}" for subject in tables.HELD_OUT_SUBJECTS}
    assert not people & {"ravdess 19", "ravdess 20"}
    assert all(
        clue.person in table.who for table in map(Table.model_validate_json, rows[:50]) for clue in listed(table)
    )
