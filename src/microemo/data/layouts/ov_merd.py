"""OV-MERD (Lian et al., OV-MER, ICML 2025; 332 clips, EMER's): see ``mer2025``."""

from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts import mer2025
from microemo.data.layouts.found import Found


def recognises(folder: Path) -> bool:
    return mer2025.has(folder, "ovmerd")


def samples(folder: Path) -> Iterator[Found]:
    return mer2025.clips(folder, "ovmerd", "OV-MERD")
