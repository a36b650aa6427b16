"""The comparison as one HTML page that holds its plots and fetches nothing."""

import base64
from functools import cache
from pathlib import Path

from jinja2 import Template

from microemo.errors import InputError
from microemo.evaluate.comparison.sections import facts, sections, title
from microemo.evaluate.evaluation import Evaluation, Plot
from microemo.report.templating import environment, policy, style

TEMPLATES = Path(__file__).parent / "templates"
KINDS = {".svg": "image/svg+xml", ".png": "image/png"}


def render(evaluation: Evaluation, folder: Path) -> str:
    """The page; plots are read from ``folder`` and embedded as pictures, in which no script can run.

    It looks like the report of a clip, whose style it takes. All texts are escaped by the template, and a content
    security policy allows the page's own style alone. Raises ``InputError`` where a plot cannot be read.
    """
    look = style(TEMPLATES / "comparison.css")
    return _template().render(
        evaluation=evaluation,
        title=title(evaluation),
        sections=sections(evaluation),
        facts=facts(evaluation),
        pictures=[(plot, _data_uri(plot, folder)) for plot in evaluation.plots],
        style=look,
        script=None,
        policy=policy(look),
    )


@cache
def _template() -> Template:
    return environment(TEMPLATES).get_template("comparison.html")


def _data_uri(plot: Plot, folder: Path) -> str:
    path = folder / plot.path
    if path.suffix not in KINDS:
        raise InputError(f"{path}: unknown kind of picture; the report embeds {' and '.join(KINDS)}")
    try:
        return f"data:{KINDS[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode()}"
    except OSError as error:
        raise InputError(f"{path}: the plot cannot be read ({error.strerror}); draw it first") from error
