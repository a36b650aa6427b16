"""Pictures of faces as training reads them: pictures, aligned views, region masks and measures, a file a split.

    python -m recipes.nano.faces fer2013 FER2013.zip data/faces     # or rafdb RAFDB.zip, or pedfe PEDFE

FER2013 (grey, 48 pixels) and RAF-DB (colour, 100 pixels) are archives of ``<split>/<label>/<picture>``, faces without a
margin: they are enlarged and their border is repeated, as the face detector needs one. Of a PEDFE clip a few frames are
taken: those near its apex show the emotion as often as raters named it, those at rest nothing.
"""

import argparse
import csv
import zipfile
from collections.abc import Iterator, Sequence
from functools import cache
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from microemo import weights
from microemo.config import NANO
from microemo.data.association import family
from microemo.errors import InputError
from microemo.media import video
from microemo.media.probe import probe
from microemo.perception.face_shape import NO_POSE, NO_SHAPE, frontal_shape, head_pose
from microemo.perception.regions import REGION_NAMES, aligned_view, region_masks, transform, warp
from microemo.perception.tasks import mediapipe, picture_of
from recipes.descriptions.tables import HELD_OUT_SUBJECTS

EVERY = slice(None)
CHOOSING = slice(0, None, 3)  # of a test's pictures: to choose models by; the others are to evaluate them
FACE_FAMILIES = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")
ENLARGED, MARGIN = 192, 64  # pixels
CONFIDENCE = 0.3  # of detection and presence: small, grey, and watermarked faces are faces too
SIZE, GRID = NANO.vision.image_size, NANO.vision.grid
FRAMES = 12  # looked at, of a clip
AT_REST, AT_APEX = 0.2, 0.6  # of the largest change of blendshapes from the first frame


def one_hot(label: str, sure: float = 1.0) -> Float[np.ndarray, " 7"]:
    """All on one family, as far as it is sure; the rest is spread over the others."""
    target = np.full(len(FACE_FAMILIES), (1 - sure) / (len(FACE_FAMILIES) - 1), np.float32)
    target[FACE_FAMILIES.index(label)] = sure
    return target


def archived(job: tuple[Path, str]) -> list[dict[str, Any]]:
    """The row of one picture of an archive."""
    archive, name = job
    return [row(picture_in(archive, name)) | {"target": one_hot(label_of(name)), "clip": name}]


