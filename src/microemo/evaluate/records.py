"""What is compared: a row per clip, of the ground truth or of one system's answers."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One clip in a table.

    labels       in the table's order, lower case, trimmed, each once; None where the table has only ``text``
    text         a description in free words, from which labels can be extracted
    confidences  as many as labels, in [0, 1]; empty where the table has none
    sentiment    intensity, positive above zero, of the tables that hold one number a clip
    speaker      who is seen; clips of one speaker are resampled together
    """

    name: str
    labels: tuple[str, ...] | None
    text: str = ""
    confidences: tuple[float, ...] = ()
    sentiment: float | None = None
    speaker: str | None = None


Table = Mapping[str, Row]
"""Rows by the clip's name, in the file's order."""
