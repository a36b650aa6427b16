"""FER2013 as training reads it: raw pictures, aligned views, region masks and blendshapes, in one file a split.

    python -m recipes.nano.fer2013 FER2013 data/fer2013

FER2013 is a folder ``<split>/<label>/*.webp`` of grey 48 x 48 faces without a margin; they are enlarged and their
border is repeated, as the face detector needs one.
"""

import argparse
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from microemo import weights
from microemo.config import NANO
from microemo.errors import InputError
from microemo.perception.regions import REGION_NAMES, aligned_view, region_masks, transform, warp

EVERY = slice(None)
CHOOSING = slice(0, None, 3)  # of the public test's pictures: to choose models by; the others are to evaluate them
LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
FACE_FAMILIES = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")  # of these labels
ENLARGED, MARGIN = 192, 64  # pixels
CONFIDENCE = 0.3  # of detection and presence: small, grey, and watermarked faces are faces too
SIZE, GRID = NANO.vision.image_size, NANO.vision.grid

_landmarker: Any = None


def _start() -> None:
    global _landmarker  # noqa: PLW0603 - one landmarker a worker process
    from mediapipe.tasks.python import BaseOptions, vision

    model = weights.path("face_landmarker") / "face_landmarker.task"
    _landmarker = vision.FaceLandmarker.create_from_options(
        vision.FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            output_face_blendshapes=True,
            min_face_detection_confidence=CONFIDENCE,
            min_face_presence_confidence=CONFIDENCE,
        )
    )


def _read(path: Path) -> dict[str, Any]:
    """One picture's row; without a face, the view, masks and blendshapes are zero."""
    import mediapipe

    picture = picture_of(path)
    enlarged = cv2.resize(picture, (ENLARGED, ENLARGED), interpolation=cv2.INTER_CUBIC)
    padded = cv2.copyMakeBorder(enlarged, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    side = ENLARGED + 2 * MARGIN
    found = _landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=padded[..., ::-1].copy()))
    row: dict[str, Any] = {
        "raw": cv2.resize(picture, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)[..., 0],
        "crop": np.zeros((SIZE, SIZE), np.uint8),
        "reg": np.zeros((len(REGION_NAMES), GRID * GRID), np.float16),
        "bs": np.zeros(52, np.float32),
        "ok": bool(found.face_landmarks),
        "y": LABELS.index(path.parent.name),
    }
    if found.face_landmarks:
        points = np.array([(point.x * side, point.y * side) for point in found.face_landmarks[0]], np.float32)
        affine = aligned_view(points, SIZE)
        row["crop"] = warp(padded, affine, SIZE)[..., 0]
        row["reg"] = region_masks(transform(points, affine) / SIZE, GRID).astype(np.float16)
        row["bs"] = np.array([shape.score for shape in found.face_blendshapes[0]], np.float32)
    return row


def picture_of(path: Path) -> np.ndarray:
    """A picture, (H, W, 3) BGR. Raises ``InputError`` where it cannot be read."""
    picture = cv2.imread(str(path))
    if picture is None:
        raise InputError(f"{path} is not a picture that can be read")
    return picture


def prepare(folder: Path, out: Path, workers: int) -> None:
    """Write ``out/<split>.npz`` for every split in ``folder``."""
    out.mkdir(parents=True, exist_ok=True)
    for split in sorted(path for path in folder.iterdir() if path.is_dir()):
        with Pool(workers, _start) as pool:
            rows = list(pool.imap(_read, pictures(split), chunksize=64))
        columns: dict[str, Any] = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        np.savez(out / f"{split.name}.npz", **columns)


def pictures(split: Path) -> list[Path]:
    """The pictures of a split's folder, in a fixed order; the label is the name of the folder that each is in."""
    return sorted(split.glob("*/*.webp"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="FER2013, <split>/<label>/*.webp")
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    prepare(arguments.folder, arguments.out, arguments.workers)


if __name__ == "__main__":
    main()
