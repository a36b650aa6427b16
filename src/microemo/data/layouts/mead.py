"""MEAD (Wang et al., ECCV 2020): ``M003/video/front/angry/level_1/001.mp4`` with the sound kept apart.

The sound of all views of a take is ``M003/audio/angry/level_1/001.m4a``. A video without it is taken as it is. There
is no standard split. Speakers are M or W, men or women.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts.found import Found, few_media_files, media_files
from microemo.data.manifest import Sample
from microemo.media.suffixes import AUDIO

EMOTIONS = {
    "angry": "angry",
    "contempt": "contemptuous",
    "disgusted": "disgusted",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "surprised": "surprised",
}
INTENSITIES = (0.3, 0.6, 0.9)  # level_1 to level_3
EMOTION = "|".join(EMOTIONS)
VIDEO = re.compile(rf"([MW][0-9]{{3}})/video/(\w+)/({EMOTION})/level_([123])/([0-9]{{3}})\.\w+$")
SOUND = re.compile(rf"([MW][0-9]{{3}})/audio/({EMOTION})/level_([123])/([0-9]{{3}})\.\w+$")


def recognises(folder: Path) -> bool:
    files = [file.as_posix() for file in few_media_files(folder)]
    return bool(files) and all(VIDEO.search(file) or SOUND.search(file) for file in files)


def samples(folder: Path) -> Iterator[Found]:
    files = media_files(folder)
    sounds = {match.groups(): file for file in files if (match := SOUND.search(file.as_posix()))}
    for file in files:
        match = VIDEO.search(file.as_posix())
        place = file.relative_to(folder).as_posix()
        if match is not None:
            speaker, view, emotion, level, number = match.groups()
            yield (
                place,
                Sample(
                    name=f"{speaker}_{view}_{emotion}_{level}_{number}",
                    path=file,
                    audio=sounds.get((speaker, emotion, level, number)),
                    labels=(EMOTIONS[emotion],),
                    intensity=None if emotion == "neutral" else INTENSITIES[int(level) - 1],
                    speaker=speaker,
                    pronoun="he" if speaker.startswith("M") else "she",
                    source="MEAD",
                ),
            )
        elif not (file.suffix.lower() in AUDIO and SOUND.search(file.as_posix())):
            yield place, f"{place} is no path of MEAD's"
