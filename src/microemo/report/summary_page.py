"""A page to print or to send: who is in the recording, what each of them feels, why, and when; PDF."""

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from microemo.report import figure, tiers, wording
from microemo.report.people import several
from microemo.schema import Answer, KeyFrame, Person, ResultRecord
from microemo.spans import clock

FILENAME = "summary.pdf"
A4_INCHES = (8.27, 11.69)
MARGIN, LINE = 0.08, 0.0165  # of the page's width and height
COLUMNS, MAX_LINES = 105, 28  # characters of a line of text, lines of all answers
MAX_LANES = 26
CAVEAT = (
    "What a face, a voice and words express is not what a person feels. Made by a model that errs; "
    "not for decisions about people, and no diagnosis."
)


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    """One A4 page; what does not fit is left to the report. Raises ``MicroEmoError`` without matplotlib."""
    rows = figure.lanes(result)[:MAX_LANES]
    with figure.drawing() as figures:
        page = figures.Figure(figsize=A4_INCHES)
        top = 1 - MARGIN
        page.text(MARGIN, top, tiers.plain(PurePath(result.clip.path).name), fontsize=14, weight="bold", va="top")
        top -= 2 * LINE
        page.text(MARGIN, top, _about(result), color="dimgrey", va="top")
        top -= 2 * LINE
        for line, weight in _fitting(list(_told(result))):
            page.text(MARGIN, top, line, fontsize=9, weight=weight, va="top")
            top -= LINE
        height = min(top - 0.12, figure.LANE_INCHES * len(rows) / A4_INCHES[1] + 0.02)
        figure.draw(page.add_axes((0.24, top - height - LINE, 0.68, height)), rows, result.clip.duration_sec)
        page.text(MARGIN, 0.04, CAVEAT, color="dimgrey")
        return figure.saved(page, "pdf")


def _about(result: ResultRecord) -> str:
    people = f"{len(result.people)} people" if several(result) else "one person"
    model = f"{result.model.name} {result.model.version}"
    return f"{clock(result.clip.duration_sec)} · {people} · microemo {result.microemo_version}, model {model}"


def _told(result: ResultRecord) -> Iterator[tuple[str, str]]:
    """Lines with their weight: of each person the labels, then the explanation."""
    people = [(_who(one), one.overall) for one in result.people] if several(result) else [("", result.overall)]
    for name, answer in people:
        yield f"{name}: {_labels(answer)}" if name else _labels(answer), "bold"
        yield from ((line, "normal") for line in textwrap.wrap(tiers.plain(answer.explanation), COLUMNS))
        yield "", "normal"


def _who(person: Person) -> str:
    return f"{person.id} ({tiers.plain(person.name)})" if person.name else person.id


def _labels(answer: Answer) -> str:
    felt = ", ".join(f"{one.label} ({wording.percent(one.confidence)})" for one in answer.emotions)
    return tiers.plain(felt) or "no answer"


def _fitting(lines: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return lines if len(lines) <= MAX_LINES else [*lines[: MAX_LINES - 1], ("… (the rest is in the report)", "normal")]
