"""What another model says of clips, to be learnt (distillation, the idea of Light-MER): its predictions as a manifest.

The teacher is whatever ``microemo predict`` reaches: a model of ours, one of Hugging Face, or a server's.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast, get_args

from microemo.data.layouts.found import Found
from microemo.data.manifest import Sample, Split
from microemo.evaluate.extraction import extract_labels
from microemo.predict import clips as listed
from microemo.predict import predictions
from microemo.predict.clips import ClipEntry
from microemo.predict.predictions import Prediction


def samples(answers: Path, clips: Path) -> Iterator[Found]:
    """A sample for each answered clip, or why it teaches nothing.

    ``answers`` are the predictions for ``clips``, which are named as they were to ``microemo predict``. Labels are
    those that the teacher names itself, else those in its text (English alone). Raises ``InputError`` where either
    cannot be read.
    """
    entries = {entry.name: entry for entry in listed.read(clips)}
    for row in predictions.read(answers):
        if row.error is not None:
            yield row.name, f"{row.name} was not answered: {row.error}"
        elif row.name not in entries:
            yield row.name, f"{row.name} is not among {clips}"
        elif not (labels := _labels(row)):
            yield row.name, f"{row.name}: no feeling is named in its answer"
        else:
            yield row.name, _sample(row, labels, entries[row.name])


def _sample(row: Prediction, labels: tuple[str, ...], entry: ClipEntry) -> Sample | str:
    """What is learnt of a clip, in the split that it has."""
    if entry.split is not None and entry.split not in get_args(Split):
        return f"{row.name}: unknown split {entry.split}"
    return Sample(
        name=row.name,
        path=entry.path,
        labels=labels,
        description=row.text,
        subtitle=entry.subtitle or row.subtitle,
        speaker=entry.speaker,
        split=cast(Split | None, entry.split),
        source=row.system,
    )


def _labels(row: Prediction) -> tuple[str, ...]:
    return row.labels if row.labels is not None else extract_labels(row.text)
