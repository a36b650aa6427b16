"""Do the series of facial actions rise where they should, by side, and again when measured again? On PEDFE and RAF-DB.

    python benchmarks/validity.py PEDFE RAFDB DIR OUT.json [ranges] [emotions] [sides] [repeat] [time]

PEDFE is a folder with ``labels.csv`` (columns file, subject, emotion, type) and the clips that it names, RAFDB a zip of
``<split>/<label>/*.jpg``. What was measured of them is kept in DIR; no picture leaves the two.

ranges     of each action's sources and series, for the columns span, neutral and peak of ``clues/facial.toml``
emotions   AUC of each action for the emotions that it speaks for against the others: PEDFE, posed and genuine, the peak
           over the clip less its start, intervals by resampling people; and RAF-DB's test pictures
sides      correlation of left less right with right less left of the mirrored picture
repeat     the same pictures turned, enlarged, lit and encoded otherwise: correlation and mean absolute difference
time       of a frame with and without what the actions need, in one run
"""

import argparse
import csv
import json
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np
from identities import landmarker

from microemo.clues import facial_actions
from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception.facial_actions import MEASURES, Sides, activations, mirrored
from microemo.perception.landmarks import Face, Landmarker
from microemo.perception.nose_folds import nose_folds
from microemo.perception.regions import REGION_NAMES
from microemo.perception.visibility import hidden_regions, seen_shape
from microemo.schema import FaceTrack

FPS = 6
ENLARGED = 3  # RAF-DB's pictures have 100 pixels a side, and the face fills them
EACH_TRAIN = 150  # pictures a label
START_FRAMES, PEAK = 3, 0.95
NUM_RESAMPLES = 1000
REPEATED = 60
FAMILY = {"disgust": "disgusted", "fear": "fearful", "surprise": "surprised"}  # PEDFE's names, where they differ
COLUMNS = ("times_sec", "boxes", "blendshapes", "hidden", "pose", "shape", "place", "folds")
Picture = np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("rafdb", type=Path)
    parser.add_argument("cache", type=Path, metavar="DIR")
    parser.add_argument("out", type=Path)
    parser.add_argument("only", nargs="*", default=["ranges", "emotions", "sides", "repeat", "time"])
    arguments = parser.parse_args()
    steps: dict[str, Callable[[], object]] = {
        "ranges": lambda: ranges(*pictures(arguments.rafdb, "train", arguments.cache)),
        "emotions": lambda: emotions(
            list(clips(arguments.pedfe, arguments.cache)), *pictures(arguments.rafdb, "test", arguments.cache)
        ),
        "sides": lambda: sides(some(arguments.rafdb)),
        "repeat": lambda: repeat(some(arguments.rafdb)),
        "time": lambda: spent(next(rows(arguments.pedfe))[1]),
    }
    for name in arguments.only:
        table = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
        table[name] = steps[name]()
        arguments.out.write_text(json.dumps(table, indent=2) + "\n")
        print(name, json.dumps(table[name]), flush=True)


def rows(pedfe: Path) -> Iterator[tuple[dict[str, str], Path]]:
    with (pedfe / "labels.csv").open() as stream:
        for row in csv.DictReader(stream):
            yield row, pedfe / row["file"]


def clips(pedfe: Path, cache: Path) -> Iterator[tuple[dict[str, str], FaceTrack]]:
    """Clips in which the face is found often enough, with their labels."""
    with Landmarker(landmarker()) as finder:
        for row, path in rows(pedfe):
            stored = cache / "pedfe" / f"{path.stem}.npz"
            if not stored.exists():
                finder.forget()
                seen = [(frame.time_sec, look(finder, frame)) for frame in frames(probe(path), FPS)]
                write(stored, [(time_sec, face) for time_sec, face in seen if face is not None])
            found = read(stored)
            if len(found.times_sec) > 2 * START_FRAMES:
                yield row, found


def pictures(rafdb: Path, split: str, cache: Path) -> tuple[np.ndarray, FaceTrack]:
    """Labels of the pictures in which a face is found, and these faces as the rows of one track."""
    stored = cache / f"rafdb_{split}.npz"
    if not stored.exists():
        with Landmarker(landmarker()) as finder:
            seen = [(name, single(finder, image)) for name, image in images(rafdb, split)]
        found = [(name, face) for name, face in seen if face is not None]
        write(stored, [(float(place), face) for place, (_, face) in enumerate(found)], [name for name, _ in found])
    return np.array([Path(name).parent.name for name in np.load(stored)["names"]]), read(stored)


