"""Rows of CSV, TSV and JSON Lines files, each with its place; a row that cannot be read says why in its own place."""

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from microemo.errors import InputError

MAX_NAMED = 5
CELL_LIMIT = 1 << 24  # descriptions are longer than what csv allows by default
JSON_LINES = (".jsonl", ".ndjson")

Fields = Mapping[str, Any]


def read(path: Path) -> Iterator[tuple[str, Fields | str]]:
    """Each row of a file, by the columns' names, or what is wrong with it; and where it stands.

    Raises ``InputError`` where the file as a whole cannot be read.
    """
    with _reported(path):
        yield from _json_lines(path) if path.suffix.lower() in JSON_LINES else _delimited(path)


def header(path: Path) -> list[str]:
    """Names of a table's columns as the file spells them. Raises ``InputError`` as ``read`` does."""
    with _reported(path), path.open(encoding="utf-8-sig", newline="") as file:
        return list(_reader(file, path).fieldnames or ())


def some(faults: list[str]) -> str:
    """The first few of a list of faults, and how many more there are."""
    rest = len(faults) - MAX_NAMED
    return "; ".join(faults[:MAX_NAMED]) + (f"; and {rest} more" if rest > 0 else "")


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """What makes a file unreadable, as an error for the user."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8") from error
    except csv.Error as error:
        raise InputError(f"{path}: {error}; is it a table, and is the quoting right?") from error


def _reader(file: Any, path: Path) -> "csv.DictReader[str]":
    csv.field_size_limit(CELL_LIMIT)
    return csv.DictReader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)


def _delimited(path: Path) -> Iterator[tuple[str, Fields | str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = _reader(file, path)
        try:
            for row in reader:
                odd = None in row or None in row.values()  # csv's own marks of too many, or too few, cells
                yield f"line {reader.line_num}", "other cells than the header has columns" if odd else row
        except csv.Error as error:
            raise csv.Error(f"after line {reader.line_num}: {error}") from error


def _json_lines(path: Path) -> Iterator[tuple[str, Fields | str]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    row = json.loads(line)
                except ValueError:
                    row = None
                yield f"line {number}", row if isinstance(row, dict) else "not a JSON object"
