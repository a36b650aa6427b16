"""The report of a study as one HTML page that holds its pictures and fetches nothing."""

import base64
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Template

from microemo import __version__
from microemo.report.templating import environment, policy, style
from microemo.study.page import Report, Section
from microemo.study.plots import themed

TEMPLATES = Path(__file__).parent / "templates"


def render(report: Report, title: str, facts: Sequence[str], notes: Sequence[str], command: str = "") -> str:
    """It looks like the report of a clip, whose style it takes, in light and in dark.

    All texts are escaped by the template, and a content security policy allows the page's own style alone.
    """
    look = style(TEMPLATES / "study.css")
    return _template().render(
        title=title,
        facts=facts,
        notes=notes,
        sections=report.sections,
        sources=_sources,
        anchor=lambda section: f"s{report.sections.index(section)}",
        command=command,
        version=__version__,
        style=look,
        script=None,
        policy=policy(look),
    )


def _sources(section: Section) -> list[tuple[str, str]]:
    """Each picture as an address that has it whole, in which no script can run, and what it shows."""
    return [
        (f"data:image/svg+xml;base64,{base64.b64encode(themed(picture.svg)).decode()}", picture.description)
        for picture in section.pictures
    ]


@cache
def _template() -> Template:
    return environment(TEMPLATES).get_template("study.html")