def images(rafdb: Path, split: str, each: int = EACH_TRAIN) -> Iterator[tuple[str, Picture]]:
    """Pictures enlarged, with a border; of the training split some of each label, of the test split all."""
    with zipfile.ZipFile(rafdb) as stored:
        names = [name for name in stored.namelist() if name.startswith(f"{split}/") and name.endswith(".jpg")]
        taken: dict[str, int] = defaultdict(int)
        for name in np.random.default_rng(0).permutation(names).tolist():
            label = Path(name).parent.name
            taken[label] += 1
            if split == "test" or taken[label] <= each:
                image = cv2.imdecode(np.frombuffer(stored.read(name), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
                large = cv2.resize(image, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
                border = large.shape[0] // 3
                yield name, cv2.copyMakeBorder(large, border, border, border, border, cv2.BORDER_REPLICATE)


def single(finder: Landmarker, image: Picture) -> Face | None:
    finder.forget()
    return look(finder, Frame(0.0, np.ascontiguousarray(image)))


def look(finder: Landmarker, frame: Frame) -> Face | None:
    """The largest face, with all that the package measures of it."""
    found = finder.detect(frame)
    if not found:
        return None
    face = max(found, key=lambda face: face.box[3] - face.box[1])
    face = face._replace(hidden=hidden_regions(frame.image, face))
    return face._replace(folds=nose_folds(frame.image, face))


def track(faces: list[tuple[float, Face]]) -> FaceTrack:
    of = [face for _, face in faces]
    return FaceTrack(
        np.array([time_sec for time_sec, _ in faces]),
        np.array([face.box for face in of], np.float32).reshape(-1, 4),
        np.array([face.blendshapes for face in of], np.float32).reshape(-1, 52),
        np.array([[name in face.hidden for name in REGION_NAMES] for face in of]).reshape(-1, len(REGION_NAMES)),
        np.array([face.pose for face in of], np.float32).reshape(-1, 3),
        np.array([face.shape for face in of], np.float16).reshape(-1, 70, 3),
        np.array([face.place for face in of], np.float32).reshape(-1, 3),
        np.array([face.folds for face in of], np.float32).reshape(-1, 2),
    )


def write(stored: Path, faces: list[tuple[float, Face]], names: list[str] | None = None) -> None:
    stored.parent.mkdir(parents=True, exist_ok=True)
    found = track(faces)
    np.savez(stored, names=names or [], **{column: getattr(found, column) for column in COLUMNS})


def read(stored: Path) -> FaceTrack:
    held = np.load(stored)
    return FaceTrack(*(held[column] for column in COLUMNS))


def ranges(labels: np.ndarray, faces: FaceTrack) -> dict[str, dict[str, object]]:
    """2nd percentile of neutral faces and 98th of all others for sources; 10th, 90th and 98th for series."""
    neutral = labels == "neutral"
    shape, table = seen_shape(faces), {}
    for action in facial_actions():
        row: dict[str, object] = {}
        if action.measure or action.appearance:
            values = (
                faces.folds if action.appearance
                else np.stack([MEASURES[str(action.measure)](side) for side in (mirrored(shape), shape)], 1)
            ).mean(axis=1)  # fmt: skip
            row["span"] = [rounded(np.nanquantile(values[neutral], 0.02)), rounded(np.nanquantile(values, 0.98))]
        series = activations(faces)[action.kind].both
        row["neutral"] = [rounded(np.nanquantile(series[neutral], share)) for share in (0.1, 0.9)]
        row["peak"] = rounded(np.nanquantile(series[~neutral], 0.98))
        table[action.kind] = row
    return table


def emotions(
    seen: list[tuple[dict[str, str], FaceTrack]], labels: np.ndarray, faces: FaceTrack
) -> dict[str, dict[str, object]]:
    rises = [{kind: rise(sides.both) for kind, sides in activations(face).items()} for _, face in seen]
    families = np.array([FAMILY.get(row["emotion"], row["emotion"]) for row, _ in seen])
    subjects = np.array([row["subject"] for row, _ in seen])
    genuine = np.array([row["type"] == "genuine" for row, _ in seen])
    stills, table = activations(faces), {}
    for action in facial_actions():
        if not action.families:
            continue
        rose = np.array([each[action.kind] for each in rises])
        table[action.kind] = {
            "action_unit": action.action_unit,
            "families": action.families,
            "posed": interval(rose, np.isin(families, action.families), subjects, ~genuine),
            "genuine": interval(rose, np.isin(families, action.families), subjects, genuine),
            "rafdb": interval(stills[action.kind].both, np.isin(labels, action.families), np.arange(len(labels))),
            "each": {
                name: rounded(auc(rose[families == name], rose[families != name])) for name in np.unique(families)
            },
        }
    return table


def rise(series: np.ndarray) -> float:
    """The peak over the clip less the clip's start."""
    known = series[np.isfinite(series)]
    return float(np.quantile(known, PEAK) - np.median(known[:START_FRAMES])) if len(known) > START_FRAMES else np.nan


def interval(
    values: np.ndarray, is_target: np.ndarray, subjects: np.ndarray, chosen: np.ndarray | None = None
) -> dict[str, object]:
    """AUC with its 95 % interval over people."""
    kept = np.isfinite(values) & (True if chosen is None else chosen)
    values, is_target, subjects = values[kept], is_target[kept], subjects[kept]
    of_subject = [np.flatnonzero(subjects == subject) for subject in np.unique(subjects)]
    rng, drawn = np.random.default_rng(0), []
    for _ in range(NUM_RESAMPLES):
        index = np.concatenate([of_subject[place] for place in rng.integers(len(of_subject), size=len(of_subject))])
        drawn.append(auc(values[index][is_target[index]], values[index][~is_target[index]]))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return {
        "auc": rounded(auc(values[is_target], values[~is_target])),
        "interval": [rounded(low), rounded(high)],
        "n": [int(is_target.sum()), int((~is_target).sum())],
        "people": len(of_subject),
    }


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / 2 / len(negative))


def some(rafdb: Path) -> list[Picture]:
    """A few test pictures, of all labels alike."""
    of_label: dict[str, list[Picture]] = defaultdict(list)
    for name, image in images(rafdb, "test"):
        of_label[Path(name).parent.name].append(image)
    return [image for some in of_label.values() for image in some[: REPEATED // len(of_label)]]


def measured_twice(
    shown: list[Picture], change: Callable[[Picture], Picture]
) -> tuple[dict[str, Sides], dict[str, Sides]]:
    """All actions in the pictures and in the changed pictures, where a face is found in both."""
    with Landmarker(landmarker()) as finder:
        pairs = [(single(finder, image), single(finder, change(image))) for image in shown]
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    first, second = ([(float(place), pair[which]) for place, pair in enumerate(both)] for which in (0, 1))
    return activations(track(first)), activations(track(second))


def sides(shown: list[Picture]) -> dict[str, dict[str, object]]:
    before, after = measured_twice(shown, lambda image: image[:, ::-1])
    return {
        kind: {
            "both": agreement(one.both, after[kind].both),
            "swapped": agreement(np.append(one.left, one.right), np.append(after[kind].right, after[kind].left)),
            "asymmetry": agreement(one.left - one.right, after[kind].right - after[kind].left),
        }
        for kind, one in before.items()
    }


def repeat(shown: list[Picture]) -> dict[str, dict[str, dict[str, object]]]:
    table: dict[str, dict[str, dict[str, object]]] = defaultdict(dict)
    for name, change in CHANGES.items():
        before, after = measured_twice(shown, change)
        for kind, one in before.items():
            table[kind][name] = agreement(one.both, after[kind].both)
    return table


def agreement(one: np.ndarray, other: np.ndarray) -> dict[str, object]:
    known = np.isfinite(one) & np.isfinite(other)
    one, other = one[known], other[known]
    alike = np.corrcoef(one, other)[0, 1] if len(one) > 2 and one.std() > 0 and other.std() > 0 else np.nan
    return {"r": rounded(alike), "difference": rounded(np.abs(one - other).mean()), "n": len(one)}


def rounded(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None


def turned(degrees: float) -> Callable[[Picture], Picture]:
    def change(image: Picture) -> Picture:
        height, width = image.shape[:2]
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        return cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)

    return change


def lit(gain: float) -> Callable[[Picture], Picture]:
    return lambda image: np.clip(image * gain, 0, 255).astype(np.uint8)


def jpeg(quality: int) -> Callable[[Picture], Picture]:
    def change(image: Picture) -> Picture:
        coded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]

    return change


def h264(image: Picture) -> Picture:
    """Coded as a video of one frame, as poorly as the web has it."""
    height, width = (side // 2 * 2 for side in image.shape[:2])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "one.mkv"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=25, options={"crf": "30"})
            stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
            one = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]), format="rgb24")
            container.mux(stream.encode(one))
            container.mux(stream.encode())
        return next(frames(probe(path))).image


CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "turned 15": turned(15),
    "turned -15": turned(-15),
    "twice the size": lambda image: cv2.resize(image, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR),
    "darker": lit(0.7),
    "brighter": lit(1.3),
    "JPEG 50": jpeg(50),
    "H.264": h264,
}


def spent(path: Path) -> dict[str, float]:
    """Milliseconds of processor time a frame: finding the face, and what is beyond it."""
    clip, spent_sec, folds_sec, faces = list(frames(probe(path))), 0.0, 0.0, []
    with Landmarker(landmarker()) as finder:
        for frame in clip:
            start = time.process_time()
            found = finder.detect(frame)
            hidden = [face._replace(hidden=hidden_regions(frame.image, face)) for face in found]
            middle = time.process_time()
            faces += [(frame.time_sec, face._replace(folds=nose_folds(frame.image, face))) for face in hidden]
            spent_sec, folds_sec = spent_sec + middle - start, folds_sec + time.process_time() - middle
    start = time.process_time()
    activations(track(faces))
    series_sec, count = time.process_time() - start, max(len(faces), 1)
    return {name: rounded(1000 * sec / count) for name, sec in
            (("face", spent_sec), ("folds", folds_sec), ("series", series_sec))}  # fmt: skip


if __name__ == "__main__":
    main()
