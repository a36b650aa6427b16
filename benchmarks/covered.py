"""Are covered mouths and eyes told from faces that can be seen? On PEDFE, as it is and with covers drawn on it.

    python benchmarks/covered.py PEDFE OUT.json

Of each region: the share of frames in which it is told to be hidden, and the clips in which it ever is; the same in
poor encodes and in the dark. PEDFE is a folder with ``labels.csv`` (columns file, subject) and the clips that it names.
Limits were chosen on every second subject; both halves are told of. The covers move with the face. No clip leaves the
folder.
"""

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from identities import landmarker, read

from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception.landmarks import Face, Landmarker
from microemo.perception.visibility import hidden_regions

FPS, CLIPS_EACH = 5, 6  # as they are
COVERED_CLIPS, COVERED_FRAMES = 3, 6
POOR_SCALE, POOR_QUALITY, DARK_GAMMA = 0.4, 50, 1.6
JAWLINE = (93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323)
MASK_TOP = (454, 330, 197, 101, 234)  # from the left ear over the nose to the right one
LIP_CORNERS, LIP_MIDDLE, CHEEKS = (61, 291), (13, 14), (205, 425)
EYES = ((33, 133), (263, 362))

REGIONS = ("eyes", "nose", "mouth", "cheeks")
Picture = np.ndarray
Cover = Callable[[Picture, np.ndarray, np.random.Generator], Picture]


def blended(picture: Picture, colour: np.ndarray, share: np.ndarray) -> Picture:
    """A cover of one colour, or of one a pixel, with soft edges."""
    soft = cv2.GaussianBlur(share.astype(np.float32), (0, 0), max(0.8, picture.shape[0] / 250))[..., None]
    return np.clip(picture * (1 - soft) + colour * soft, 0, 255).astype(np.uint8)


def light(picture: Picture, points: np.ndarray) -> float:
    """How brightly the face is lit: 1 where skin is as bright as is usual."""
    return float(np.clip(skin(picture, points).mean() / 150, 0.4, 1.4))


def skin(picture: Picture, points: np.ndarray) -> np.ndarray:
    """The colour of the person's cheeks."""
    height, width = picture.shape[:2]
    x, y = np.clip(points[list(CHEEKS)].round().astype(int), 2, [width - 3, height - 3]).T
    return np.median([picture[b - 2 : b + 3, a - 2 : a + 3].reshape(-1, 3) for a, b in zip(x, y, strict=True)], (0, 1))


def shaded(shape: tuple[int, ...], colour: np.ndarray, rng: np.random.Generator, depth: float) -> np.ndarray:
    """A colour in uneven light, with some grain."""
    folds = cv2.resize(rng.standard_normal((7, 5)).astype(np.float32), shape[1::-1], interpolation=cv2.INTER_CUBIC)
    grain = rng.standard_normal(shape[:2]) * 3
    return colour * (1 + depth * folds[..., None]) + grain[..., None]


def mask(colour: tuple[int, int, int]) -> Cover:
    def cover(picture: Picture, points: np.ndarray, rng: np.random.Generator) -> Picture:
        share = np.zeros(picture.shape[:2], np.uint8)
        middle = points[list(JAWLINE)].mean(0)
        outline = np.concatenate([middle + 1.04 * (points[list(JAWLINE)] - middle), points[list(MASK_TOP)]])
        cv2.fillPoly(share, [outline.round().astype(np.int32)], 1)
        return blended(picture, shaded(picture.shape, np.array(colour) * light(picture, points), rng, 0.08), share)

    return cover


def microphone(level: int) -> Cover:
    def cover(picture: Picture, points: np.ndarray, rng: np.random.Generator) -> Picture:
        share = np.zeros(picture.shape[:2], np.uint8)
        wide = float(np.linalg.norm(np.subtract(*points[list(LIP_CORNERS)])))
        radius = max(2, round(wide * rng.uniform(0.5, 0.7)))
        centre = points[list(LIP_MIDDLE)].mean(0) + wide * rng.uniform([-0.15, 0.0], [0.15, 0.2])
        x, y = centre.round().astype(int).tolist()
        cv2.circle(share, (x, y), radius, 1, -1)
        foot = round(x + radius * rng.uniform(-2, 2)), y + 6 * radius
        cv2.line(share, (x, y), foot, 1, max(1, round(0.8 * radius)))
        return blended(picture, shaded(picture.shape, np.full(3, level * light(picture, points)), rng, 0.25), share)

    return cover


def hand(picture: Picture, points: np.ndarray, rng: np.random.Generator) -> Picture:
    """Four fingers of the person's own colour, side by side before the mouth."""
    wide = float(np.linalg.norm(np.subtract(*points[list(LIP_CORNERS)])))
    colour = skin(picture, points) * rng.uniform(0.85, 1.05)
    centre, side = points[list(LIP_MIDDLE)].mean(0), rng.choice([-1, 1])
    for finger in range(4):
        share = np.zeros(picture.shape[:2], np.uint8)
        tip = centre + wide * np.array([side * 0.8, (finger - 1.5) * 0.4])
        root = centre + wide * np.array([-side * 2.0, (finger - 1.0) * 0.45])
        line = [tuple(end.round().astype(int).tolist()) for end in (tip, root)]
        cv2.line(share, *line, 1, max(1, round(0.44 * wide)))
        picture = blended(picture, colour * 0.6, share)  # the shade between fingers
        share[:] = 0
        cv2.line(share, *line, 1, max(1, round(0.38 * wide)))
        picture = blended(picture, shaded(picture.shape, colour, rng, 0.04), share)
    return picture


