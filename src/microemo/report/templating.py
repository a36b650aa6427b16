"""What every HTML page of ours is made with: templates that escape, one look, and a policy that names assets by hash.

A page's template extends ``page.html`` and is rendered with ``style``, ``script`` (None without one) and ``policy``.
"""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

SHARED = Path(__file__).parent / "templates"
PICTURES = {"img-src": "data:"}


def environment(templates: Path) -> Environment:
    """Of a folder of templates; all texts are escaped, and a name that is not there is an error."""
    return Environment(
        loader=FileSystemLoader([templates, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def style(*own: Path) -> Markup:
    """The style of the report of a clip, and behind it what a page adds."""
    return Markup("").join(asset(path) for path in (SHARED / "report.css", *own))


def asset(path: Path) -> Markup:
    return Markup(path.read_text(encoding="utf-8"))


def policy(style: str, script: str | None = None, allowed: Mapping[str, str] = PICTURES) -> str:
    """A content security policy: the page's own style and script, what else is allowed, and nothing more."""
    sources = {"default-src": "'none'", "style-src": _source(style), "base-uri": "'none'", "form-action": "'none'"}
    sources |= {"script-src": _source(script)} if script else {}
    return "; ".join(f"{directive} {source}" for directive, source in {**sources, **allowed}.items())


def _source(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
