"""EmotionTalk (Sun et al., arXiv:2505.23018): a JSON file an utterance, ``Multimodal/json/…/G00001_02_01_002.json``.

The video of the same name is in ``Multimodal/mp4``, the sound in ``Audio/wav``; whoever has but some of the archives
has but some of these. Each modality was judged on its own: the label is that of all together where it is there, else
the video's, the sound's or the words'. The split is the published one, by the group of a recording.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from microemo.data.layouts.found import Found, by_stem, media_files
from microemo.data.manifest import Sample, Split

JUDGED = ("Multimodal", "Video", "Audio", "Text")  # the best first
SPLITS: dict[str, Split] = {"G00001": "validation", "G00012": "validation", "G00003": "test", "G00015": "test"}
EMOTIONS = {
    "angry": "angry",
    "disgusted": "disgusted",
    "fearful": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "surprised": "surprised",
    "anger": "angry",
    "disgust": "disgusted",
    "fear": "fearful",
    "surprise": "surprised",
}


def recognises(folder: Path) -> bool:
    return any(any(folder.glob(f"{above}json/G0*/")) for above in ("", "*/", "*/*/"))


def samples(folder: Path) -> Iterator[Found]:
    media, judged = by_stem(media_files(folder)), _judged(folder)
    for name, file in sorted(judged.items()):
        if name not in media:
            yield name, f"{name} has no media file"
            continue
        try:
            row = json.loads(file.read_text(encoding="utf-8-sig"))
            yield name, _sample(name, media[name], row)
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
            yield name, f"{file.name} is no annotation of EmotionTalk's: {type(error).__name__}: {error}"


def _judged(folder: Path) -> dict[str, Path]:
    """The best annotation of each utterance, by its name."""
    found: dict[str, Path] = {}
    for file in folder.rglob("G0*.json"):
        if file.stem not in found or _rank(file) < _rank(found[file.stem]):
            found[file.stem] = file
    return found


def _rank(file: Path) -> tuple[int, Path]:
    return next((place for place, modality in enumerate(JUDGED) if modality in file.parts), len(JUDGED)), file


def _sample(name: str, path: Path, row: dict[str, Any]) -> Sample:
    return Sample(
        name=name,
        path=path,
        subtitle=str(row.get("content") or "").strip(),
        labels=(EMOTIONS[str(row["emotion_result"]).strip().lower()],),
        speaker=str(row.get("speaker_id") or "") or None,
        split=SPLITS.get(name.partition("_")[0], "train"),
        source="EmotionTalk",
    )
