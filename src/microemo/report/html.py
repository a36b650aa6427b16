"""``report.html``: one page that holds everything (recording, pictures, style, script).

It fetches nothing; where a server keeps it, it asks that server for what was corrected, and sends corrections there.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from microemo.clues.table import micro_kinds
from microemo.corrections import identity
from microemo.lexicon.labels import lexicon
from microemo.report import player, timeline, wording
from microemo.report.faces import faces
from microemo.report.key_frames import portraits, views
from microemo.report.people import moments, several
from microemo.report.runs import runs
from microemo.report.templating import PICTURES, SHARED, asset, environment, policy, style
from microemo.report.valence import valence
from microemo.schema import KeyFrame, ResultRecord

FILENAME = "report.html"
STYLES = ("overlay.css", "editing.css")
SCRIPTS = ("report.js", "filters.js", "slow_motion.js", "evidence.js", "overlay.js", "corrections.js", "editing.js",
           "opening.js")  # fmt: skip
MAX_ABREAST = 4  # people who have a column of their own in every utterance


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = (), *, served: bool = False) -> bytes:
    """The report as one HTML page, with the key frames if there are any; ``served``: by ``microemo serve``.

    The recording is read from ``result.clip.path`` and embedded where possible (``player.data_uri``). All texts are
    escaped by the template, and a content security policy allows the page's own style and script alone.
    """
    clue_of = {clue.id: clue for clue in result.clues}
    number = {person.id: number for number, person in enumerate(result.people, start=1)}
    look = style(*(SHARED / name for name in STYLES))
    script = Markup("").join(asset(SHARED / name) for name in SCRIPTS)
    connect = {"connect-src": "'self'"} if served else {}
    page = (
        _environment()
        .get_template("report.html")
        .render(
            result=result,
            title=Path(result.clip.path).name,
            several=several(result),
            moments=moments(result),
            person_of={person.id: person for person in result.people},
            number=number,
            identity=identity(result),
            served=served,
            faces=[asdict(face) for face in faces(key_frames, result.clip, number)],
            micro={kind.kind for kind in micro_kinds()},
            words=_words(),
            portraits=portraits(key_frames, result.people),
            media=player.data_uri(result.clip),
            timeline=timeline.lay_out(result),
            key_frames=views(key_frames, result.clues),
            clues=sorted(result.clues, key=lambda clue: (clue.start_sec, clue.id)),
            clue_of=clue_of,
            runs=lambda answer: runs(answer, clue_of.keys()),
            weights=lambda answer: wording.weights(answer, clue_of),
            effects=lambda answer: {weight.clue.id: str(weight) for weight in wording.weights(answer, clue_of)},
            style=look,
            script=script,
            policy=policy(look, script, PICTURES | {"media-src": "data: blob:"} | connect),
        )
    )
    return page.encode()


@cache
def _words() -> dict[str, list[str]]:
    """The lexicon's words by their valence: what is suggested for labels."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for place in lexicon().values():
        found[place.valence].add(place.word)
    return {valence: sorted(words) for valence, words in found.items()}


@cache
def _environment() -> Environment:
    made = environment(SHARED)
    made.globals |= {
        "wording": wording,
        "valence": valence,
        "MAX_LABELS": timeline.MAX_LABELS,
        "LABEL_HEIGHT": timeline.LABEL_HEIGHT,
        "ROW_HEIGHT": timeline.ROW_HEIGHT,
        "NAME_HEIGHT": timeline.NAME_HEIGHT,
        "LANE_GAP": timeline.LANE_GAP,
        "MAX_NAME": timeline.MAX_NAME,
        "MAX_ABREAST": MAX_ABREAST,
    }
    return made
