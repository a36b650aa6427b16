"""Truth and predictions as tables by task: the published layouts and ours, from files or out of memory.

One row a clip; a row that cannot be read is named, never dropped. Tables may be

- CSV or TSV with a header: EMER and MER (``name`` and ``openset``, ``discrete`` or ``reason``), MELD
  (``Dialogue_ID``, ``Utterance_ID``, ``Emotion``, ``Sentiment``), MOSI, MOSEI and SIMS (``video_id``, ``clip_id``,
  ``label`` as a number, ``mode`` as the split), or any with the columns of ``COLUMNS``;
- JSONL as ``microemo predict`` writes it, with the same fields;
- NPZ as AffectGPT writes it (``filenames``, ``fileitems``);
- a folder of ``result.json`` files as ``microemo analyze`` writes them, or the results themselves;
- a pandas ``DataFrame`` with the columns of any of these;
- a folder with a file for each task of MER-UniBench, named as in ``unibench.TASKS``.
"""

import hashlib
import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from microemo import rows
from microemo.errors import InputError
from microemo.evaluate.evaluation import File
from microemo.evaluate.metrics import Labels
from microemo.evaluate.unibench import TASKS, Task
from microemo.lexicon.label_lists import NOTHING, distinct, labels_of
from microemo.result import Result

if TYPE_CHECKING:
    from pandas import DataFrame

    Tabular: TypeAlias = Path | str | Sequence[Result] | DataFrame


COLUMNS = {
    "name": ("name",),
    "labels": ("openset", "labels", "discrete", "label", "emotion"),
    "text": ("reason", "text", "description"),
    "confidences": ("confidences",),
    "sentiment": ("sentiment", "val", "valence"),
    "speaker": ("speaker",),
    "split": ("split", "mode"),
}
"""What a row can have, and the columns that hold it; of several, the first that is there."""

NAMES_OF_PARTS = (("dialogue_id", "utterance_id", "dia{}_utt{}"), ("video_id", "clip_id", "{}_{}"))
SENTIMENTS = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".npz")

Fields = Mapping[str, Any]
"""A record as the file has it, by the columns' names."""


@dataclass(frozen=True)
class Row:
    """One clip in a table.

    labels       in the table's order, lower case, trimmed, each once; None where the table has only ``text``
    text         a description in free words, from which labels can be extracted
    confidences  as many as labels, in [0, 1]; empty where the table has none
    sentiment    intensity, positive above zero, of the tables that hold one number a clip
    speaker      who is seen; clips of one speaker are resampled together
    """

    name: str
    labels: tuple[str, ...] | None
    text: str = ""
    confidences: tuple[float, ...] = ()
    sentiment: float | None = None
    speaker: str | None = None


Table = Mapping[str, Row]
"""Rows by the clip's name, in the file's order."""


@dataclass(frozen=True)
class Source:
    """A table of one task and what it was read from; ``extracted`` if labels were found in its texts."""

    task: Task
    file: File
    table: Table
    extracted: bool = False


def truths(given: "Tabular", task: str | None = None, split: str | None = None) -> list[Source]:
    """The truth of each task. A single table is of the task named, else of what its rows hold: labels or sentiments.

    Raises ``InputError`` as ``read`` does, and on a task that is not of MER-UniBench.
    """
    if task is not None and task not in TASKS:
        raise InputError(f"{task}: no such task; one of {', '.join(TASKS)}")
    files = _files_of_tasks(given)
    if files and task is None:
        return [_source(TASKS[stem], file, split) for stem, file in files.items()]
    table = read(given, split)
    of = TASKS[task] if task else _task(name_of(given, "truth"), table)
    return [Source(of, _file(given, table, of), table)]


def predictions(given: "Tabular", truths: Sequence[Source]) -> dict[str, Source]:
    """A system's tables by the name of the task; of a benchmark's folder, of those tasks that it has.

    Raises ``InputError`` as ``read`` does, and where there is none.
    """
    files = _files_of_tasks(given)
    if not files:
        if len(truths) > 1:
            raise InputError(f"{_place(given)}: not a folder with files of tasks ({', '.join(TASKS)}), as the truth is")
        return {truths[0].task.name: _source(truths[0].task, given)}
    wanted = {source.task.name for source in truths}
    by_task = {TASKS[stem]: file for stem, file in files.items() if TASKS[stem].name in wanted}
    sources = {task.name: _source(task, file) for task, file in by_task.items()}
    if not sources:
        raise InputError(f"{_place(given)}: has no file of {', '.join(sorted(wanted))}")
    return sources


