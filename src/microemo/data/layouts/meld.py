"""MELD (Poria et al., ACL 2019): ``train_sent_emo.csv`` and ``train_splits/dia0_utt0.mp4``, and so for dev and test.

Dialogues are numbered anew in each part, so that names begin with the part. In the test part, a video
``final_videos_testdia0_utt0.mp4`` mends the one of the plain name. The split is the published one; its parts share
the series' six main speakers.
"""

from collections.abc import Iterator
from pathlib import Path

from microemo import rows
from microemo.data.layouts.found import Found, media_files
from microemo.data.manifest import Sample, Split

PARTS: dict[str, Split] = {"train": "train", "dev": "validation", "test": "test"}
EMOTIONS = {
    "anger": "angry",
    "disgust": "disgusted",
    "fear": "fearful",
    "joy": "joyful",
    "neutral": "neutral",
    "sadness": "sad",
    "surprise": "surprised",
}
MENDED = "final_videos_test"


def recognises(folder: Path) -> bool:
    return folder.is_dir() and any(_tables(folder))


def samples(folder: Path) -> Iterator[Found]:
    files = media_files(folder)
    for part, table in _tables(folder):
        videos = _videos([file for file in files if part in file.parent.name])
        for place, row in rows.read(table):
            yield f"{table.name} {place}", row if isinstance(row, str) else _sample(part, row, videos)


def _tables(folder: Path) -> Iterator[tuple[str, Path]]:
    for part in PARTS:
        table = next(iter(sorted(folder.rglob(f"{part}_sent_emo.csv"))), None)
        if table is not None:
            yield part, table


def _videos(files: list[Path]) -> dict[str, Path]:
    """Videos by their plain names, the mended ones in their places."""
    mended = {file.stem.removeprefix(MENDED): file for file in files if file.stem.startswith(MENDED)}
    return {file.stem: file for file in files} | mended


def _sample(part: str, row: rows.Fields, videos: dict[str, Path]) -> Sample | str:
    try:
        clip = f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}"
        emotion = EMOTIONS[row["Emotion"].strip().lower()]
        said, speaker = row["Utterance"], row["Speaker"]
    except KeyError as error:
        return f"{error} is no column or emotion of MELD's"
    if clip not in videos:
        return f"{clip} of the {part} part has no video"
    return Sample(
        name=f"{part}_{clip}",
        path=videos[clip],
        subtitle=said.replace("\x92", "'").strip(),  # the published files hold this one sign of another encoding
        labels=(emotion,),
        speaker=speaker.strip() or None,
        split=PARTS[part],
        source="MELD",
    )
