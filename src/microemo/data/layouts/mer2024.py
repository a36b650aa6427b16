"""MER2024 (Lian et al., MRAC workshop of ACM Multimedia 2024): ``label-disdim.csv`` and ``video-labeled``.

The table has ``name``, ``discrete``, ``valence``; ``label-transcription.csv`` has what is said in ``english``. The
labels of the tests, ``semi-label.csv`` over ``video-unlabeled``, are read where there are any. The split is the
published one.
"""

from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts.found import Cells, Found, by_stem, cells, media_files, named_clips
from microemo.data.manifest import Split

TRAIN, TEST = "label-disdim.csv", "semi-label.csv"
PARTS: tuple[tuple[str, Split], ...] = ((TRAIN, "train"), (TEST, "test"))


def recognises(folder: Path) -> bool:
    return (folder / TRAIN).is_file()


def samples(folder: Path) -> Iterator[Found]:
    media = by_stem(media_files(folder))
    said = cells(sorted(folder.glob("*transcription*.csv")), ("english",))
    for name, part in PARTS:
        labels = cells(sorted(folder.glob(name)), ("discrete",))
        yield from named_clips(media, labels, Cells(), Cells(said.by_name), source="MER2024", split=part)
    yield from said.faults
