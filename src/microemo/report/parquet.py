"""Parquet: the tables of a result with the types of their columns, for DuckDB, pandas and R's arrow."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from microemo.extras import require
from microemo.report import tables
from microemo.report.tables import COLUMNS, FIRST, TableName
from microemo.schema import KeyFrame, ResultRecord

if TYPE_CHECKING:
    import pyarrow

SUFFIX = ".parquet"
INTEGERS = {"id", "utterance", "clue", "rank", "width", "height", "audio_track"}
TRUTHS = {"main", "negated", "has_video", "has_audio", "abstained"}
NUMBERS = {"confidence", "change", "weight", "value", "baseline", "strength"}
UNITS = ("_sec", "_seconds")
"""What columns hold, by their names; all others are text."""


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    """Raises ``MicroEmoError`` without pyarrow."""
    return _written(result, FIRST)


def beside(result: ResultRecord) -> dict[str, bytes]:
    return {name + SUFFIX: _written(result, name) for name in COLUMNS if name != FIRST}


def schema(columns: Sequence[str], extra: str = "formats") -> "pyarrow.Schema":
    """The types of columns of these names; ``extra`` is what has pyarrow."""
    arrow = require("pyarrow", extra)

    def type_of(column: str) -> "pyarrow.DataType":
        if column in INTEGERS:
            return arrow.int64()
        if column in TRUTHS:
            return arrow.bool_()
        return arrow.float64() if column in NUMBERS or column.endswith(UNITS) else arrow.string()

    return arrow.schema({name: type_of(name) for name in columns})


def _written(result: ResultRecord, name: TableName) -> bytes:
    arrow, parquet = require("pyarrow", "formats"), require("pyarrow.parquet", "formats")
    file = io.BytesIO()
    table = arrow.Table.from_pylist(tables.rows(result, name), schema(COLUMNS[name]))
    parquet.write_table(table, file, compression="zstd")
    return file.getvalue()
