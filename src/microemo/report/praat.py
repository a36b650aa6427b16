"""Praat: a TextGrid with an interval tier for each kind of annotation about each person."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from microemo.extras import require
from microemo.report import tiers
from microemo.schema import KeyFrame, ResultRecord

FILENAME = "annotations.TextGrid"


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    """A long TextGrid in UTF-8, from 0 to the clip's end; where nothing is annotated, intervals are empty.

    Raises ``MicroEmoError`` without praatio.
    """
    textgrid = require("praatio.textgrid", "formats")
    end_sec = tiers.length_ms(result) / 1000
    grid = textgrid.Textgrid(0, end_sec)
    for tier in tiers.tiers(result):
        entries = [(start / 1000, end / 1000, text) for start, end, text in tier.annotations if text]
        grid.addTier(textgrid.IntervalTier(tier.name, entries, 0, end_sec))
    with tempfile.TemporaryDirectory() as folder:  # praatio writes to files alone
        path = Path(folder) / FILENAME
        grid.save(str(path), format="long_textgrid", includeBlankSpaces=True, minimumIntervalLength=None)
        return path.read_bytes()
