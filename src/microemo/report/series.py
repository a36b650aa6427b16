"""What was measured through time, as CSV: faces by frames, voices by steps and by utterances."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from microemo import files
from microemo.report import columns
from microemo.report.columns import Scheme, Table
from microemo.schema import ClipInfo, Series

FACE, VOICE, UTTERANCES = "face_series.csv", "voice_series.csv", "voice_utterances.csv"
BLOCK = 1000  # rows that are spelt at a time


def save(all_series: Sequence[Series], info: ClipInfo, folder: Path, scheme: Scheme = "microemo") -> list[Path]:
    """Write the tables that have rows into ``folder``, and return the files' paths.

    Faces have the columns of the ``scheme``. Raises ``InputError`` on one that there is not, and where the folder
    cannot be written.
    """
    faces = [(series.person, columns.table(series, info, scheme)) for series in all_series if len(series.face)]
    voices = [(series.person, dict(series.voice)) for series in all_series if len(series.voice)]
    utterances = [(series.person, dict(series.utterances)) for series in all_series if len(series.utterances)]
    return [
        files.write(folder / name, b"".join(_csv(tables, named=scheme == "microemo" or name != FACE)))
        for name, tables in ((FACE, faces), (VOICE, voices), (UTTERANCES, utterances))
        if tables
    ]


def _csv(tables: Sequence[tuple[str, Table]], *, named: bool) -> Iterator[bytes]:
    """A header and all people's rows; ``named``: with their ids in a column of their own. NaN is an empty cell."""
    names = list(tables[0][1])
    yield (",".join([*(["person"] if named else []), *names]) + "\n").encode()
    for person, table in tables:
        start = [person] if named else []
        rows = len(table[names[0]])
        for first in range(0, rows, BLOCK):
            cells = np.stack([table[name][first : first + BLOCK] for name in names], axis=1).tolist()
            lines = (",".join([*start, *("" if math.isnan(cell) else f"{cell:.9g}" for cell in row)]) for row in cells)
            yield ("\n".join(lines) + "\n").encode()
