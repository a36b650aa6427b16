"""Published layouts of data sets, one a file: each says whether a folder has it, and which samples are in it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from microemo.data.layouts import (
    corrected,
    crema_d,
    emer,
    emotion_talk,
    label_folders,
    label_table,
    mead,
    meld,
    mer2023,
    mer2024,
    mer_caption,
    ov_merd,
    ravdess,
)
from microemo.data.layouts.found import Found
from microemo.errors import InputError


class Layout(Protocol):
    """A module of this package."""

    def recognises(self, folder: Path) -> bool:
        """Whether the folder surely has this layout, by what is nearest its top."""
        ...

    def samples(self, folder: Path) -> Iterator[Found]:
        """All samples in the folder, in a fixed order, or what is wrong with each."""
        ...


LAYOUTS: Mapping[str, Layout] = {
    "ravdess": ravdess,
    "crema-d": crema_d,
    "mead": mead,
    "meld": meld,
    "mer2023": mer2023,
    "mer2024": mer2024,
    "mer-caption": mer_caption,
    "ov-merd": ov_merd,
    "emer": emer,
    "emotion-talk": emotion_talk,
    "table": label_table,
    "folders": label_folders,
    "corrections": corrected,
}


def read(layout: str, folder: Path) -> Iterator[Found]:
    """The samples of a folder in a layout of ``LAYOUTS``, or in the only one that recognises it: ``auto``.

    Raises ``InputError`` where the layout is unknown, the folder is missing, or none or several recognise it.
    """
    if layout not in {"auto", *LAYOUTS}:
        raise InputError(f"no layout {layout}; known are auto, {', '.join(LAYOUTS)}")
    if not folder.exists():
        raise InputError(f"{folder}: no such folder; give the data set's own")
    return LAYOUTS[recognise(folder) if layout == "auto" else layout].samples(folder)


def recognise(folder: Path) -> str:
    """The layout of a folder. Raises ``InputError`` where none or several fit."""
    fitting = [name for name, layout in LAYOUTS.items() if layout.recognises(folder)]
    if len(fitting) != 1:
        said = f"fits {' and '.join(fitting)}" if fitting else "has no layout that is known"
        raise InputError(f"{folder}: {said}; name one of {', '.join(LAYOUTS)}")
    return fitting[0]
