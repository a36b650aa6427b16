"""The timeline's geometry: a lane of utterances, a lane of emotions, and lanes of clues by modality and region.

Where there are several people, each has these lanes as a group of their own, below a line with their name.

Heights are in pixels; positions along the time are left to the template, as shares of the duration.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from microemo.clues.table import regions
from microemo.report.people import Moment, Part, moments, several
from microemo.schema import Clue, PersonAnswer, ResultRecord

RULER_HEIGHT, ROW_HEIGHT, LANE_GAP, LABEL_HEIGHT = 24, 22, 8, 16
NAME_HEIGHT, MAX_NAME = 30, 12  # of the line with a person's name: pixels, characters
MAX_LABELS = 3
FITTED_SEC = 60.0  # a longer clip's timeline scrolls
PIXELS_PER_SEC = 24
TICK_STEPS_SEC = (0.5, 1, 2, 5)
MAX_FITTED_TICKS = 14

ClueRows = tuple[tuple[Clue, ...], ...]


@dataclass(frozen=True)
class Lane:
    """One named stripe, ``top`` and ``height`` in pixels; clue lanes stack clues that overlap in rows."""

    name: str
    top: int
    height: int
    rows: ClueRows = ()


class Shown(NamedTuple):
    """A person's part in a moment."""

    moment: Moment
    part: Part


@dataclass(frozen=True)
class Group:
    """The lanes of one person, ``height`` pixels from ``top``; of everything, without a person, in other clips."""

    person: PersonAnswer | None
    top: int
    height: int
    lanes: tuple[Lane, ...]
    shown: tuple[Shown, ...]


@dataclass(frozen=True)
class Timeline:
    duration_sec: float
    width: str  # of the track: all of the page's, or pixels to scroll through
    height: int
    ticks_sec: tuple[float, ...]
    groups: tuple[Group, ...]

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return tuple(lane for group in self.groups for lane in group.lanes)

    @property
    def regions(self) -> tuple[str, ...]:
        """Of which there are clues, in the order of the lanes."""
        return tuple(sorted({lane.name for lane in self.lanes if lane.rows}, key=_lane_order))


def lay_out(result: ResultRecord) -> Timeline:
    """Place the result's lanes below each other; lanes with nothing in them are left out."""
    told = moments(result)
    ends = [moment.utterance.end_sec for moment in told] + [clue.end_sec for clue in result.clues]
    duration = max(result.clip.duration_sec, *ends, 0.1)
    groups: list[Group] = []
    top = RULER_HEIGHT
    for person in result.people if several(result) else (None,):
        groups.append(_group(person, told, result.clues, top))
        top += groups[-1].height
    fitted = duration <= FITTED_SEC
    width = "100%" if fitted else str(round(duration * PIXELS_PER_SEC))
    return Timeline(duration, width, top, ticks(duration, fitted), tuple(groups))


def _group(person: PersonAnswer | None, told: Sequence[Moment], clues: Sequence[Clue], start: int) -> Group:
    if person is not None:
        clues = [clue for clue in clues if clue.person == person.id]
    shown = tuple(
        Shown(moment, part) for moment in told for part in moment.parts if person is None or part.person == person.id
    )
    lanes: list[Lane] = []
    top = start if person is None else start + NAME_HEIGHT
    for name, height, rows in _lanes(shown, clues):
        lanes.append(Lane(name, top, height, rows))
        top += height + LANE_GAP
    return Group(person, start, top - start, tuple(lanes), shown)


def _lanes(shown: Sequence[Shown], clues: Sequence[Clue]) -> Iterator[tuple[str, int, ClueRows]]:
    """Names, heights and clues of the lanes that have anything in them."""
    if any(moment.utterance.text for moment, _ in shown):
        yield "speech", ROW_HEIGHT, ()
    if shown:
        num_labels = max(len(part.answer.emotions) for _, part in shown)
        yield "emotions", LABEL_HEIGHT * max(1, min(num_labels, MAX_LABELS)) + 6, ()
    for name in sorted({clue.region for clue in clues}, key=_lane_order):
        rows = pack(clue for clue in clues if clue.region == name)
        yield name, ROW_HEIGHT * len(rows), rows


def _lane_order(name: str) -> tuple[int, str]:
    """As the table of clues has the regions; others behind."""
    known = regions()
    return (known.index(name) if name in known else len(known), name)


def pack(clues: Iterable[Clue]) -> ClueRows:
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
