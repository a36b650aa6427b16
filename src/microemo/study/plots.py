"""The pictures of a study, drawn with matplotlib in the style of an evaluation's: SVG, the same bytes each time.

On the page their colours follow its light or dark scheme (``themed``); the files have the light ones.
"""

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from microemo.evaluate.plots import COLOURS, INK, LINE, MARKERS, MUTED, STYLE
from microemo.extras import require

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SURFACE = "#ffffff"
DARK = {
    SURFACE: "#1b1e21", INK: "#e8e6e1", MUTED: "#9da2a7", LINE: "#3a3f44", COLOURS[0]: "#5db7ec", COLOURS[1]: "#f08a45",
    COLOURS[2]: "#3cc79d", COLOURS[3]: "#e39ec4", COLOURS[4]: "#edb73a", COLOURS[5]: "#8accf2", COLOURS[6]: "#e8e6e1",
}  # fmt: skip
"""What each colour is on a dark page."""

MAX_NAME = 24


def rates(table: "pandas.DataFrame", by: str | None, axis: str, scale: float = 100.0) -> bytes:
    """Means with intervals, a row a measure, a colour and marker a group."""
    names = list(dict.fromkeys(table["measure"]))
    parts = _groups(table, by)
    step = 0.7 / max(1, len(parts))
    with _style():
        figure, (axes,) = _figure(1, 5.2, 1.0 + len(names) * max(0.28, 0.15 * len(parts)))
        for number, (_, part) in enumerate(parts):
            rows = part["measure"].map(names.index).to_numpy(float) + (number - (len(parts) - 1) / 2) * step
            _points(axes, scale * part[["mean", "low", "high"]].to_numpy(float), rows, number)
        _named_rows(axes, [name.partition(" ")[2] or name for name in names])
        axes.set(xlabel=axis, xlim=(0, None))
        _legend(axes, [name for name, _ in parts] if by else [])
        return _svg(figure)


def differences(table: "pandas.DataFrame", axis: str, scale: float = 100.0) -> bytes:
    """Differences with intervals against 0; those without an interval are hollow."""
    several = table["value"].nunique() > 1
    names = [
        _short(f"{row.measure.partition(' ')[2]}{f', {row.value}' if several else ''}") for row in table.itertuples()
    ]
    with _style():
        figure, (axes,) = _figure(1, 5.2, 1.0 + 0.3 * len(names))
        axes.axvline(0, color=MUTED, linewidth=1)
        figures = scale * table[["difference", "low", "high"]].to_numpy(float)
        _points(axes, figures, np.arange(len(names), dtype=float), 0)
        _named_rows(axes, names)
        axes.set_xlabel(axis)
        return _svg(figure)


def course(table: "pandas.DataFrame", by: str | None) -> bytes:
    """Valence above arousal along the clip, each with a band for its interval."""
    parts = _groups(table, by)
    num_bins = int(table["bin"].max()) + 1
    with _style():
        figure, panels = _figure(2, 5.2, 4.4, sharex=True)
        for axes, measure in zip(panels, ("valence", "arousal"), strict=True):
            axes.axhline(0, color=MUTED, linewidth=0.8)
            for number, (_, part) in enumerate(parts):
                row = part[part["measure"] == measure].sort_values("bin")
                centres = 100 * (row["bin"].to_numpy(float) + 0.5) / num_bins
                colour = COLOURS[number % len(COLOURS)]
                low, high = row["low"].to_numpy(float), row["high"].to_numpy(float)
                axes.fill_between(centres, low, high, color=colour, alpha=0.2, linewidth=0)
                axes.plot(centres, row["mean"], color=colour, marker=MARKERS[number % len(MARKERS)], markersize=4)
            axes.set(ylim=(-1, 1), ylabel=measure, xlim=(0, 100))
            axes.grid(axis="y", color=LINE, linewidth=0.8)
        panels[-1].set_xlabel("of the clip's length, %")
        _legend(panels[0], [name for name, _ in parts] if by else [])
        return _svg(figure)