def sunglasses(picture: Picture, points: np.ndarray, rng: np.random.Generator) -> Picture:
    share = np.zeros(picture.shape[:2], np.uint8)
    span = float(np.linalg.norm(points[EYES[0][0]] - points[EYES[1][0]]))
    centres = [points[list(eye)].mean(0) for eye in EYES]
    for centre in centres:
        size = (round(0.27 * span), round(0.21 * span))
        cv2.ellipse(share, centre.round().astype(int).tolist(), size, 0, 0, 360, 1, -1)
    ends = [tuple(centre.round().astype(int).tolist()) for centre in centres]
    cv2.line(share, *ends, 1, max(1, round(0.05 * span)))
    colour = np.array([28, 25, 25]) * light(picture, points) * rng.uniform(0.6, 2.0)
    return blended(picture, shaded(picture.shape, colour, rng, 0.25), share)


COVERS: dict[str, Cover] = {
    "none": lambda picture, points, rng: picture,
    "white mask": mask((225, 228, 230)),
    "blue mask": mask((140, 185, 215)),
    "black mask": mask((35, 35, 38)),
    "black microphone": microphone(30),
    "grey microphone": microphone(95),
    "hand": hand,
    "sunglasses": sunglasses,
}


class Tally:
    """Counts for one half of the people: frames and clips, and those in which a region is told to be hidden."""

    def __init__(self) -> None:
        self.clips: dict[str, list[list[frozenset[str]]]] = defaultdict(list)

    def table(self) -> dict[str, object]:
        return {kind: self._row(clips) for kind, clips in self.clips.items()}

    @staticmethod
    def _row(clips: list[list[frozenset[str]]]) -> dict[str, object]:
        told = [regions for clip in clips for regions in clip]
        row: dict[str, object] = {"frames": len(told), "clips": len(clips)}
        for region in REGIONS:
            row[region] = round(float(np.mean([region in regions for regions in told])), 4)
            row[f"{region}, clips"] = sum(any(region in regions for regions in clip) for clip in clips)
        return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    tallies, spent = {"chosen": Tally(), "reported": Tally()}, []
    finders = {kind: Landmarker(landmarker()) for kind in COVERS}
    rng = np.random.default_rng(0)
    for number, paths in enumerate(read(arguments.pedfe).values()):
        tally = tallies["reported" if number % 2 else "chosen"]
        for place, index in enumerate(rng.permutation(len(paths))[:CLIPS_EACH]):
            pictures = list(frames(probe(paths[index]), max_fps=FPS))
            found = faces(finders["none"], pictures)
            count(tally, "none", found, spent)
            if place < COVERED_CLIPS:
                few = found[:: max(1, len(found) // COVERED_FRAMES)]
                for kind in list(COVERS)[1:]:
                    seed = int(rng.integers(1 << 30))
                    count(tally, kind, faces(finders[kind], [covered(kind, *one, seed) for one in few]), spent)
        arguments.out.write_text(json.dumps(
            {half: tally.table() for half, tally in tallies.items()} | {"median_ms": 1000 * float(np.median(spent))},
            indent=2) + "\n")  # fmt: skip


def faces(finder: Landmarker, pictures: Sequence[Frame]) -> list[tuple[Frame, Face]]:
    finder.forget()
    return [(picture, found[0]) for picture in pictures if (found := finder.detect(picture))]


def covered(kind: str, frame: Frame, face: Face, seed: int) -> Frame:
    """The frame with a cover on its face; with one seed, the same cover in every frame."""
    points = face.landmarks * np.array(frame.image.shape[1::-1], np.float32)
    return Frame(frame.time_sec, COVERS[kind](frame.image, points, np.random.default_rng(seed)))


def count(tally: Tally, kind: str, found: Sequence[tuple[Frame, Face]], spent: list[float]) -> None:
    if not found:
        return
    told = []
    for frame, face in found:
        start = time.process_time()
        told.append(hidden_regions(frame.image, face))
        spent.append(time.process_time() - start)
    tally.clips[kind].append(told)
    for name, worse in (("poor", poor), ("dark", dark)):
        tally.clips[f"{kind}, {name}"].append([hidden_regions(worse(frame.image), face) for frame, face in found])


def poor(picture: Picture) -> Picture:
    """Coarse and badly encoded."""
    small = cv2.resize(picture, None, fx=POOR_SCALE, fy=POOR_SCALE, interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, POOR_QUALITY])[1]
    return np.ascontiguousarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1])


def dark(picture: Picture) -> Picture:
    """Dim and rich in contrast."""
    return (255 * (picture / 255) ** DARK_GAMMA).astype(np.uint8)


if __name__ == "__main__":
    main()
