"""The comparison for a terminal: scores, comparisons, what was left out, calibration."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from microemo.evaluate.comparison.sections import Section, facts, sections
from microemo.evaluate.evaluation import Evaluation


def table(evaluation: Evaluation) -> Group:
    """What ``microemo evaluate`` prints; whole tables of classes and files are in the other formats."""
    shown = [part for section in sections(evaluation) if section.brief for part in _table(section)]
    return Group(*shown, Text("; ".join(f"{name}: {value}" for name, value in facts(evaluation)), style="dim"))


def _table(section: Section) -> list[RenderableType]:
    grid = Table(title=Text(section.title, style="bold"), title_justify="left", box=None, header_style="dim")
    for number, name in enumerate(section.columns):
        grid.add_column(Text(name), justify="left" if number < section.num_names else "right", overflow="fold")
    for number, row in enumerate(section.rows):
        styles = ["bold" if (number, column) in section.strong else "" for column in range(len(row))]
        grid.add_row(*(Text(cell, style=style) for cell, style in zip(row, styles, strict=True)))
    return [grid, *([Text(section.note, style="dim")] if section.note else []), Text()]
