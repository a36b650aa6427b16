"""Rows that a benchmark keeps while it runs, so that one that was cut short goes on, with the figures at the end."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def rows_in(path: Path) -> list[Row]:
    """Those of an earlier run, if there was one."""
    return json.loads(path.read_text())["rows"] if path.exists() else []


def keep(path: Path, rows: Sequence[Row], figures: Sequence[str] = ()) -> None:
    """A line a figure, and a line a row."""
    lists = {"figures": figures, "rows": rows}
    written = ",\n".join(f'"{name}": [\n' + ",\n".join(map(json.dumps, some)) + "\n]" for name, some in lists.items())
    path.write_text("{\n" + written + "\n}\n")
