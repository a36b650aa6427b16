"""The comparison as Markdown, for a repository or a review. Names are escaped: they are anybody's."""

import re

from microemo.evaluate.comparison.sections import Section, facts, sections, title
from microemo.evaluate.comparison.wording import line
from microemo.evaluate.evaluation import Evaluation

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$])")


def render(evaluation: Evaluation) -> str:
    """The whole report; plots are linked by their relative paths."""
    parts = [f"# {_escaped(title(evaluation))}"]
    parts += [part for section in sections(evaluation) for part in _section(section)]
    parts += [f"![{_escaped(line(plot.description))}](<{_address(plot.path)}>)" for plot in evaluation.plots]
    parts.append("## To compute it again")
    if evaluation.command:
        parts.append(f"    {line(evaluation.command)}")
    parts.append("\n".join(f"- {name}: {_escaped(value)}" for name, value in facts(evaluation)))
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> list[str]:
    rule = ["---" if number < section.num_names else "---:" for number in range(len(section.columns))]
    rows = [_row([_escaped(name) for name in section.columns]), _row(rule)]
    rows += [_row(_cells(section, number)) for number in range(len(section.rows))]
    return [f"## {_escaped(section.title)}", "\n".join(rows), *([section.note] if section.note else [])]


def _cells(section: Section, number: int) -> list[str]:
    cells = [_escaped(cell) if column < section.num_names else cell for column, cell in enumerate(section.rows[number])]
    return [f"**{cell}**" if (number, column) in section.strong else cell for column, cell in enumerate(cells)]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)


def _address(path: str) -> str:
    return re.sub(r"([<>\\])", r"\\\1", line(path))
