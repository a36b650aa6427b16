"""A file of predictions: JSON Lines, one row for each clip, all of one system, question and settings.

name           the clip's, as in the manifest
system         the model as it was named to ``microemo predict``
text           the description in free words; "" where it failed
labels         only if the system itself names them (ours does), with as many ``confidences``; else null
replies        of a pair, what each model was prompted with and replied
prompt         the question, which is put after the subtitle if there is one; null where the system has its own
prompt_sha256  of the question
settings       what else can change an answer (see ``PredictionSettings``)
modalities     what the system was given of this clip
subtitle       the words that the system was given of this clip, or recognised itself
speaker        who is seen, if the manifest says so
seconds        the answer took
error          why there is no answer, in one line; null if there is one

Rows are appended as they come. To resume is to keep all whole rows with an answer, and to run the other clips.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, ValidationError

from microemo import files
from microemo.errors import InputError
from microemo.predict.settings import Modality, PredictionSettings
from microemo.predict.system import ModelReply
from microemo.schema import Record


class Prediction(Record):
    """One row."""

    name: str
    system: str
    text: str = ""
    labels: tuple[str, ...] | None = None
    confidences: tuple[float, ...] = ()
    replies: tuple[ModelReply, ...] = ()
    prompt: str | None
    prompt_sha256: str | None
    settings: PredictionSettings
    modalities: tuple[Modality, ...] = ()
    subtitle: str = ""
    speaker: str | None = None
    seconds: float = Field(ge=0)
    error: str | None = None

    @property
    def made_by(self) -> tuple[str, str | None, PredictionSettings]:
        """What all rows of a file share."""
        return self.system, self.prompt_sha256, self.settings

    def line(self) -> bytes:
        return f"{json.dumps(self.model_dump(mode='json'), ensure_ascii=False)}\n".encode()


def read(path: Path) -> list[Prediction]:
    """All whole rows; a last line that was cut off in the writing is none. Raises ``InputError`` on any other fault."""
    try:
        *lines, _ = path.read_bytes().split(b"\n")  # what follows the last line's end is nothing, or half a row
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    return list(_rows(path, lines))


def _rows(path: Path, lines: list[bytes]) -> Iterator[Prediction]:
    for number, line in enumerate(lines, start=1):
        try:
            yield Prediction.model_validate_json(line)
        except ValidationError as error:
            raise InputError(
                f"{path}: line {number} is not a prediction ({error.errors()[0]['msg']}); name another file"
            ) from error


def keep_answers(path: Path, made_by: tuple[str, str | None, PredictionSettings]) -> set[str]:
    """Take failed and half-written rows out of a file, and return the names of the clips that it answers.

    Raises ``InputError`` where a row comes of another system, question or settings: a file is of one kind.
    """
    rows = read(path)
    if any(row.made_by != made_by for row in rows):
        raise InputError(f"{path}: holds predictions of another system, prompt or settings; name another file")
    answers = [row for row in rows if row.error is None]
    files.write(path, b"".join(row.line() for row in answers))
    return {row.name for row in answers}