def name_of(given: "Tabular", otherwise: str) -> str:
    """The stem of a file; what is in memory has no name of its own."""
    return Path(given).stem if isinstance(given, Path | str) else otherwise


def labels_in(table: Table) -> Labels:
    return {clip: row.labels or () for clip, row in table.items()}


def read(given: "Tabular", split: str | None = None) -> Table:
    """A table's rows by the clip's name; with ``split``, those of that split alone.

    Raises ``InputError`` where it is none, cannot be read, has no rows, or has rows without a name, twice the same
    name, or a cell that is not what its column holds: up to five of them by line.
    """
    table: dict[str, Row] = {}
    places: dict[str, str] = {}
    faults: list[str] = []
    for place, record in _records(given):
        if isinstance(record, str):
            faults.append(f"{place}: {record}")
            continue
        fields = {key.strip().lower(): value for key, value in record.items()}
        if split is not None and str(_field(fields, "split", "")).lower() != split.lower():
            continue
        try:
            row = _row(fields)
        except ValueError as fault:
            faults.append(f"{place}: {fault}")
            continue
        if row.name in places:
            faults.append(f"{place}: {row.name} again, after {places[row.name]}")
        table.setdefault(row.name, row)
        places.setdefault(row.name, place)
    if faults:
        raise InputError(f"{_place(given)}: {rows.some(faults)}; mend or remove such rows")
    if not table:
        raise InputError(f"{_place(given)}: no rows" + (f" of split {split}" if split else ""))
    return table


def _row(fields: Fields) -> Row:
    """A record as a row. Raises ``ValueError`` that says what is wrong with it."""
    labels, sentiment = _labels(fields), _sentiment(_field(fields, "sentiment"))
    number = _number(_field(fields, "labels"))
    if number is not None:  # the label of MOSI, MOSEI and SIMS is an intensity
        labels, sentiment = None, number
    text = str(_field(fields, "text", "") or "")
    if labels is None and sentiment is None and not text.strip() and not fields.get("error"):
        raise ValueError(f"{_name(fields)} has neither labels, a text nor a sentiment")
    confidences = _confidences(_field(fields, "confidences"))
    if confidences and (labels is None or len(confidences) != len(labels)):
        raise ValueError(f"{_name(fields)} has {len(confidences)} confidences for {len(labels or ())} labels")
    speaker = _field(fields, "speaker")
    return Row(_name(fields), labels, text, confidences, sentiment, str(speaker) if speaker else None)


def _name(fields: Fields) -> str:
    name = str(_field(fields, "name", "") or "").strip()
    for first, second, form in NAMES_OF_PARTS:
        if not name and fields.get(first) and fields.get(second):
            name = form.format(str(fields[first]).strip(), str(fields[second]).strip())
    if not name:
        raise ValueError("no name")
    return name


def _labels(fields: Fields) -> tuple[str, ...] | None:
    cell = _field(fields, "labels")
    if cell is None:
        return None
    if isinstance(cell, list):
        if not all(isinstance(item, str) for item in cell):
            raise ValueError(f"{_name(fields)}: labels are not words")
        return distinct(cell)
    return labels_of(str(cell))


def _confidences(cell: Any) -> tuple[float, ...]:
    if cell is None or cell in NOTHING:
        return ()
    values = json.loads(cell) if isinstance(cell, str) else cell
    if not isinstance(values, list) or not all(isinstance(v, int | float) and 0 <= v <= 1 for v in values):
        raise ValueError(f"confidences are not a list of numbers from 0 to 1: {str(cell)[:40]}")
    return tuple(float(value) for value in values)


def _sentiment(cell: Any) -> float | None:
    if cell is None or str(cell).strip().lower() in NOTHING:
        return None
    number = SENTIMENTS.get(str(cell).strip().lower(), _number(cell))
    if number is None:
        raise ValueError(f"{str(cell)[:40]} is no sentiment (a number, or positive, neutral, negative)")
    return number


def _number(cell: Any) -> float | None:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _field(fields: Fields, kind: str, default: Any = None) -> Any:
    return next((fields[column] for column in COLUMNS[kind] if column in fields), default)


