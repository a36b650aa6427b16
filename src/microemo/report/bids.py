"""BIDS: an ``events.tsv`` of what each person feels in each utterance and of each clue, and JSON that explains it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence

from microemo.report import tiers
from microemo.report.people import moments
from microemo.schema import KeyFrame, ResultRecord

FILENAME, SIDECAR = "events.tsv", "events.json"
MISSING = "n/a"
COLUMNS: Mapping[str, dict[str, object]] = {
    "onset": {"Description": "When it begins, from the clip's first moment", "Units": "s"},
    "duration": {"Description": "How long it lasts", "Units": "s"},
    "trial_type": {
        "Description": "What the row tells of",
        "Levels": {
            "emotion": "What a person seems to feel during an utterance",
            "face": "A clue of the face",
            "voice": "A clue of the voice",
            "words": "A clue of what is said",
        },
    },
    "value": {"Description": "The foremost label of the emotion, or the clue's kind"},
    "person": {"Description": "Who it is about, by id"},
    "confidence": {"Description": "How sure the model is of the label, or how strong the clue is, from 0 to 1"},
    "text": {"Description": "What is said in the utterance, or the clue's words"},
}


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    """Tab-separated, by onset; what is not known is ``n/a``, as BIDS has it."""
    found: list[tuple[object, ...]] = []
    for moment in moments(result):
        one = moment.utterance
        for part in moment.parts:
            for emotion in part.answer.emotions[:1]:
                found.append((one.start_sec, one.end_sec - one.start_sec, "emotion", emotion.label, part.person,
                              emotion.confidence, one.text))  # fmt: skip
    for clue in result.clues:
        found.append((clue.start_sec, clue.end_sec - clue.start_sec, clue.modality, clue.kind, clue.person,
                      clue.strength, clue.detail))  # fmt: skip
    file = io.StringIO()
    writer = csv.writer(file, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, quotechar=None)
    writer.writerow(COLUMNS)
    for row in sorted(found, key=lambda row: (row[0], row[2], str(row[4]), str(row[3]))):
        writer.writerow([_cell(cell) for cell in row])
    return file.getvalue().encode()


def beside(result: ResultRecord) -> dict[str, bytes]:
    return {SIDECAR: (json.dumps(COLUMNS, indent=2) + "\n").encode()}


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return tiers.plain(str(value)) or MISSING if value not in (None, "") else MISSING
