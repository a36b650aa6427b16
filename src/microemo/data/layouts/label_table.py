"""A plain table of files and labels: the layout for a lab's own recordings.

CSV, TSV or JSON Lines with a column for the ``file`` and one for the ``label`` (several between commas, or a list),
and perhaps ``name``, ``subtitle``, ``description``, ``speaker`` and ``split``; paths are relative to the table. The
table is given itself, or is the only one in the folder that is given.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from microemo import rows
from microemo.data.layouts.found import NOT_KNOWN, Found, columns_of
from microemo.data.manifest import Sample, Split
from microemo.errors import InputError
from microemo.lexicon.label_lists import labels_of

COLUMNS = {
    "path": ("file", "path", "filename", "filepath", "video", "audio", "clip"),
    "labels": ("label", "labels", "emotion", "emotions", "openset"),
    "name": ("name", "id"),
    "subtitle": ("subtitle", "text", "transcript", "utterance", "sentence"),
    "description": ("description", "reason", "explanation"),
    "speaker": ("speaker", "actor", "subject"),
    "split": ("split", "partition", "set"),
}
"""What a sample has, and the columns that can hold it; of several, the first that is there."""

SPLITS = {"training": "train", "val": "validation", "valid": "validation", "dev": "validation", "testing": "test"}
SUFFIXES = (".csv", ".tsv", *rows.JSON_LINES)


def recognises(folder: Path) -> bool:
    table = _table(folder)
    if table is None or table.suffix.lower() in rows.JSON_LINES:
        return False
    return all(columns_of(table) & set(COLUMNS[kind]) for kind in ("path", "labels"))


def samples(folder: Path) -> Iterator[Found]:
    table = _table(folder)
    if table is None:
        raise InputError(f"{folder}: not one table in it; give the table itself")
    for place, row in rows.read(table):
        yield place, row if isinstance(row, str) else _sample(row, table)


def _table(path: Path) -> Path | None:
    if path.is_file():
        return path if path.suffix.lower() in SUFFIXES else None
    tables = [file for file in path.iterdir() if file.suffix.lower() in SUFFIXES]
    return tables[0] if len(tables) == 1 else None


def _sample(row: rows.Fields, table: Path) -> Sample | str:
    by_column = {str(column).strip().lower(): cell for column, cell in row.items()}
    known = {
        kind: cell
        for kind, columns in COLUMNS.items()
        for cell in [next((by_column[column] for column in columns if column in by_column), None)]
        if cell is not None and str(cell).strip().lower() not in NOT_KNOWN
    }
    if "path" not in known:
        return "no file"
    file = str(known["path"]).strip()
    split = str(known.get("split", "")).strip().lower()
    split = SPLITS.get(split, split)
    if split and split not in get_args(Split):
        return f"{file}: unknown split {split}; known are {', '.join(get_args(Split))}"
    labels = known.get("labels", "")
    try:
        return Sample.model_validate(
            {
                **known,
                "name": str(known.get("name", Path(file).stem)),
                "path": table.parent / file,
                "labels": labels_of(", ".join(labels) if isinstance(labels, list) else str(labels)),
                "split": split or None,
                "source": table.stem,
            }
        )
    except (ValueError, ValidationError) as fault:
        return f"{file}: {str(fault).splitlines()[0]}"