def _records(given: "Tabular") -> Iterator[tuple[str, Fields | str]]:
    """Each record of the table, or what is wrong with it, and where it stands."""
    if not isinstance(given, Path | str):
        yield from _records_in_memory(given)
        return
    path = Path(given)
    try:
        if path.is_dir():
            yield from _results(path)
        elif path.suffix == ".npz":
            yield from _arrays(path)
        else:
            if path.suffix.lower() not in rows.JSON_LINES:
                _check_header(path, rows.header(path))
            yield from rows.read(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _records_in_memory(given: Any) -> Iterator[tuple[str, Fields]]:
    if "pandas" in sys.modules and isinstance(given, sys.modules["pandas"].DataFrame):  # who has one, has imported it
        yield from _frame(given)
    elif isinstance(given, Sequence) and all(isinstance(item, Result) for item in given):
        from microemo.report import folder_name

        for number, result in enumerate(given):
            name = folder_name(result.clip.path)
            yield f"result {number}", {"name": name, **_overall(result.overall.model_dump())}
    else:
        raise InputError(f"{_place(given)}: no table; give a path, a DataFrame or a list of results")


def _check_header(given: "Tabular", columns: Sequence[str]) -> None:
    header = {column.strip().lower() for column in columns}
    if "name" not in header and not any({first, second} <= header for first, second, _ in NAMES_OF_PARTS):
        columns_there = ", ".join(sorted(header)) or "nothing"
        raise InputError(f"{_place(given)}: the first line has no column called name, but {columns_there}")


def _frame(frame: "DataFrame") -> Iterator[tuple[str, Fields]]:
    """Rows of a data frame with cells as a file has them: text, a list, or nothing where a value is missing.

    A missing value is an empty cell, which in a column of labels says that there are none; beside a text, it says that
    the labels have to be read out of that.
    """
    named = frame.reset_index() if frame.index.name else frame
    _check_header(frame, [str(column) for column in named.columns])
    texts = [column for column in named.columns if str(column).strip().lower() in COLUMNS["text"]]
    whole = named.astype(object).where(named.notna(), None)
    for number, record in enumerate(whole.to_dict("records")):
        nothing = None if any(record[column] for column in texts) else ""
        yield f"row {number}", {str(column): _cell(value, nothing) for column, value in record.items()}


def _cell(value: Any, nothing: str | None) -> Any:
    if value is None:
        return nothing
    return list(value) if isinstance(value, list | tuple | np.ndarray) else str(value)


def _arrays(path: Path) -> Iterator[tuple[str, Fields]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            pairs = list(zip(arrays["filenames"].tolist(), arrays["fileitems"].tolist(), strict=True))
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: not an NPZ of text arrays filenames and fileitems ({error})") from error
    for number, (name, item) in enumerate(pairs, start=1):
        yield f"item {number}", {"name": name, "openset": item}


def _results(folder: Path) -> Iterator[tuple[str, Fields]]:
    """What ``microemo analyze`` wrote: the overall answer of each clip, by the name of its folder."""
    for file in sorted(folder.rglob("result.json")):
        try:
            fields = _overall(json.loads(file.read_text(encoding="utf-8"))["overall"])
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{file}: not a result of microemo analyze ({error!r})") from error
        yield str(file), {"name": file.parent.name, **fields}


def _overall(answer: Mapping[str, Any]) -> Fields:
    emotions = answer["emotions"]
    return {
        "labels": [emotion["label"] for emotion in emotions],
        "confidences": [emotion["confidence"] for emotion in emotions],
        "text": answer["explanation"],
    }


def _source(task: Task, given: "Tabular", split: str | None = None) -> Source:
    table = read(given, split)
    return Source(task, _file(given, table, task), table)


def _task(name: str, table: Table) -> Task:
    labelled = any(row.labels is not None or row.text for row in table.values())
    return Task(name, "open" if labelled else "sentiment")


def _files_of_tasks(given: "Tabular") -> dict[str, Path]:
    """Files in a folder that are named after tasks, in the benchmark's order; nothing if it is no such folder."""
    if not isinstance(given, Path | str) or not Path(given).is_dir():
        return {}
    paths = {stem: [Path(given) / f"{stem}{suffix}" for suffix in SUFFIXES] for stem in TASKS}
    return {stem: file for stem, several in paths.items() for file in several if file.is_file()}


def _file(given: "Tabular", table: Table, task: Task) -> File:
    digest = hashlib.sha256()
    if not isinstance(given, Path | str):
        digest.update(repr(list(table.values())).encode())
    elif Path(given).is_dir():
        for file in sorted(Path(given).rglob("result.json")):  # all that is read of a folder
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    else:
        digest.update(Path(given).read_bytes())
    return File(task=task.name, path=_place(given), sha256=digest.hexdigest(), num_clips=len(table))


def _place(given: "Tabular") -> str:
    """The path; of what is in memory, its type."""
    return str(given) if isinstance(given, Path | str) else type(given).__name__
