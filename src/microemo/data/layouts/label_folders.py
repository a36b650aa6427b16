"""A folder for each label, with the clips in it; and perhaps a folder for each split above these.

Labels are the folders' names, lower case, with spaces for underscores. Folders of splits are called ``train``,
``validation``, ``val`` or ``dev``, and ``test``.
"""

from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts.found import Found, few_media_files, media_files
from microemo.data.manifest import Sample, Split
from microemo.lexicon.labels import place

SPLITS: dict[str, Split] = {
    "train": "train",
    "validation": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
MIN_LABELS = 2


def recognises(folder: Path) -> bool:
    """Where all folders with clips have the names of feelings, at least two."""
    paths = [file.relative_to(folder) for file in few_media_files(folder)]
    labels = {_label(path) for path in paths}
    return len(labels) >= MIN_LABELS and all(label and place(label) is not None for label in labels)


def samples(folder: Path) -> Iterator[Found]:
    for file in media_files(folder):
        path = file.relative_to(folder)
        label = _label(path)
        if not label:
            yield path.as_posix(), f"{path.as_posix()} is not in a label's folder"
            continue
        yield (
            path.as_posix(),
            Sample(
                name="_".join(path.with_suffix("").parts),
                path=file,
                labels=(label,),
                split=SPLITS.get(path.parts[0].lower()) if len(path.parts) == 3 else None,
                source=folder.name,
            ),
        )


def _label(path: Path) -> str:
    """The label of ``label/clip.mp4`` or ``split/label/clip.mp4``; "" of any other path."""
    parts = path.parts[:-1]
    if len(parts) == 1 or (len(parts) == 2 and parts[0].lower() in SPLITS):
        return " ".join(parts[-1].lower().replace("_", " ").split())
    return ""
