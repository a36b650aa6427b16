"""The clips that systems are run on: a folder of media, or a manifest that says more about each."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from microemo import rows
from microemo.errors import InputError
from microemo.media.suffixes import is_media


@dataclass(frozen=True)
class ClipEntry:
    """A clip by its name in all tables, its file, the words spoken in it ("" if not known), who is seen, its split."""

    name: str
    path: Path
    subtitle: str = ""
    speaker: str | None = None
    split: str | None = None


def read(path: Path) -> tuple[ClipEntry, ...]:
    """The clips of a folder, by name, or of a manifest (CSV or JSONL), in its order.

    A manifest has a ``path`` for each clip, relative to the manifest, and may have ``name`` (else the file's stem),
    ``subtitle``, ``speaker`` and ``split``; other columns are left alone. Of a folder, the media files directly in it
    are taken. Raises ``InputError`` that names up to five rows without a file, or with the name of an earlier one.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if is_media(file))
        entries = [(file.name, ClipEntry(file.stem, file)) for file in files]
    else:
        entries = [(place, _entry(row, path, place)) for place, row in rows.read(path)]
    if not entries:
        raise InputError(f"{path}: no clips; give a folder of media files, or a manifest with a row a clip")
    faults = list(_faults(entries))
    if faults:
        raise InputError(f"{path}: {rows.some(faults)}; mend or remove such rows")
    return tuple(entry for _, entry in entries)


def _faults(entries: list[tuple[str, ClipEntry]]) -> Iterator[str]:
    first: dict[str, str] = {}
    for place, entry in entries:
        if entry.name in first:
            yield f"{place}: {entry.name} again, after {first[entry.name]}"
        if not entry.path.is_file():
            yield f"{place}: no file {entry.path}"
        first.setdefault(entry.name, place)


def _entry(record: rows.Fields | str, manifest: Path, place: str) -> ClipEntry:
    if isinstance(record, str):
        raise InputError(f"{manifest}: {place}: {record}; mend or remove such rows")
    fields = {key: " ".join(str(value).split()) for key, value in record.items() if key and value is not None}
    file = fields.get("path")
    if not file:
        raise InputError(f"{manifest}: {place}: no path; each clip needs the path of its file")
    return ClipEntry(
        name=fields.get("name") or Path(file).stem,
        path=manifest.parent / str(record["path"]).strip(),
        subtitle=fields.get("subtitle", ""),
        speaker=fields.get("speaker") or None,
        split=fields.get("split") or None,
    )
