"""MER-Caption+ (Lian et al., AffectGPT, ICML 2025; 31,327 clips): see ``mer2025``."""

from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts import mer2025
from microemo.data.layouts.found import Found


def recognises(folder: Path) -> bool:
    return mer2025.has(folder, "mercaptionplus")


def samples(folder: Path) -> Iterator[Found]:
    return mer2025.clips(folder, "mercaptionplus", "MER-Caption+")
