"""Held-out sanity of nano, through the whole path: the first label's family, with n and a 95 % interval.

Voices: RAVDESS actors 19-20 alone (audio only), eight emotions. Faces: FER2013 public test as silent clips, seven
emotions. A label's family is that of ``microemo.vocabulary``; a label outside of it, or no label, is wrong.

    python benchmarks/held_out.py voices RAVDESS_FOLDER --out voices.jsonl
    python benchmarks/held_out.py faces FER2013/public_test --num 350 --out faces.jsonl
"""

import argparse
import json
import math
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
from clips import still, write

from microemo import load
from microemo.schema import Answer
from microemo.vocabulary import FAMILIES, family_of

RAVDESS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
FER2013 = {
    "angry": "angry", "disgust": "disgusted", "fear": "fearful", "happy": "happy", "neutral": "neutral",
    "sad": "sad", "surprise": "surprised",
}  # fmt: skip
HELD_OUT_ACTORS = ("19", "20")
CLIP_SEC = 2.0


def voices(folder: Path) -> Iterator[tuple[Path, str]]:
    takes = sorted(folder.glob("03-01-*.flac"))
    for path in random.Random(0).sample(takes, len(takes)):  # a run that is cut short is still a fair sample
        fields = path.stem.split("-")
        if fields[6] in HELD_OUT_ACTORS:
            yield path, RAVDESS[int(fields[2]) - 1]


def faces(folder: Path, num: int, scratch: Path) -> Iterator[tuple[Path, str]]:
    """``num`` pictures drawn at random over all labels, as they are distributed."""
    pictures = sorted(folder.glob("*/*.webp"))
    for picture in random.Random(0).sample(pictures, min(num, len(pictures))):
        frame = still(cv2.imread(str(picture))[..., ::-1])
        yield (
            write(scratch / f"{picture.parent.name}-{picture.stem}.mp4", [(frame, CLIP_SEC)]),
            FER2013[picture.parent.name],
        )


def wilson(hits: int, num: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, spread = hits / num, z * z / num
    centre = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / num + spread / (4 * num)) / (1 + spread)
    return centre - half, centre + half


def first_family(answer: Answer) -> str:
    label = answer.emotions[0].label if answer.emotions else "none"
    return family_of(label) or label


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("voices", "faces"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--num", type=int, default=350, help="pictures of the faces")
    parser.add_argument("--model", default="nano")
    parser.add_argument("--out", type=Path, required=True, help="predictions, one JSON a line; done ones are kept")
    arguments = parser.parse_args()

    done = [json.loads(line) for line in arguments.out.read_text().splitlines()] if arguments.out.exists() else []
    seen = {row["clip"] for row in done}
    pipeline = load(arguments.model)
    with tempfile.TemporaryDirectory() as scratch, arguments.out.open("a") as file:
        clips = (
            voices(arguments.folder)
            if arguments.task == "voices"
            else faces(arguments.folder, arguments.num, Path(scratch))
        )
        for path, truth in clips:
            if path.name in seen:
                continue
            result = pipeline.analyze(path)
            claims = [claim for answer in (result.overall, *result.utterances) for claim in answer.claims]
            row = {
                "clip": path.name,
                "truth": truth,
                "first": first_family(result.overall),
                "labels": [emotion.label for emotion in result.overall.emotions],
                "confidence": [emotion.confidence for emotion in result.overall.emotions],
                "explanation": result.overall.explanation,
                "num_claims": len(claims),
                "num_verified": sum(claim.verified for claim in claims),
                "abstained": result.abstained,
            }
            done.append(row)
            print(json.dumps(row), file=file, flush=True)
    report(done)


def report(rows: list[dict[str, object]]) -> None:
    hits = sum(row["first"] == row["truth"] for row in rows)
    low, high = wilson(hits, len(rows))
    print(f"first label in the right family: {hits / len(rows):.3f} [{low:.3f}, {high:.3f}], n={len(rows)}")
    print(f"abstained: {sum(bool(row['abstained']) for row in rows)}")
    claims, verified = (sum(int(str(row[key])) for row in rows) for key in ("num_claims", "num_verified"))
    print(f"claims verified: {verified} of {claims}")
    print(f"distinct labels: {len({label for row in rows for label in list(row['labels'])})}")  # type: ignore[call-overload]
    counts = Counter((row["truth"], row["first"]) for row in rows)
    columns = [family for family in (*FAMILIES, "none") if any(pair[1] == family for pair in counts)]
    print("truth \\ first".ljust(14), *(name[:9].rjust(9) for name in columns))
    for truth in FAMILIES:
        if any(pair[0] == truth for pair in counts):
            print(truth.ljust(14), *(str(counts[truth, name]).rjust(9) for name in columns))


if __name__ == "__main__":
    sys.exit(main())