def transitions(table: "pandas.DataFrame", order: Sequence[str]) -> bytes:
    """A heat map of what follows what, of one group: a row's shares in per cent."""
    names = [name for name in order if name in set(table["from"]) | set(table["to"])]
    shares = 100 * table.pivot_table("share", "from", "to", fill_value=0.0).reindex(names, axis=0).reindex(
        names, axis=1
    ).fillna(0.0)
    counts = table.groupby("from")["num_from"].first().reindex(names).fillna(0)
    with _style():
        figure, (axes,) = _figure(1, 1.7 + 0.42 * len(names), 1.3 + 0.34 * len(names))
        axes.imshow(shares, cmap=_one_colour(), vmin=0, vmax=100, aspect="auto")
        for (row, column), value in np.ndenumerate(shares.to_numpy()):
            if value >= 0.5:
                axes.text(column, row, f"{value:.0f}", ha="center", va="center", color=INK, fontsize=8)
        axes.set_yticks(range(len(names)), [f"{name} ({counts[name]:.0f})" for name in names])
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set(xlabel="then, % of the steps", ylabel="first (steps)")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        return _svg(figure)


def themed(svg: bytes) -> bytes:
    """The picture with colours that turn with the scheme of the page that shows it."""
    text = svg.decode()
    for number, colour in enumerate(DARK):
        text = text.replace(colour, f"var(--c{number})")
    light = "".join(f"--c{number}:{colour};" for number, colour in enumerate(DARK))
    dark = "".join(f"--c{number}:{colour};" for number, colour in enumerate(DARK.values()))
    style = f"<style>:root{{{light}}}@media screen and (prefers-color-scheme: dark){{:root{{{dark}}}}}</style>"
    return re.sub(r"(<svg\b[^>]*>)", rf"\1{style}", text, count=1).encode()


def _groups(table: "pandas.DataFrame", by: str | None) -> list[tuple[str, "pandas.DataFrame"]]:
    return [(str(name), part) for name, part in table.groupby(by, sort=False)] if by else [("", table)]


def _style() -> Any:
    return require("matplotlib", "study").rc_context(STYLE)


def _figure(num_panels: int, width: float, height: float, **options: Any) -> tuple["Figure", list["Axes"]]:
    figure: Figure = require("matplotlib.figure", "study").Figure(figsize=(width, height), facecolor=SURFACE)
    panels = figure.subplots(num_panels, squeeze=False, **options).ravel().tolist()
    for axes in panels:
        axes.set_facecolor(SURFACE)
    return figure, panels


def _points(axes: "Axes", figures: np.ndarray, rows: np.ndarray, number: int) -> None:
    colour = COLOURS[number % len(COLOURS)]
    axes.hlines(rows, figures[:, 1], figures[:, 2], color=colour, linewidth=1.6)
    sure = ~np.isnan(figures[:, 1])
    look: Any = {"linestyle": "none", "marker": MARKERS[number % len(MARKERS)], "markersize": 5, "color": colour}
    axes.plot(figures[sure, 0], rows[sure], **look)
    axes.plot(figures[~sure, 0], rows[~sure], **look, markerfacecolor=SURFACE)


def _named_rows(axes: "Axes", names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)


def _legend(axes: "Axes", names: Sequence[str]) -> None:
    if not names:
        return
    lines = require("matplotlib.lines", "study")
    looks = [
        {"color": COLOURS[number % len(COLOURS)], "marker": MARKERS[number % len(MARKERS)], "markersize": 5}
        for number in range(len(names))
    ]
    handles = [lines.Line2D([], [], **look) for look in looks]
    axes.legend(handles, [_short(name) for name in names], loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=8)


def _one_colour() -> Any:
    """From the surface to a blue on which the ink can be read."""
    return require("matplotlib.colors", "study").LinearSegmentedColormap.from_list(
        "blues", [(0, 0.45, 0.7, 0), (0, 0.45, 0.7, 0.75)]
    )


def _short(name: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    return line if len(line) <= MAX_NAME else f"{line[: MAX_NAME - 1]}…"


def _svg(figure: "Figure") -> bytes:
    picture = io.BytesIO()
    figure.savefig(
        picture, format="svg", bbox_inches="tight", pad_inches=0.1, metadata={"Date": None, "Creator": None},
        facecolor=SURFACE,
    )  # fmt: skip
    return picture.getvalue()
