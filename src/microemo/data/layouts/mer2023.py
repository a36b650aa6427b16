"""MER2023 (Lian et al., ACM Multimedia 2023): ``train-label.csv`` and ``test1-label.csv`` to ``test3-label.csv``.

Tables have ``name``, ``discrete`` and mostly ``valence``, and lie beside or apart from the folders of videos
``train``, ``test1``, ``test2`` (with noise) and ``test3``. Names are numbered through all parts. The split is the
published one, the three tests as one.
"""

from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts.found import Cells, Found, by_stem, cells, media_files, named_clips
from microemo.data.manifest import Split

TABLES = ("train-label.csv", "test1-label.csv", "test2-label.csv", "test3-label.csv")


def recognises(folder: Path) -> bool:
    return folder.is_dir() and any(folder.rglob(TABLES[0]))


def samples(folder: Path) -> Iterator[Found]:
    media = by_stem(media_files(folder))
    said = cells(sorted(folder.rglob("*transcription*.csv")), ("english",))
    for table in (path for name in TABLES for path in sorted(folder.rglob(name))):
        part: Split = "train" if table.name == TABLES[0] else "test"
        yield from named_clips(
            media, cells([table], ("discrete",)), Cells(), Cells(said.by_name), source="MER2023", split=part
        )
    yield from said.faults
