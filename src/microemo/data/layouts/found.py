"""What layouts have in common: finding media files, and sharing the rows of tables out by the clip's name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from microemo import rows
from microemo.data.manifest import Sample, Split
from microemo.errors import InputError
from microemo.lexicon.label_lists import labels_of
from microemo.media.suffixes import VIDEO, is_media

Found = tuple[str, Sample | str]
"""Where something stands, and the sample there, or what is wrong with it."""

FEW = 50  # files that tell a layout
NOT_KNOWN = ("", "nan", "none")


def media_files(folder: Path) -> list[Path]:
    """All media in a folder and below it, in order of their paths."""
    return sorted(file for file in folder.rglob("*") if is_media(file))


def few_media_files(folder: Path) -> list[Path]:
    """Some of the media in a folder, without reading all of a large one."""
    return list(islice((file for file in folder.rglob("*") if is_media(file)), FEW)) if folder.is_dir() else []


def by_stem(files: Iterable[Path]) -> dict[str, Path]:
    """Files by their names without suffix; of several of one name a video, which has the sound in it."""
    found: dict[str, Path] = {}
    for file in files:
        if file.stem not in found or found[file.stem].suffix.lower() not in VIDEO:
            found[file.stem] = file
    return found


def columns_of(table: Path) -> set[str]:
    """Names of a table's columns in lower case; none of a file that is no table, which tells no layout."""
    try:
        return {column.strip().lower() for column in rows.header(table)}
    except InputError:
        return set()


@dataclass
class Cells:
    """One column of one or more tables, by the clip's name, and the rows that could not be read."""

    by_name: dict[str, str] = field(default_factory=dict)
    faults: list[Found] = field(default_factory=list)


def cells(tables: Iterable[Path], columns: tuple[str, ...]) -> Cells:
    """The first of ``columns`` that each table has, by its column ``name`` (``names`` in EMER's first version).

    A table without any of them says nothing; a name that returns in the same table is a fault.
    """
    found = Cells()
    for table in tables:
        names: set[str] = set()
        for place, row in rows.read(table):
            name, cell = ("", "") if isinstance(row, str) else _cells(row, columns)
            if isinstance(row, str):
                found.faults.append((f"{table.name} {place}", row))
            elif name in names:
                found.faults.append((f"{table.name} {place}", f"{name} again"))
            elif cell.lower() not in NOT_KNOWN:
                found.by_name.setdefault(name, cell)
            names.add(name)
    return found


def _cells(row: rows.Fields, columns: tuple[str, ...]) -> tuple[str, str]:
    cleaned = {str(column).strip().lower(): str(cell or "").strip() for column, cell in row.items()}
    name = cleaned.get("name") or cleaned.get("names") or ""
    return name, next((cleaned[column] for column in columns if column in cleaned), "")


def named_clips(
    media: Mapping[str, Path],
    labels: Cells,
    descriptions: Cells,
    subtitles: Cells,
    *,
    source: str,
    split: Split | None = None,
) -> Iterator[Found]:
    """A sample for each name that has labels or a description, in the order of the tables."""
    yield from (fault for column in (labels, descriptions, subtitles) for fault in column.faults)
    for name in dict.fromkeys([*labels.by_name, *descriptions.by_name]):
        if name not in media:
            yield name, f"{name} has no media file"
            continue
        try:
            words = labels_of(labels.by_name.get(name, ""))
        except ValueError as fault:
            yield name, f"{name}: {fault}"
            continue
        yield (
            name,
            Sample(
                name=name,
                path=media[name],
                labels=words,
                description=descriptions.by_name.get(name, ""),
                subtitle=subtitles.by_name.get(name, ""),
                split=split,
                source=source,
            ),
        )
