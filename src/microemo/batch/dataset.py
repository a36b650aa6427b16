"""The study as one data set: Parquet files in a folder, one a table, for DuckDB, pandas, R's arrow.

``clips.parquet`` has a row a clip, those that failed as well; the others are the tables of a result, ``clip`` in front,
which joins them all. The same study gives the same bytes: rows are in order of the clips' names, and nothing is in them
of when, where and by how many workers they were made.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microemo.batch.store import Store
from microemo.data.manifest import Sample
from microemo.errors import InputError
from microemo.extras import require
from microemo.report import tables
from microemo.report.parquet import SUFFIX, schema
from microemo.report.tables import Row
from microemo.result import Result
from microemo.schema import ClipInfo

FOLDER = "dataset"
ROWS = 100_000  # that are written at a time
CLIPS = (
    "clip", "path", "speaker", "error", "folder", *(name for name in ClipInfo.model_fields if name != "path"),
    "main_person", "label", "confidence", "labels", "explanation", "abstained", "warnings",
    "model", "model_version", "weights_sha256", "microemo_version",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A clip of the study: the key of its folder, if its content could be read, and why there is no result, if so."""

    sample: Sample
    key: str | None
    error: str | None


def needed() -> None:
    """Raises ``MicroEmoError`` where what writes Parquet is not installed; to be asked before the work."""
    require("pyarrow.parquet", "batch")


def write(store: Store, entries: Iterable[Entry]) -> Path:
    """Write the tables of a study, and return their folder. Raises ``InputError`` where that cannot be done."""
    folder = store.root / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with store.claimed(FOLDER), ExitStack() as stack:
            writers = {name: stack.enter_context(_Table(folder / (name + SUFFIX), of)) for name, of in _all().items()}
            for entry in entries:
                for name, rows in _rows(store, entry):
                    writers[name].add(rows)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error}); choose another --out") from error
    return folder


def _all() -> dict[str, tuple[str, ...]]:
    """Each table's columns."""
    return {"clips": CLIPS, **{name: ("clip", *columns) for name, columns in tables.COLUMNS.items()}}


def _rows(store: Store, entry: Entry) -> Iterator[tuple[str, Sequence[Row]]]:
    """What a clip adds to each table."""
    sample = entry.sample
    clip: Row = {"clip": sample.name, "path": str(sample.path), "speaker": sample.speaker, "error": entry.error}
    if entry.key is None or entry.error is not None:
        yield "clips", [clip]
        return
    result = store.result(entry.key)
    folder = store.folder(entry.key).relative_to(store.root).as_posix()
    yield "clips", [clip | {"folder": folder} | _told(result)]
    for name in tables.COLUMNS:
        yield name, [{"clip": sample.name, **row} for row in tables.rows(result, name)]


def _told(result: Result) -> Row:
    first = next(iter(result.overall.emotions), None)
    return {
        **result.clip.model_dump(exclude={"path"}),
        "main_person": result.main_person,
        "label": first and first.label,
        "confidence": first and first.confidence,
        "labels": ", ".join(emotion.label for emotion in result.overall.emotions),
        "explanation": result.overall.explanation,
        "abstained": result.abstained,
        "warnings": "\n".join(result.warnings),
        "model": result.model.name,
        "model_version": result.model.version,
        "weights_sha256": result.model.weights_sha256,
        "microemo_version": result.microemo_version,
    }


class _Table:
    """A Parquet file that is there once it is whole."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        parquet = require("pyarrow.parquet", "batch")
        self._path, self._part = path, path.with_name(f".{path.name}")
        self._schema = schema(columns, "batch")
        self._writer = parquet.ParquetWriter(self._part, self._schema, compression="zstd")
        self._waiting: list[Row] = []

    def add(self, rows: Sequence[Row]) -> None:
        self._waiting += rows
        if len(self._waiting) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        arrow = require("pyarrow", "batch")
        self._writer.write_table(arrow.Table.from_pylist(self._waiting, self._schema))
        self._waiting.clear()

    def __enter__(self) -> "_Table":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is None:
            self._flush()
        self._writer.close()
        if kind is None:
            self._part.replace(self._path)
