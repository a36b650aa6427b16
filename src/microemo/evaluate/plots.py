"""The pictures of an evaluation, drawn with matplotlib: SVG or PNG by the file's suffix, the same bytes each time.

Colours are distinct for any kind of colour vision (Okabe and Ito 2008), and the background is light everywhere.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from microemo import files
from microemo.errors import InputError
from microemo.evaluate.breakdown import Confusion
from microemo.evaluate.calibration import Calibration
from microemo.evaluate.statistics import Estimate
from microemo.extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".svg", ".png")
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
MARKERS = ("o", "s", "D", "^", "v", "P", "X")
INK, MUTED, LINE = "#1d2125", "#666b70", "#e3e0da"
MAX_NAME = 32
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,  # names are not formulas
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "svg.hashsalt": "microemo",
    "svg.fonttype": "path",
}


def forest(systems: Sequence[tuple[str, Mapping[str, Estimate]]], title: str, path: Path) -> Path:
    """Scores, a row each, in per cent: a point and its interval for each system, in a colour and marker of its own.

    Of a single system the figures stand at the right.
    """
    rows = list(dict.fromkeys(row for _, estimates in systems for row in estimates))
    step = 0.7 / max(1, len(systems))
    with _style():
        figure, axes = _axes(6.4, 1.1 + len(rows) * max(0.28, 0.13 * len(systems)), title)
        for number, (_, estimates) in enumerate(systems):
            for row, estimate in estimates.items():
                _point(axes, estimate, rows.index(row) + (number - (len(systems) - 1) / 2) * step, number)
        _rows(axes, rows)
        for boundary in range(1, len(rows)):
            axes.axhline(boundary - 0.5, color=LINE, linewidth=0.5)
        if len(systems) > 1:
            _legend(axes, [name for name, _ in systems])
        else:
            _figures(axes, [estimate for _, estimates in systems for estimate in estimates.values()])
        return _save(figure, path)


def confusion(matrix: Confusion, title: str, path: Path) -> Path:
    """A heat map of what each true class is taken for: a row's shares in per cent, its number of clips beside it."""
    shares = np.array(matrix.shares, float).reshape(len(matrix.rows), len(matrix.columns))
    totals = shares.sum(axis=1)
    percent = 100 * shares / totals[:, None]
    with _style():
        figure, axes = _axes(2.2 + 0.42 * len(matrix.columns), 1.4 + 0.34 * len(matrix.rows), title)
        axes.imshow(percent, cmap="Blues", vmin=0, vmax=100, aspect="auto")
        for (row, column), value in np.ndenumerate(percent):
            if value >= 0.5:
                ink = "white" if value > 55 else INK
                axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=ink, fontsize=8)
        rows = [f"{_short(name)} ({total:.0f})" for name, total in zip(matrix.rows, totals, strict=True)]
        axes.set_yticks(range(len(rows)), rows)
        axes.set_xticks(range(len(matrix.columns)), [_short(name) for name in matrix.columns], rotation=45, ha="right")
        axes.set_xlabel("predicted, % of the truth's clips")
        axes.set_ylabel("truth (clips)")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return _save(figure, path)


def reliability(calibration: Calibration, title: str, path: Path) -> Path:
    """Accuracy against confidence, bin by bin, above the number of labels in each bin."""
    bins = [row for row in calibration.bins if row.num_labels]
    centres = [50 * (row.low + row.high) for row in bins]
    width = 100 * (calibration.bins[0].high - calibration.bins[0].low)
    with _style():
        figure, axes = _axes(4.2, 4.6, title)
        axes.plot([0, 100], [0, 100], color=MUTED, linewidth=1, linestyle=(0, (4, 3)), label="perfectly calibrated")
        axes.bar(centres, [100 * (row.accuracy or 0) for row in bins], 0.9 * width, color=COLOURS[5], label="accuracy")
        axes.plot(
            [100 * (row.confidence or 0) for row in bins],
            [100 * (row.accuracy or 0) for row in bins],
            MARKERS[0], color=COLOURS[0], markersize=4, label="at the mean confidence",
        )  # fmt: skip
        axes.set(xlim=(0, 100), ylim=(0, 100), ylabel="correct, %")
        axes.legend(loc="upper left", fontsize=8)
        counts = axes.inset_axes((0, -0.32, 1, 0.2), sharex=axes)
        counts.bar(centres, [row.num_labels for row in bins], 0.9 * width, color=MUTED)
        counts.set(xlabel="confidence, %", ylabel="labels")
        axes.tick_params(labelbottom=False)
        return _save(figure, path)


def _style() -> Any:
    """Raises ``MicroEmoError`` without matplotlib."""
    return require("matplotlib", extra="eval").rc_context(STYLE)


def _axes(width: float, height: float, title: str) -> tuple["Figure", "Axes"]:
    """Of a figure without pyplot's global state; sizes in inches."""
    figure: Figure = require("matplotlib.figure", extra="eval").Figure(figsize=(width, height), facecolor="white")
    axes = figure.subplots()
    axes.set_title(_line(title), pad=10)
    return figure, axes


def _rows(axes: "Axes", names: Sequence[str]) -> None:
    """Named rows from top to bottom against per cent."""
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.set_xlabel("%")
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)


def _point(axes: "Axes", estimate: Estimate, row: float, number: int) -> None:
    if estimate.value is None:
        return
    look = _look(number)
    if estimate.interval:
        ends = [100 * estimate.interval.low, 100 * estimate.interval.high]
        axes.plot(ends, [row, row], color=look["color"], linewidth=1.6, clip_on=False)
    axes.plot(100 * estimate.value, row, **look, clip_on=False)


def _figures(axes: "Axes", estimates: Sequence[Estimate]) -> None:
    """Each row's figure and interval, at its right."""
    for row, estimate in enumerate(estimates):
        text = "not defined" if estimate.value is None else f"{100 * estimate.value:.2f}"
        if estimate.interval:
            text += f"  [{100 * estimate.interval.low:.2f}, {100 * estimate.interval.high:.2f}]"
        axes.text(102, row, f"{text}  n = {estimate.num_clips}", va="center", fontsize=8, color=MUTED)


def _look(number: int) -> Any:
    """A colour and a marker, together different for each of some fifty systems."""
    marker = MARKERS[(number + number // len(COLOURS)) % len(MARKERS)]
    return {"color": COLOURS[number % len(COLOURS)], "marker": marker, "markersize": 5}


def _legend(axes: "Axes", names: Sequence[str]) -> None:
    lines = require("matplotlib.lines", extra="eval")
    handles = [lines.Line2D([], [], **_look(number)) for number in range(len(names))]
    labels = [_short(name) for name in names]
    axes.legend(handles, labels, loc="upper left", bbox_to_anchor=(1.02, 1), fontsize=8)


def _short(name: str) -> str:
    """In one line of at most ``MAX_NAME`` characters."""
    line = _line(name)
    return line if len(line) <= MAX_NAME else f"{line[: MAX_NAME - 1]}…"


def _line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _save(figure: "Figure", path: Path) -> Path:
    """Raises ``InputError`` on another suffix and where the file cannot be written."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: unknown kind of picture; name it {' or '.join('*' + known for known in SUFFIXES)}")
    metadata = {"Date": None, "Creator": None} if suffix == ".svg" else {"Software": None}
    picture = io.BytesIO()
    figure.savefig(picture, format=suffix[1:], dpi=150, bbox_inches="tight", pad_inches=0.15, metadata=metadata)
    return files.write(path, picture.getvalue())
