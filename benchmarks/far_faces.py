"""How small may a face be in the picture? Detection rate and time by the face's height, on PEDFE.

    python benchmarks/far_faces.py PEDFE OUT.json

PEDFE is a folder with ``labels.csv`` (columns file, subject) and the clips that it names. A person is put somewhere in
a mottled frame of 1280 x 720, at a given height; found is who is found in one of three frames within a second, in the
right place. No clip leaves the folder.
"""

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
from identities import landmarker, read

from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception.landmarks import Face, Landmarker

WIDTH, HEIGHT = 1280, 720
FACE_HEIGHTS = (0.2, 0.1, 0.07, 0.05, 0.04)  # over the frame's
TIMES_SEC = (0.0, 0.5, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    people = [cut for paths in read(arguments.pedfe).values() if (cut := person(paths[0])) is not None]
    table: dict[str, object] = {"people": len(people)}
    for height in FACE_HEIGHTS:
        looks = [look(*placed(picture, face, height, rng)) for picture, face in people]
        found = sum(right for right, _, _ in looks)
        first_sec, next_sec = (float(np.median([look[part] for look in looks])) for part in (1, 2))
        table[f"{height:.2f}"] = {
            "found": found,
            "first_ms": round(1000 * first_sec),
            "next_ms": round(1000 * next_sec),
        }
        print(height, table[f"{height:.2f}"], flush=True)
    empty = [look(mottled(rng), np.zeros(4)) for _ in people]
    table["nobody"] = {"first_ms": round(1000 * float(np.median([first for _, first, _ in empty])))}
    table["false alarms"] = sum(alarms(mottled(rng)) for _ in people)
    arguments.out.write_text(json.dumps(table, indent=2) + "\n")
    print(table["nobody"], table["false alarms"])


def person(path: Path) -> tuple[np.ndarray, Face] | None:
    picture = next(iter(frames(probe(path)))).image
    with Landmarker(landmarker()) as finder:
        found = finder.detect(Frame(0.0, picture))
    return (picture, found[0]) if found else None


def mottled(rng: np.random.Generator) -> np.ndarray:
    """Coarse and fine blotches of colour."""
    image = np.full((HEIGHT, WIDTH, 3), 110.0)
    for side, depth in ((9, 40), (45, 20), (180, 10)):
        blotches = rng.standard_normal((side, side * 16 // 9, 3)) * depth
        image += cv2.resize(blotches, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(image, 0, 255).astype(np.uint8)


def placed(picture: np.ndarray, face: Face, height: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The frame, and the face's box in [0, 1] of it."""
    scale = height * HEIGHT / ((face.box[3] - face.box[1]) * picture.shape[0])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    high, wide = small.shape[:2]
    top, left = int(rng.integers(HEIGHT - high)), int(rng.integers(WIDTH - wide))
    frame = mottled(rng)
    inside = cv2.resize((picture.max(axis=2) > 12).astype(np.float32), (wide, high), interpolation=cv2.INTER_AREA)
    behind = frame[top : top + high, left : left + wide]
    frame[top : top + high, left : left + wide] = small * inside[..., None] + behind * (1 - inside[..., None])
    return frame, (face.box * [wide, high, wide, high] + [left, top, left, top]) / [WIDTH, HEIGHT, WIDTH, HEIGHT]


def look(image: np.ndarray, box: np.ndarray) -> tuple[bool, float, float]:
    """Whether the face is found where it is, and seconds for the first frame and for the last."""
    spent, right = [], False
    with Landmarker(landmarker()) as finder:
        for time_sec in (-1.0, *TIMES_SEC):  # the first one, of nothing, loads the model
            start = time.process_time()
            found = finder.detect(Frame(time_sec, image if time_sec >= 0 else np.zeros_like(image)))
            spent.append(time.process_time() - start)
            centre = (box[:2] + box[2:]) / 2
            right |= any(
                (abs((each.box[:2] + each.box[2:]) / 2 - centre) < (box[2:] - box[:2]) / 2).all() for each in found
            )
    return right, spent[1], spent[-1]


def alarms(image: np.ndarray) -> bool:
    with Landmarker(landmarker()) as finder:
        return any(finder.detect(Frame(time_sec, image)) for time_sec in TIMES_SEC)


if __name__ == "__main__":
    main()
