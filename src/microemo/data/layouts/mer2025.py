"""What MER2025 publishes in one folder (Lian et al., ACM Multimedia 2025): MER-Caption+ and OV-MERD.

``track2_train_SET.csv`` has ``name,openset``, ``track3_train_SET.csv`` has ``name,reason``, ``subtitle_chieng.csv``
has ``name,english`` of all; videos are in ``video``. All is training data: there is no standard split.
"""

from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts.found import Found, by_stem, cells, media_files, named_clips


def has(folder: Path, data_set: str) -> bool:
    """Whether the tables of ``mercaptionplus`` or ``ovmerd`` are there."""
    return folder.is_dir() and any(folder.glob(f"track[23]_train_{data_set}.csv"))


def clips(folder: Path, data_set: str, source: str) -> Iterator[Found]:
    """The samples of one of the two."""
    media = by_stem(media_files(folder / "video" if (folder / "video").is_dir() else folder))
    labels = cells(sorted(folder.glob(f"track2_train_{data_set}.csv")), ("openset",))
    described = cells(sorted(folder.glob(f"track3_train_{data_set}.csv")), ("reason",))
    said = cells(sorted(folder.glob("subtitle*.csv")), ("english",))
    return named_clips(media, labels, described, said, source=source)
