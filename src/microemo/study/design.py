"""``design.csv``: which clip shows whom, under which conditions.

Columns: ``clip`` (a file's name, a path, or the folder of its result), optionally ``id`` (whose row it is: P1, P2, …;
else the main person's) and ``person`` (the same in all clips of a person); every other column is a condition.
"""

from dataclasses import dataclass
from pathlib import Path

from microemo import rows
from microemo.errors import InputError

OWN = ("clip", "id", "person")
TAKEN = frozenset(
    [
        "main",
        "utterance",
        "role",
        "start_sec",
        "end_sec",
        "duration_sec",
        "text",
        "label",
        "confidence",
        "family",
        "valence",
        "arousal",
        "clip_sec",
        "face_sec",
        "speech_sec",
        "judged_sec",
        "measure",
        "mean",
        "low",
        "high",
        "num_people",
        "num_clips",
        "num_from",
        "share",
        "count",
        "bin",
        "kind",
    ]
)
"""Names of our own tables' columns, which no condition can have."""


@dataclass(frozen=True)
class Row:
    """One line: a person in a clip; ``conditions`` has an empty text where a cell is empty."""

    place: str
    clip: str
    id: str | None
    person: str | None
    conditions: dict[str, str]


@dataclass(frozen=True)
class Design:
    """``faults`` are rows that cannot be used, a line each."""

    conditions: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    faults: tuple[str, ...] = ()
    names_people: bool = False


def read(path: Path) -> Design:
    """Raises ``InputError`` where the table cannot be read, lacks ``clip``, or has a column twice or of our names."""
    header = [name.strip() for name in rows.header(path)]
    _check(path, header)
    conditions = tuple(name for name in header if name not in OWN)
    usable: list[Row] = []
    faults: list[str] = []
    for place, found in rows.read(path):
        row = found if isinstance(found, str) else _row(place, found, conditions)
        if isinstance(row, str):
            faults.append(f"{path.name}, {place}: {row}")
        else:
            usable.append(row)
    return Design(conditions, tuple(usable), tuple(faults), "person" in header)


def _check(path: Path, header: list[str]) -> None:
    if "clip" not in header:
        raise InputError(f"{path}: no column clip; name the clips in a column of that name")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise InputError(f"{path}: two columns are called {twice[0] or 'nothing'}; rename one")
    if "" in header:
        raise InputError(f"{path}: a column without a name; name or delete it")
    if taken := TAKEN.intersection(header):
        raise InputError(f"{path}: a condition cannot be called {min(taken)}, as a column of the results is; rename it")


def _row(place: str, fields: rows.Fields, conditions: tuple[str, ...]) -> Row | str:
    cells = {name.strip(): str(cell or "").strip() for name, cell in fields.items()}
    if not cells["clip"]:
        return "no clip; give a file's name"
    if "person" in cells and not cells["person"]:
        return f"{cells['clip']}: no person; give the same name in all of a person's rows"
    return Row(
        place, cells["clip"], cells.get("id") or None, cells.get("person"), {name: cells[name] for name in conditions}
    )
