"""Whom does nano believe where a voice says one thing and a face another?

    python -m benchmarks.conflict RAVDESS FACES.zip --rounds 6 --out benchmarks/results/conflict.json

Made clips: a take of RAVDESS actors 19-20 beside a still face of FER2013's public test or RAF-DB's, which nothing was
trained on or chosen by. A round is a voice and a face of each of seven families, first in agreement, then the same
voices with each other's faces; in six rounds each family's voice meets each other family's face once. Each clip goes
through the whole path, and the spoken utterance's answer counts. (After MoSEAR and its CA-MER, whose conflicts people
found in real clips; here they are put together.) The rows are kept with the figures: a run that was cut short goes on.
"""

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.clips import SAMPLE_RATE, still, voice_of, write
from benchmarks.kept import Row, keep, rows_in
from benchmarks.shares import proportion
from microemo import load
from microemo.evaluate.metrics import Metric, mean_of
from microemo.evaluate.statistics import estimates
from microemo.lexicon import family_of
from microemo.result import Result
from microemo.schema import UtteranceAnswer
from recipes.nano.faces import FACE_FAMILIES, picture_in
from recipes.nano.held_out import shown, takes

OTHER = {"voice": "face", "face": "voice"}
MAX_ROUNDS = 8  # two actors say neutral lines eight times


@dataclass(frozen=True)
class Pair:
    """A voice and a face, each with its family, and where they are."""

    voice: str
    face: str
    take: Path
    picture: str

    @property
    def name(self) -> str:
        return f"{self.take.stem}-{self.voice}-{self.face}-{Path(self.picture).stem}"


def pairs(ravdess: Path, archive: Path, rounds: int) -> Iterator[Pair]:
    """In agreement and in conflict by turns, seven at a time."""
    voices, faces = defaultdict(list), defaultdict(list)
    for take in takes(ravdess):
        voices[take.labels[0]].append(take.path)
    for picture, family in shown(archive):
        faces[family].append(picture)
    for number in range(rounds):
        for shift in (0, 1 + number % (len(FACE_FAMILIES) - 1)):
            for place, voice in enumerate(FACE_FAMILIES):
                face = FACE_FAMILIES[(place + shift) % len(FACE_FAMILIES)]
                yield Pair(voice, face, voices[voice][number], faces[face][number])


def made(pair: Pair, archive: Path, scratch: Path, *, heard: bool = True, seen: bool = True) -> Path:
    """The clip of a pair; unheard, its sound is silence, and unseen, its picture is grey all over."""
    sound, frame = voice_of(pair.take), still(picture_in(archive, pair.picture))
    picture = frame if seen else np.full_like(frame, 128)
    return write(scratch / f"{pair.name}.mp4", [(picture, len(sound) / SAMPLE_RATE)], sound * heard)


def spoken(result: Result) -> UtteranceAnswer:
    """The longest utterance with words; without any, the longest of all."""
    return max(result.utterances, key=lambda one: (bool(one.text), one.end_sec - one.start_sec))


def row_of(pair: Pair, result: Result) -> Row:
    answer = spoken(result)
    return {
        "clip": pair.name,
        "voice": pair.voice,
        "face": pair.face,
        "take": pair.take.stem,
        "words": answer.text,
        "has_face": result.clip.face_seconds > 0,
        "labels": [emotion.label for emotion in answer.emotions],
        "families": [family_of(emotion.label) or emotion.label for emotion in answer.emotions],
        "confidence": answer.emotions[0].confidence if answer.emotions else 0.0,
        "possible": list(answer.possible),
        "explanation": answer.explanation,
    }


def report(rows: Sequence[Row]) -> list[str]:
    """Where a face was found; without one nothing is in conflict."""
    seen = [row for row in rows if row["has_face"]]
    agreeing = {row["take"]: row for row in seen if row["voice"] == row["face"]}
    torn = [row for row in seen if row["voice"] != row["face"]]
    follows = [follows_in(row) for row in torn]
    left = [(row, row[OTHER[which]]) for row, which in zip(torn, follows, strict=True) if which]
    both = [(agreeing[row["take"]], row) for row in torn if row["take"] in agreeing]
    return [
        f"faces not found: {len(rows) - len(seen)} of {len(rows)}",
        proportion(
            "in agreement, first label right", sum(bool(follows_in(row)) for row in agreeing.values()), len(agreeing)
        ),
        proportion("in conflict, first label the voice's", follows.count("voice"), len(torn)),
        proportion("in conflict, first label the face's", follows.count("face"), len(torn)),
        proportion("in conflict, first label neither's", follows.count(""), len(torn)),
        proportion("the face's, where it is either's", follows.count("face"), len(left)),
        proportion("a later label is the other's", sum(other in row["families"] for row, other in left), len(left)),
        proportion("the other's is possible", sum(other in row["possible"] for row, other in left), len(left)),
        proportion("both are possible", sum(holds_both(row, row) for row in torn), len(torn)),
        proportion(
            "so are these two, of the same voice in agreement",
            sum(holds_both(row, own) for own, row in both),
            len(both),
        ),
        change("families possible", both, lambda row: len(row["possible"])),
        change("confidence of the first label", both, lambda row: row["confidence"]),
    ]


def follows_in(row: Row) -> str:
    """Which the first label follows, the voice or the face; of two in agreement, the voice; of neither, none."""
    return next((which for which in ("voice", "face") if row[which] in row["families"][:1]), "")


def holds_both(row: Row, other: Row) -> bool:
    """Whether both families of a row are possible in another."""
    return {row["voice"], row["face"]} <= set(other["possible"])


def change(name: str, both: Sequence[tuple[Row, Row]], figure: Callable[[Row], float]) -> str:
    """The mean in conflict less that in agreement, of the same voices, with a bootstrap interval over voices."""
    columns = np.array([[figure(torn), figure(agreeing)] for agreeing, torn in both])
    names = tuple(torn["take"] for _, torn in both)
    means = [Metric(name, names, columns, mean_of(place)).value for place in (0, 1)]
    (found,) = estimates([Metric(name, names, columns, lambda means: means[..., 0] - means[..., 1])])
    assert found.interval is not None
    low, high = found.interval.low, found.interval.high
    return (
        f"{name}: {means[0]:.3f} in conflict, {means[1]:.3f} in agreement, {found.value:+.3f} [{low:+.3f}, {high:+.3f}]"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("faces", type=Path, help="archive of FER2013 or RAF-DB")
    parser.add_argument("--rounds", type=int, default=6, help=f"of seven voices and faces, {MAX_ROUNDS} at most")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows = rows_in(arguments.out)
    done, pipeline = {row["clip"] for row in rows}, load()
    with tempfile.TemporaryDirectory() as scratch:
        for pair in pairs(arguments.ravdess, arguments.faces, arguments.rounds):
            if pair.name not in done:
                rows.append(row_of(pair, pipeline.analyze(made(pair, arguments.faces, Path(scratch)))))
                keep(arguments.out, rows)
    figures = report(rows)
    keep(arguments.out, rows, figures)
    print(*figures, sep="\n")


if __name__ == "__main__":
    main()
