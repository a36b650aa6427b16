"""Manifests as Parquet, by DuckDB: a single small package that reads and writes lists and structures."""

import tempfile
from pathlib import Path
from typing import Any

from microemo.errors import InputError

UTTERANCE = (
    "STRUCT(text VARCHAR, start_sec DOUBLE, end_sec DOUBLE, speaker VARCHAR, labels VARCHAR[], description VARCHAR)"
)
CLUE = (
    "STRUCT(id INTEGER, modality VARCHAR, region VARCHAR, kind VARCHAR, start_sec DOUBLE, apex_sec DOUBLE, "
    "end_sec DOUBLE, value DOUBLE, baseline DOUBLE, strength DOUBLE, detail VARCHAR)"
)
COLUMNS = {
    **dict.fromkeys(("name", "path", "audio", "subtitle", "subtitle_file"), "VARCHAR"),
    "utterances": f"{UTTERANCE}[]",
    "labels": "VARCHAR[]",
    "description": "VARCHAR",
    "clues": f"{CLUE}[]",
    "intensity": "DOUBLE",
    **dict.fromkeys(("speaker", "split", "source"), "VARCHAR"),
}


def encode(json_lines: bytes) -> bytes:
    """Rows in JSON Lines as a Parquet file."""
    import duckdb

    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        source, target = Path(folder) / "rows.jsonl", Path(folder) / "rows.parquet"
        source.write_bytes(json_lines)
        table = database.read_json(str(source), columns=COLUMNS, format="newline_delimited")
        table.write_parquet(str(target), compression="zstd")
        return target.read_bytes()


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a Parquet file. Raises ``InputError`` where it is none."""
    import duckdb

    if not path.is_file():
        raise InputError(f"{path}: no such file; give a manifest in JSON Lines or Parquet")
    try:
        with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
            plain = Path(folder) / "rows.parquet"  # the path itself may have signs that DuckDB reads as patterns
            plain.symlink_to(path.absolute())
            table = database.read_parquet(str(plain))
            return [dict(zip(table.columns, values, strict=True)) for values in table.fetchall()]
    except duckdb.Error as error:
        raise InputError(f"{path}: not a Parquet file ({str(error).splitlines()[0]})") from error
