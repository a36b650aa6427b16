"""Rows of records as Parquet, by pyarrow; the columns are those of the record's own schema."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microemo.errors import InputError
from microemo.extras import require
from microemo.schema import Record

if TYPE_CHECKING:
    import pyarrow

Schema = Mapping[str, Any]


def encode(rows: Sequence[Mapping[str, Any]], record: type[Record]) -> bytes:
    """Rows, each a ``record`` as JSON, as a Parquet file with a column for each of the record's fields.

    Raises ``TypeError`` on a field whose type has no column, ``MicroEmoError`` without the extra ``[train]``.
    """
    arrow, parquet = require("pyarrow", "train"), require("pyarrow.parquet", "train")
    schema = record.model_json_schema(mode="serialization")
    columns = {name: _arrow_type(field, schema.get("$defs", {})) for name, field in schema["properties"].items()}
    content = BytesIO()
    parquet.write_table(arrow.Table.from_pylist(list(rows), arrow.schema(columns)), content, compression="zstd")
    return content.getvalue()


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file. Raises ``InputError`` where it is none, ``MicroEmoError`` as ``encode`` does."""
    arrow, parquet = require("pyarrow", "train"), require("pyarrow.parquet", "train")
    try:
        with parquet.ParquetFile(path) as file:
            return file.read().to_pylist()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give a manifest in JSON Lines or Parquet") from None
    except (OSError, arrow.ArrowException) as error:
        raise InputError(f"{path}: not a Parquet file ({str(error).splitlines()[0]})") from error


def _arrow_type(schema: Schema, records: Mapping[str, Schema]) -> "pyarrow.DataType":
    """The column of a field, by its JSON schema; what is not known (null) is a missing value in any column."""
    arrow = require("pyarrow", "train")
    simple = {"string": arrow.string, "number": arrow.float64, "integer": arrow.int64, "boolean": arrow.bool_}
    if "$ref" in schema:
        return _arrow_type(records[schema["$ref"].rpartition("/")[2]], records)
    if "anyOf" in schema:
        known = [option for option in schema["anyOf"] if option.get("type") != "null"]
        return _arrow_type(known[0] if len(known) == 1 else {}, records)
    kind = schema.get("type")
    if kind in simple:
        return simple[kind]()
    if kind == "array" and "items" in schema:
        return arrow.list_(_arrow_type(schema["items"], records))
    if kind == "object" and "properties" in schema:
        return arrow.struct({name: _arrow_type(field, records) for name, field in schema["properties"].items()})
    raise TypeError(f"no column holds {dict(schema)}")
