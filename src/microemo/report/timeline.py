"""The timeline's geometry: a lane of utterances, a lane of emotions, and lanes of clues by modality and region.

Heights are in pixels; positions along the time are left to the template, as shares of the duration.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from microemo.clues.table import regions
from microemo.schema import Clue, ResultRecord

RULER_HEIGHT, ROW_HEIGHT, LANE_GAP, LABEL_HEIGHT = 24, 22, 8, 16
MAX_LABELS = 3
FITTED_SEC = 60.0  # a longer clip's timeline scrolls
PIXELS_PER_SEC = 24
TICK_STEPS_SEC = (0.5, 1, 2, 5)
MAX_FITTED_TICKS = 14


@dataclass(frozen=True)
class Lane:
    """One named stripe, ``top`` and ``height`` in pixels; clue lanes stack clues that overlap in rows."""

    name: str
    top: int
    height: int
    rows: tuple[tuple[Clue, ...], ...] = ()


@dataclass(frozen=True)
class Timeline:
    duration_sec: float
    width: str  # of the track: all of the page's, or pixels to scroll through
    height: int
    ticks_sec: tuple[float, ...]
    lanes: tuple[Lane, ...]


def lay_out(result: ResultRecord) -> Timeline:
    """Place the result's lanes below each other; lanes with nothing in them are left out."""
    ends = [utterance.end_sec for utterance in result.utterances] + [clue.end_sec for clue in result.clues]
    duration = max(result.clip.duration_sec, *ends, 0.1)
    lanes: list[Lane] = []
    top = RULER_HEIGHT

    def add(name: str, height: int, rows: tuple[tuple[Clue, ...], ...] = ()) -> None:
        nonlocal top
        lanes.append(Lane(name, top, height, rows))
        top += height + LANE_GAP

    if result.utterances:
        num_labels = max(len(utterance.emotions) for utterance in result.utterances)
        if any(utterance.text for utterance in result.utterances):
            add("speech", ROW_HEIGHT)
        add("emotions", LABEL_HEIGHT * max(1, min(num_labels, MAX_LABELS)) + 6)
    for name in sorted({clue.region for clue in result.clues}, key=_lane_order):
        rows = pack(clue for clue in result.clues if clue.region == name)
        add(name, ROW_HEIGHT * len(rows), rows)
    fitted = duration <= FITTED_SEC
    width = "100%" if fitted else str(round(duration * PIXELS_PER_SEC))
    return Timeline(duration, width, top, ticks(duration, fitted), tuple(lanes))


def _lane_order(name: str) -> tuple[int, str]:
    """As the table of clues has the regions; others behind."""
    known = regions()
    return (known.index(name) if name in known else len(known), name)


def pack(clues: Iterable[Clue]) -> tuple[tuple[Clue, ...], ...]:
    """Clues in as few rows as hold them without overlap, each row in time order."""
    rows: list[list[Clue]] = []
    for clue in sorted(clues, key=lambda clue: (clue.start_sec, clue.id)):
        row = next((row for row in rows if row[-1].end_sec <= clue.start_sec), None)
        if row is None:
            rows.append([clue])
        else:
            row.append(clue)
    return tuple(map(tuple, rows))


def ticks(duration_sec: float, fitted: bool) -> tuple[float, ...]:
    """Round times for the ruler, from 0, as dense as can be read."""
    steps: Sequence[float] = TICK_STEPS_SEC if fitted else TICK_STEPS_SEC[-1:]
    step = next((step for step in steps if duration_sec / step <= MAX_FITTED_TICKS), steps[-1])
    return tuple(index * step for index in range(int(duration_sec / step) + 1))