def picture_in(archive: Path, name: str) -> UInt8[np.ndarray, "H W 3"]:
    """A picture of an archive, RGB. Raises ``InputError`` where it cannot be read."""
    picture = cv2.imdecode(np.frombuffer(opened(archive).read(name), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise InputError(f"{archive}: {name} is not a picture that can be read")
    return picture[..., ::-1]


def label_of(name: str) -> str:
    """The family of a picture's label, which is the folder that it is in."""
    return family(name.split("/")[-2])


@cache
def opened(archive: Path) -> zipfile.ZipFile:
    """Once a worker process: reading what is in an archive takes longer than finding a face."""
    return zipfile.ZipFile(archive)


def filmed(job: tuple[Path, str, float]) -> list[dict[str, Any]]:
    """The rows of a clip's frames that show its emotion, and of those at rest."""
    path, label, sure = job
    shown = [frame.image for frame in video.frames(probe(path))]
    places = np.unique(np.linspace(0, len(shown) - 1, FRAMES).round().astype(int))
    rows = [row(shown[place]) | {"target": one_hot(label, sure), "clip": path.stem} for place in places]
    rows = [found for found in rows if found["ok"]]
    if not rows:
        return []
    change = np.array([np.abs(found["bs"] - rows[0]["bs"]).sum() for found in rows])
    share = change / max(change.max(), 1e-6)
    for found, of_largest in zip(rows, share, strict=True):
        if of_largest <= AT_REST:
            found["target"] = one_hot("neutral", 0.8)
    return [found for found, each in zip(rows, share, strict=True) if each <= AT_REST or each >= AT_APEX]


def row(image: UInt8[np.ndarray, "H W 3"]) -> dict[str, Any]:
    """What is read of a picture. Without a face in it, its view, masks and blendshapes are zero, its shape unknown."""
    enlarged = cv2.resize(np.ascontiguousarray(image), (ENLARGED, ENLARGED), interpolation=cv2.INTER_CUBIC)
    padded = cv2.copyMakeBorder(enlarged, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    side = ENLARGED + 2 * MARGIN
    found = landmarker().detect(picture_of(padded))
    made: dict[str, Any] = {
        "raw": cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA),
        "crop": np.zeros((SIZE, SIZE, 3), np.uint8),
        "reg": np.zeros((len(REGION_NAMES), GRID * GRID), np.float16),
        "bs": np.zeros(52, np.float32),
        "shape": NO_SHAPE.astype(np.float16),
        "pose": NO_POSE,
        "ok": bool(found.face_landmarks),
    }
    if found.face_landmarks:
        points = side * np.array([(point.x, point.y, point.z) for point in found.face_landmarks[0]], np.float32)
        (matrix,) = found.facial_transformation_matrixes
        shape, _ = frontal_shape(points, matrix)
        flat = points[:, :2]
        affine = aligned_view(flat, SIZE)
        made["crop"] = warp(padded, affine, SIZE)
        made["reg"] = region_masks(transform(flat, affine) / SIZE, GRID).astype(np.float16)
        made["bs"] = np.array([blendshape.score for blendshape in found.face_blendshapes[0]], np.float32)
        made["shape"], made["pose"] = shape.astype(np.float16), head_pose(matrix)
    return made


@cache
def landmarker() -> Any:
    """One a worker process."""
    tasks = mediapipe().tasks
    model = weights.path("face_landmarker") / "face_landmarker.task"
    return tasks.vision.FaceLandmarker.create_from_options(
        tasks.vision.FaceLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_path=str(model)),
            output_face_blendshapes=True,
            output_facial_transformation_matrixes=True,
            min_face_detection_confidence=CONFIDENCE,
            min_face_presence_confidence=CONFIDENCE,
        )
    )


def jobs(corpus: str, source: Path) -> Iterator[tuple[str, Any, Sequence[Any]]]:
    """A split's name, what makes rows of a picture or clip of it, and these, in a fixed order."""
    if corpus == "pedfe":
        with (source / "labels.csv").open(encoding="utf-8", newline="") as file:
            clips = list(csv.DictReader(file))
        for split, held_out in (("train", False), ("test", True)):
            own = [clip for clip in clips if (int(clip["subject"]) in HELD_OUT_SUBJECTS) == held_out]
            yield (
                split,
                filmed,
                [
                    (source / clip["file"], family(clip["emotion"]), float(clip["hit_rate_emotion"] or 50) / 100)
                    for clip in own
                ],
            )
    else:
        for split in ("train", "test"):
            yield split, archived, [(source, name) for name in pictures(source, split)]


def pictures(archive: Path, split: str) -> list[str]:
    """Names of a split's pictures in an archive, in a fixed order; FER2013's test is its public one."""
    with zipfile.ZipFile(archive) as file:  # not the workers' own, which they would share
        names = [name for name in file.namelist() if not name.endswith("/")]
    return sorted(name for name in names if name.split("/")[-3].removeprefix("public_") == split)


def prepare(corpus: str, source: Path, out: Path, workers: int) -> None:
    """Write ``out/<corpus>_<split>.npz`` for every split. Grey pictures are kept as one channel."""
    out.mkdir(parents=True, exist_ok=True)
    for split, make, work in jobs(corpus, source):
        with Pool(workers) as pool:
            rows = [made for several in pool.imap(make, work, chunksize=32) for made in several]
        columns: dict[str, Any] = {name: np.array([made[name] for made in rows]) for name in rows[0]}
        if corpus == "fer2013":
            columns |= {name: columns[name][..., :1] for name in ("raw", "crop")}
        np.savez(out / f"{corpus}_{split}.npz", **columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", choices=["fer2013", "rafdb", "pedfe"])
    parser.add_argument("source", type=Path, help="archive, or PEDFE's folder")
    parser.add_argument("out", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    prepare(arguments.corpus, arguments.source, arguments.out, arguments.workers)


if __name__ == "__main__":
    main()
