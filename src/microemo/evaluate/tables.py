"""Reading truth and predictions: the published layouts and ours; a row that cannot be read is named, never dropped.

One row a clip. Files may be

- CSV or TSV with a header: EMER and MER (``name`` and ``openset``, ``discrete`` or ``reason``), MELD
  (``Dialogue_ID``, ``Utterance_ID``, ``Emotion``, ``Sentiment``), MOSI, MOSEI and SIMS (``video_id``, ``clip_id``,
  ``label`` as a number, ``mode`` as the split), or any with the columns of ``COLUMNS``;
- JSONL as ``microemo predict`` writes it, with the same fields;
- NPZ as AffectGPT writes it (``filenames``, ``fileitems``);
- a folder of ``result.json`` files as ``microemo analyze`` writes them.
"""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from microemo import rows
from microemo.errors import InputError
from microemo.evaluate.records import Row, Table
from microemo.lexicon.label_lists import NOTHING, distinct, labels_of

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

Record = Mapping[str, Any]


def read(path: Path, split: str | None = None) -> Table:
    """A table's rows by the clip's name; with ``split``, those of that split alone.

    Raises ``InputError`` where the file cannot be read, has no rows, or has rows without a name, twice the same name,
    or a cell that is not what its column holds: up to five of them by line.
    """
    found: dict[str, Row] = {}
    places: dict[str, str] = {}
    faults: list[str] = []
    for place, record in _records(path):
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
        found.setdefault(row.name, row)
        places.setdefault(row.name, place)
    if faults:
        raise InputError(f"{path}: {rows.some(faults)}; mend or remove such rows")
    if not found:
        raise InputError(f"{path}: no rows" + (f" of split {split}" if split else ""))
    return found


def _row(fields: Record) -> Row:
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


def _name(fields: Record) -> str:
    name = str(_field(fields, "name", "") or "").strip()
    for first, second, form in NAMES_OF_PARTS:
        if not name and fields.get(first) and fields.get(second):
            name = form.format(str(fields[first]).strip(), str(fields[second]).strip())
    if not name:
        raise ValueError("no name")
    return name


def _labels(fields: Record) -> tuple[str, ...] | None:
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


def _field(fields: Record, kind: str, default: Any = None) -> Any:
    return next((fields[column] for column in COLUMNS[kind] if column in fields), default)


def _records(path: Path) -> Iterator[tuple[str, Record | str]]:
    """Each record of the file, or what is wrong with it, and where it stands."""
    try:
        if path.is_dir():
            yield from _results(path)
        elif path.suffix == ".npz":
            yield from _arrays(path)
        else:
            yield from _rows(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _rows(path: Path) -> Iterator[tuple[str, Record | str]]:
    if path.suffix.lower() not in rows.JSON_LINES:
        header = {column.strip().lower() for column in rows.header(path)}
        if "name" not in header and not any({first, second} <= header for first, second, _ in NAMES_OF_PARTS):
            found = ", ".join(sorted(header)) or "nothing"
            raise InputError(f"{path}: the first line has no column called name, but {found}")
    yield from rows.read(path)


def _arrays(path: Path) -> Iterator[tuple[str, Record]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            pairs = list(zip(arrays["filenames"].tolist(), arrays["fileitems"].tolist(), strict=True))
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: not an NPZ of text arrays filenames and fileitems ({error})") from error
    for number, (name, item) in enumerate(pairs, start=1):
        yield f"item {number}", {"name": name, "openset": item}


def _results(folder: Path) -> Iterator[tuple[str, Record]]:
    """What ``microemo analyze`` wrote: the overall answer of each clip, by the name of its folder."""
    for file in sorted(folder.rglob("result.json")):
        try:
            overall = json.loads(file.read_text(encoding="utf-8"))["overall"]
            emotions = [(emotion["label"], emotion["confidence"]) for emotion in overall["emotions"]]
            text = overall["explanation"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{file}: not a result of microemo analyze ({error!r})") from error
        labels, confidences = [label for label, _ in emotions], [confidence for _, confidence in emotions]
        yield str(file), {"name": file.parent.name, "labels": labels, "confidences": confidences, "text": text}
