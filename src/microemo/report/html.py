"""``report.html``: one page that holds everything (recording, pictures, style, script) and fetches nothing."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment

from microemo.report import player, timeline, wording
from microemo.report.key_frames import portraits, views
from microemo.report.people import moments, several
from microemo.report.runs import runs
from microemo.report.templating import PICTURES, SHARED, asset, environment, policy, style
from microemo.report.valence import valence
from microemo.schema import KeyFrame, ResultRecord

FILENAME = "report.html"
MAX_ABREAST = 4  # people who have a column of their own in every utterance


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    """The report as one HTML page, with the key frames if there are any.

    The recording is read from ``result.clip.path`` and embedded where possible (``player.data_uri``). All texts are
    escaped by the template, and a content security policy allows the page's own style and script alone.
    """
    clue_of = {clue.id: clue for clue in result.clues}
    look, script = style(), asset(SHARED / "report.js")
    page = (
        _environment()
        .get_template("report.html")
        .render(
            result=result,
            title=Path(result.clip.path).name,
            several=several(result),
            moments=moments(result),
            person_of={person.id: person for person in result.people},
            number={person.id: number for number, person in enumerate(result.people, start=1)},
            portraits=portraits(key_frames, result.people),
            media=player.data_uri(result.clip),
            timeline=timeline.lay_out(result),
            key_frames=views(key_frames, result.clues),
            clues=sorted(result.clues, key=lambda clue: (clue.start_sec, clue.id)),
            clue_of=clue_of,
            runs=lambda answer: runs(answer, clue_of.keys()),
            weights=lambda answer: wording.weights(answer, clue_of),
            style=look,
            script=script,
            policy=policy(look, script, PICTURES | {"media-src": "data: blob:"}),
        )
    )
    return page.encode()


@cache
def _environment() -> Environment:
    made = environment(SHARED)
    made.globals |= {
        "wording": wording,
        "valence": valence,
        "MAX_LABELS": timeline.MAX_LABELS,
        "LABEL_HEIGHT": timeline.LABEL_HEIGHT,
        "ROW_HEIGHT": timeline.ROW_HEIGHT,
        "BAND_HEIGHT": timeline.NAME_HEIGHT - timeline.LANE_GAP,
        "MAX_NAME": timeline.MAX_NAME,
        "MAX_ABREAST": MAX_ABREAST,
    }
    return made
