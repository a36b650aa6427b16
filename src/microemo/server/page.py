"""The page at ``/``: one HTML file that holds its style and script, in the look of the report."""

from functools import cache
from pathlib import Path

from jinja2 import Environment

from microemo import __version__
from microemo.report.templating import asset, environment, policy, style

TEMPLATES = Path(__file__).parent / "templates"
ALLOWED = {"connect-src": "'self'", "form-action": "'self'"}


def jobs_page() -> str:
    """Drop a recording, watch it, open its report; and the list of jobs."""
    return _render("jobs.html", "jobs.js")


def token_page(*, wrong: bool = False) -> str:
    """A form for the token, for those who have not shown it."""
    return _render("token.html", None, wrong=wrong)


@cache
def _render(template: str, script_name: str | None, **values: object) -> str:
    look = style(TEMPLATES / "jobs.css")
    script = asset(TEMPLATES / script_name) if script_name else None
    page = _environment().get_template(template)
    return page.render(style=look, script=script, policy=policy(look, script, ALLOWED), version=__version__, **values)


@cache
def _environment() -> Environment:
    return environment(TEMPLATES)
