"""A figure for papers: what each person feels, and their strongest clues, over time; PNG, SVG and PDF."""

import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from microemo.extras import require
from microemo.report import tiers, wording
from microemo.report.people import moments, several
from microemo.report.valence import valence
from microemo.schema import Clue, KeyFrame, ResultRecord
from microemo.spans import clock

NAME = "timeline"
WIDTH_INCHES, LANE_INCHES = 7.1, 0.24  # two columns of most journals
MAX_KINDS = 8  # of clues, a person: the strongest, the others stay in the tables
FEELINGS = {"positive": "#2a9d8f", "negative": "#e07a5f", "neutral": "#8d99ae"}
CLUES = {"face": "#3a6ea5", "voice": "#b5838d", "words": "#6d6875"}
DPI = 300

Lane = tuple[str, list[tuple[float, float, str, str]]]
"""Its name, and bars: start and end in seconds, a colour, and what is written on it."""


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = (), kind: str = "png") -> bytes:
    """Raises ``MicroEmoError`` without matplotlib. The same result gives the same bytes."""
    rows = lanes(result)
    with drawing() as figures:
        figure = figures.Figure(figsize=(WIDTH_INCHES, LANE_INCHES * len(rows) + 0.6), layout="constrained")
        draw(figure.subplots(), rows, result.clip.duration_sec)
        return saved(figure, kind)


render_png, render_svg, render_pdf = (partial(render, kind=kind) for kind in ("png", "svg", "pdf"))


@contextmanager
def drawing() -> Iterator[Any]:
    """Matplotlib's figures, in our style, text as text. Raises ``MicroEmoError`` without matplotlib."""
    matplotlib = require("matplotlib", "formats")
    with matplotlib.rc_context({"svg.hashsalt": NAME, "font.size": 7, "pdf.fonttype": 42}):
        yield require("matplotlib.figure", "formats")


def saved(figure: Any, kind: str) -> bytes:
    """Without dates."""
    dated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}
    file = io.BytesIO()
    figure.savefig(file, format=kind, dpi=DPI, metadata=dated[kind])
    return file.getvalue()


def lanes(result: ResultRecord) -> list[Lane]:
    """Of all people, one after the other."""
    return [lane for person in tiers.persons(result) for lane in _lanes(result, person)]


def draw(axes: Any, rows: Sequence[Lane], duration_sec: float) -> None:
    for row, (_, bars) in enumerate(rows):
        _draw(axes, row, bars, duration_sec)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, max(duration_sec, 1e-3))
    axes.xaxis.set_major_formatter(lambda at, _: clock(at))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _lanes(result: ResultRecord, person: str) -> list[Lane]:
    """What a person feels, then their kinds of clues, the strongest first."""
    prefix = f"{person}: " if several(result) else ""
    felt = [
        (part.answer.start_sec, part.answer.end_sec, FEELINGS[valence(emotion.label)], emotion.label)
        for moment in moments(result)
        for part in moment.parts
        if part.person in (person, None)
        for emotion in part.answer.emotions[:1]
    ]
    kinds: defaultdict[str, list[Clue]] = defaultdict(list)
    for clue in result.clues:
        if clue.person in (person, None):
            kinds[clue.kind].append(clue)
    strongest = sorted(kinds, key=lambda kind: (-max(clue.strength for clue in kinds[kind]), kind))[:MAX_KINDS]
    clues: list[Lane] = [
        (prefix + wording.plain(kind), [(one.start_sec, one.end_sec, CLUES[one.modality], "") for one in kinds[kind]])
        for kind in strongest
    ]
    return [(f"{prefix}feels", felt), *clues]


def _draw(axes: Any, row: int, bars: Sequence[tuple[float, float, str, str]], duration_sec: float) -> None:
    """Bars in a lane; those too short to be seen are as wide as a hair, and a word is written where it fits."""
    hair = duration_sec / 400
    for start, end, colour, text in bars:
        axes.barh(row, max(end - start, hair), left=start, height=0.7, color=colour, edgecolor="white", linewidth=0.4)
        if text and (end - start) / max(duration_sec, 1e-3) * WIDTH_INCHES * 11 > len(text):
            axes.text((start + end) / 2, row, tiers.plain(text), ha="center", va="center", color="white")
