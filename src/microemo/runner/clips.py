"""The clips that systems are run on: a folder of media, or a manifest that says more about each."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microemo.errors import InputError

VIDEO_SUFFIXES = {
    ".3gp",
    ".avi",
    ".flv",
    ".m4v",
    ".mkv",
    ".mov",
    ".mp4",
    ".mpeg",
    ".mpg",
    ".mts",
    ".ts",
    ".webm",
    ".wmv",
}
AUDIO_SUFFIXES = {".aac", ".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav", ".wma"}
MAX_NAMED = 5


@dataclass(frozen=True)
class ClipEntry:
    """A clip by its name in all tables, its file, the words spoken in it ("" if not known) and who is seen."""

    name: str
    path: Path
    subtitle: str = ""
    speaker: str | None = None


def read(path: Path) -> tuple[ClipEntry, ...]:
    """The clips of a folder, by name, or of a manifest (CSV or JSONL), in its order.

    A manifest has a ``path`` for each clip, relative to the manifest, and may have ``name`` (else the file's stem),
    ``subtitle`` and ``speaker``; other columns are left alone. Of a folder, the media files directly in it are taken.
    Raises ``InputError`` that names up to five rows without a file, or with the name of an earlier one.
    """
    if path.is_dir():
        files = sorted(
            file for file in path.iterdir() if file.suffix.lower() in VIDEO_SUFFIXES | AUDIO_SUFFIXES and file.is_file()
        )
        placed = [(file.name, ClipEntry(file.stem, file)) for file in files]
    else:
        placed = [(place, _entry(record, path, place)) for place, record in _records(path)]
    if not placed:
        raise InputError(f"{path}: no clips; give a folder of media files, or a manifest with a row a clip")
    faults = list(_faults(placed))
    if faults:
        more = f"; and {len(faults) - MAX_NAMED} more" if len(faults) > MAX_NAMED else ""
        raise InputError(f"{path}: {'; '.join(faults[:MAX_NAMED])}{more}; mend or remove such rows")
    return tuple(entry for _, entry in placed)


def _faults(placed: list[tuple[str, ClipEntry]]) -> Iterator[str]:
    first: dict[str, str] = {}
    for place, entry in placed:
        if entry.name in first:
            yield f"{place}: {entry.name} again, after {first[entry.name]}"
        if not entry.path.is_file():
            yield f"{place}: no file {entry.path}"
        first.setdefault(entry.name, place)


def _entry(record: Mapping[str, Any], manifest: Path, place: str) -> ClipEntry:
    fields = {key: " ".join(str(value).split()) for key, value in record.items() if key and value is not None}
    file = fields.get("path")
    if not file:
        raise InputError(f"{manifest}: {place}: no path; each clip needs the path of its file")
    return ClipEntry(
        name=fields.get("name") or Path(file).stem,
        path=manifest.parent / str(record["path"]).strip(),
        subtitle=fields.get("subtitle", ""),
        speaker=fields.get("speaker") or None,
    )


def _records(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix in (".jsonl", ".ndjson"):
                for number, line in enumerate(file, start=1):
                    if line.strip():
                        yield f"line {number}", _object(line, f"{path}: line {number}")
            else:
                reader = csv.DictReader(file, strict=True)
                for row in reader:
                    yield f"line {reader.line_num}", row
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a folder or a manifest") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; give a folder of media, or a CSV or JSONL manifest") from error
    except csv.Error as error:
        raise InputError(f"{path}: {error}; is it CSV, and the quoting right?") from error


def _object(line: str, place: str) -> Mapping[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise InputError(f"{place} is not a JSON object")
    return record
