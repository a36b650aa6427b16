"""A result inside a notebook: what the terminal prints, as a small piece of HTML with a few pictures."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Template

from microemo.report import wording
from microemo.report.key_frames import portraits, views
from microemo.report.people import moments, several
from microemo.report.templating import SHARED, environment
from microemo.report.valence import valence
from microemo.schema import KeyFrame, ResultRecord

MAX_PICTURES = 6


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> str:
    """HTML without scripts and with its own colours, so that it shows the same in any notebook."""
    pictures = views(key_frames, result.clues)
    step = max(1, -(-len(pictures) // MAX_PICTURES))
    return _template().render(
        result=result,
        title=Path(result.clip.path).name,
        pictures=pictures[::step],
        together=several(result),
        moments=moments(result),
        portraits=portraits(key_frames, result.people),
        wording=wording,
        valence=valence,
    )


@cache
def _template() -> Template:
    return environment(SHARED).get_template("notebook.html")
