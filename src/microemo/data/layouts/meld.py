"""MELD (Poria et al., ACL 2019): ``train_sent_emo.csv`` and ``train_splits/dia0_utt0.mp4``, and so for dev and test.

Dialogues are numbered anew in each part, so that names begin with the part. In the test part, a video
``final_videos_testdia0_utt0.mp4`` mends the one of the plain name. The split is the published one; its parts share
the series' six main speakers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Line:
    """A row of a part's table, which needs no video: the clip's name, what is said in it, by whom, and how."""

    part: str
    clip: str
    text: str
    speaker: str
    label: str


def lines(folder: Path) -> Iterator[tuple[str, Line | str]]:
    """All dialogue lines of the tables in a folder, or what is wrong with each; and where it stands."""
    for part, table in _tables(folder):
        for place, row in rows.read(table):
            yield f"{table.name} {place}", row if isinstance(row, str) else _line(part, row)


def samples(folder: Path) -> Iterator[Found]:
    files = media_files(folder)
    videos = {part: _videos([file for file in files if part in file.parent.name]) for part in PARTS}
    for place, line in lines(folder):
        yield place, line if isinstance(line, str) else _sample(line, videos[line.part])


def _tables(folder: Path) -> Iterator[tuple[str, Path]]:
    for part in PARTS:
        table = next(iter(sorted(folder.rglob(f"{part}_sent_emo.csv"))), None)
        if table is not None:
            yield part, table


def _videos(files: list[Path]) -> dict[str, Path]:
    """Videos by their plain names, the mended ones in their places."""
    mended = {file.stem.removeprefix(MENDED): file for file in files if file.stem.startswith(MENDED)}
    return {file.stem: file for file in files} | mended


def _line(part: str, row: rows.Fields) -> Line | str:
    try:
        return Line(
            part=part,
            clip=f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}",
            text=row["Utterance"]
            .replace("\x92", "'")
            .strip(),  # the published files hold this sign of another encoding
            speaker=row["Speaker"].strip(),
            label=EMOTIONS[row["Emotion"].strip().lower()],
        )
    except KeyError as error:
        return f"{error} is no column or emotion of MELD's"


def _sample(line: Line, videos: dict[str, Path]) -> Sample | str:
    if line.clip not in videos:
        return f"{line.clip} of the {line.part} part has no video"
    return Sample(
        name=f"{line.part}_{line.clip}",
        path=videos[line.clip],
        subtitle=line.text,
        labels=(line.label,),
        speaker=line.speaker or None,
        split=PARTS[line.part],
        source="MELD",
    )
