"""Are still pictures told from living faces? On PEDFE, whole clips and parts of them, well and poorly encoded.

    python benchmarks/stillness.py PEDFE OUT.json

PEDFE is a folder with ``labels.csv`` (columns file, subject) and the clips that it names; every second subject is held
out. A still is one frame of a clip, repeated. No clip leaves the folder.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np
from identities import landmarker, read

from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception.landmarks import Landmarker
from microemo.perception.stills import GRID, Place, is_still

FPS, NUM_FRAMES, CLIPS_EACH = 25, 60, 4
WIDTH, HEIGHT = 640, 360
HEIGHTS = (0.7, 0.25, 0.12)  # of the face's picture, over the frame's
ENCODES = {  # codec, its options, the deviation of a camera's grain
    "x264 good": ("libx264", {"crf": "20"}, 0.0),
    "x264 poor": ("libx264", {"crf": "36", "g": "12"}, 0.0),
    "x264 grain": ("libx264", {"crf": "24"}, 6.0),
    "mpeg4 poor": ("mpeg4", {"b": "300k", "g": "12"}, 3.0),
    "mjpeg grain": ("mjpeg", {"qscale": "8"}, 10.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    counts: dict[str, dict[str, list[int]]] = {half: defaultdict(lambda: [0, 0]) for half in ("chosen", "reported")}
    rng = np.random.default_rng(0)
    for number, paths in enumerate(read(arguments.pedfe).values()):
        for kind, pictures in videos([paths[index] for index in rng.permutation(len(paths))[:CLIPS_EACH]], rng):
            times_sec, grids = watched(pictures)
            for length in (25, 50, len(grids)):
                for first in range(0, len(grids) - length + 1, length) if length else ():
                    part = slice(first, first + length)
                    name = f"{kind}, {'whole' if length == len(grids) else f'{length / FPS:.0f} s'}"
                    count = counts["reported" if number % 2 else "chosen"][name]
                    count[0] += int(is_still(times_sec[part], grids[part]))
                    count[1] += 1
    arguments.out.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n")


def videos(paths: list[Path], rng: np.random.Generator) -> Iterator[tuple[str, Iterable[Frame]]]:
    """One person's clips, as they are and small, and a picture of the first one in every encode."""
    for path in paths:
        pictures = list(frames(probe(path)))
        yield "living", pictures
        yield "living, small", [Frame(frame.time_sec, placed(frame.image, 0.25)) for frame in pictures]
    pictures = list(frames(probe(paths[0])))
    still = pictures[int(rng.integers(len(pictures)))].image
    for height in HEIGHTS:
        for name in ENCODES:
            with TemporaryDirectory() as folder:
                path = encoded(Path(folder) / "still.mkv", placed(still, height), name)
                yield f"still {height} {name}", frames(probe(path))


def placed(picture: np.ndarray, height: float) -> np.ndarray:
    """A face picture in the middle of a frame."""
    frame = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    side = round(height * HEIGHT)
    top, left = (HEIGHT - side) // 2, (WIDTH - side) // 2
    frame[top : top + side, left : left + side] = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    return frame


def encoded(path: Path, image: np.ndarray, encode: str) -> Path:
    codec, options, grain = ENCODES[encode]
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.height, stream.width = image.shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for _ in range(NUM_FRAMES):
            noisy = np.clip(image + grain * rng.standard_normal(image.shape), 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="rgb24")))
        container.mux(stream.encode())
    return path


def watched(pictures: Iterable[Frame]) -> tuple[np.ndarray, np.ndarray]:
    """Times and grids of the place where a face is first found, from then on."""
    place = None
    with Landmarker(landmarker()) as finder:
        for frame in pictures:
            if place is None and (faces := finder.detect(frame)):
                place = Place(faces[0].box)
            if place is not None:
                place.see(frame.time_sec, frame.image)
    return (np.array(place.times_sec), place.pictures) if place else (np.zeros(0), np.zeros((0, GRID, GRID), np.uint8))


if __name__ == "__main__":
    main()
