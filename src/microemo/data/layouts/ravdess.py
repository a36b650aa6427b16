"""RAVDESS (Livingstone and Russo, PLoS ONE 13(5), 2018): all is in the file names, whatever the folders.

``MODALITY-CHANNEL-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR`` in two digits each. The modalities are 01 picture
with sound, 02 picture, 03 sound, of the same take: each take is one sample. Actors of odd number are men, the others
women. There is no standard split.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts.found import Found, few_media_files, media_files
from microemo.data.manifest import Sample

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised")  # 01-08
STATEMENTS = ("Kids are talking by the door.", "Dogs are sitting by the door.")  # 01-02
INTENSITIES = (0.3, 0.9)  # 01 normal, 02 strong
NAME = re.compile(r"0([123])-(0[12]-0([1-8])-0([12])-0([12])-0[12]-([0-9]{2}))")


def recognises(folder: Path) -> bool:
    files = few_media_files(folder)
    return bool(files) and all(NAME.fullmatch(file.stem) for file in files)


def samples(folder: Path) -> Iterator[Found]:
    takes: dict[str, dict[int, Path]] = defaultdict(dict)
    for file in media_files(folder):
        match = NAME.fullmatch(file.stem)
        if match is None:
            yield file.name, f"{file.name} is no name of RAVDESS's"
        else:
            takes[match[2]].setdefault(int(match[1]), file)
    for take in sorted(takes):
        yield take, _sample(takes[take])


def _sample(files: dict[int, Path]) -> Sample:
    """The take as picture with sound, else as a picture and its sound, else as the one that there is."""
    path = files.get(1) or files.get(2) or files[3]
    match = NAME.fullmatch(path.stem)
    assert match is not None
    emotion, intensity, statement = (int(match[group]) - 1 for group in (3, 4, 5))
    return Sample(
        name=path.stem,
        path=path,
        audio=files.get(3) if path == files.get(2) else None,
        subtitle=STATEMENTS[statement],
        labels=(EMOTIONS[emotion],),
        intensity=INTENSITIES[intensity],
        speaker=match[6],
        pronoun="he" if int(match[6]) % 2 else "she",
        source="RAVDESS",
    )
