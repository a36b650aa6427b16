"""CREMA-D (Cao et al., IEEE Transactions on Affective Computing 5(4), 2014): all is in the file names.

``ACTOR_SENTENCE_EMOTION_LEVEL`` as ``1001_DFA_ANG_XX``, in ``VideoFlash/*.flv``, ``AudioWAV/*.wav`` or elsewhere; a
clip that is there as video and as sound is one sample. Levels are low, medium, high, and XX: not asked for. There is
no standard split.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from microemo.data.layouts.found import Found, by_stem, few_media_files, media_files
from microemo.data.manifest import Sample

SENTENCES = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
EMOTIONS = {
    "ANG": "angry",
    "DIS": "disgusted",
    "FEA": "fearful",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
LEVELS = {"LO": 0.2, "MD": 0.5, "HI": 0.9, "XX": None, "X": None}  # one file says X
NAME = re.compile(rf"(1[0-9]{{3}})_({'|'.join(SENTENCES)})_({'|'.join(EMOTIONS)})_({'|'.join(LEVELS)})")


def recognises(folder: Path) -> bool:
    files = few_media_files(folder)
    return bool(files) and all(NAME.fullmatch(file.stem) for file in files)


def samples(folder: Path) -> Iterator[Found]:
    for stem, file in by_stem(media_files(folder)).items():
        match = NAME.fullmatch(stem)
        if match is None:
            yield file.name, f"{file.name} is no name of CREMA-D's"
            continue
        actor, sentence, emotion, level = match.groups()
        yield (
            stem,
            Sample(
                name=stem,
                path=file,
                subtitle=SENTENCES[sentence],
                labels=(EMOTIONS[emotion],),
                intensity=LEVELS[level],
                speaker=actor,
                source="CREMA-D",
            ),
        )
