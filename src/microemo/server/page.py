"""The page at ``/``: one HTML file that holds its style and script, in the look of the report."""

from functools import cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from microemo import __version__
from microemo.report import html
from microemo.report.templating import environment, source_of

TEMPLATES = Path(__file__).parent / "templates"


def jobs_page() -> str:
    """Drop a recording, watch it, open its report; and the list of jobs."""
    return _render("jobs.html", "jobs.js")


def token_page(*, wrong: bool = False) -> str:
    """A form for the token, for those who have not shown it."""
    return _render("token.html", None, wrong=wrong)


@cache
def _render(template: str, script_name: str | None, **values: object) -> str:
    style = _asset(html.TEMPLATES / "report.css") + _asset(TEMPLATES / "jobs.css")
    script = _asset(TEMPLATES / script_name) if script_name else None
    policy = (
        f"default-src 'none'; style-src {source_of(style)}; connect-src 'self'; base-uri 'none'; form-action 'self'; "
        f"script-src {source_of(script) if script else chr(39) + 'none' + chr(39)}"
    )
    page = _environment().get_template(template)
    return page.render(style=style, script=script, policy=policy, version=__version__, **values)


@cache
def _environment() -> Environment:
    return environment(TEMPLATES)


def _asset(path: Path) -> Markup:
    return Markup(path.read_text(encoding="utf-8"))
