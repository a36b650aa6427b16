"""Micro-expressions: made pulses that are found, events that are none, and onset and apex of marked expressions.

    python benchmarks/micro_expressions.py PEDFE RAVDESS CREMA_D [--clips 24]

Pulses of seven actions in still faces of real people (``made_pulses``), an H.264 clip each of seven pulses at 25, 30
and 60 frames a second. False events: the same faces without a pulse, half of them with blinks; made talkers, whose
mouth the voice moves; real talkers (CREMA-D); and, for an upper bound, all that is spotted in reactions that last for
seconds (PEDFE). ``pedfe_marks.json`` has onset and apex of genuine expressions, as frame numbers, marked by eye on
sheets of numbered pictures before any detector had seen the clips. Thresholds were chosen on every third person and, of
PEDFE, on even subjects; what is printed comes from the rest.
"""

import argparse
import csv
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from composites import _loudness, _opened, _voice
from made_pulses import ACTIONS, SIDE, Pulse, pictures, write
from shares import proportion

from microemo import weights
from microemo.media.probe import probe
from microemo.media.video import NATIVE_FPS, Frame, frames
from microemo.perception.landmarks import Landmarker
from microemo.perception.micro_expressions import spot
from microemo.perception.regions import REGION_NAMES
from microemo.perception.visibility import hidden_regions
from microemo.schema import FaceTrack
from microemo.spans import Span

RATES = (25, 30, 60)
MAIN = (1.0, 0.1)  # full strength, a tenth of a second: every other pulse; the rest take turns
CELLS = (MAIN, MAIN, MAIN, (1, 0.04), (1, 0.06), (1, 0.2), (1, 0.4), (0.5, 0.1), (0.25, 0.1), (0.5, 0.4), (0.25, 0.4))
PAUSE_SEC, REACH_SEC = 0.75, 0.04
MOVING = [*range(17, 27), 31, 35, 37, 38, 40, 41, 43, 44, 46, 47, *range(48, 68)]  # of the shape: brows, lids, lips
MODEL = "face_landmarker"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("pedfe", "ravdess", "crema_d"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--clips", type=int, default=14)
    arguments = parser.parse_args()
    faces = still_faces(arguments.pedfe)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.mp4"
        report_pulses(faces, arguments.clips, path)
        quiet = [track(write(path, unmoved(faces, clip), 30)) for clip in range(arguments.clips)]
        report_false("still faces, half of them blinking", [(one, ()) for one in quiet])
        talkers = [track(write(path, talker(faces, clip, arguments.ravdess), 25)) for clip in range(arguments.clips)]
        report_false("made talkers", [(one, (Span(0, 99),)) for one in talkers])
    real = [track(clip) for clip in sorted(arguments.crema_d.glob("*.flv"))]
    report_false("real talkers", [(one, (Span(0, 99),)) for one in real])
    marks = [mark for mark in json.loads((Path(__file__).parent / "pedfe_marks.json").read_text())
             if int(mark["subject"]) % 2]  # fmt: skip
    tracks = [track(arguments.pedfe / mark["file"]) for mark in marks]
    report_false("reactions that last", [(one, ()) for one in tracks])
    report_marks(marks, tracks)


def track(path: Path) -> FaceTrack:
    """The largest face's track at native rate."""
    rows = []
    with Landmarker(weights.path(MODEL) / f"{MODEL}.task") as landmarker:
        for frame in frames(probe(path), NATIVE_FPS):
            for face in sorted(landmarker.detect(frame), key=lambda face: face.box[1] - face.box[3])[:1]:
                hidden = [region in hidden_regions(frame.image, face) for region in REGION_NAMES]
                rows.append((frame.time_sec, face.box, face.blendshapes, hidden, face.pose, np.float16(face.shape)))
    times_sec, boxes, blendshapes, hidden, pose, shape = (np.array(column) for column in zip(*rows, strict=True))
    return FaceTrack(times_sec, boxes, blendshapes, hidden, pose, shape)


# Made clips


def still_faces(pedfe: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """The first picture of a clip of each person, on grey, with its landmarks in pixels."""
    with (pedfe / "labels.csv").open() as file:
        by_person: dict[str, list[str]] = defaultdict(list)
        for row in csv.DictReader(file):
            by_person[row["subject"]].append(row["file"])
    found = []
    for person in sorted(by_person, key=int):
        own = by_person[person]
        image = next(frames(probe(pedfe / own[np.random.default_rng(int(person)).integers(len(own))]))).image
        face = cv2.resize(image, (SIDE - 40, SIDE - 40), interpolation=cv2.INTER_CUBIC)
        panel = np.full((SIDE, SIDE, 3), 110, np.uint8)
        inner = panel[20:-20, 20:-20]
        inner[:] = np.where(face.max(axis=2, keepdims=True) > 12, face, inner)
        with Landmarker(weights.path(MODEL) / f"{MODEL}.task") as landmarker:
            found += [(panel, one.landmarks * SIDE) for one in landmarker.detect(Frame(0.0, panel))[:1]]
    return found


def pulses_of(clip: int, rng: np.random.Generator) -> Iterator[Pulse]:
    """One of each action, in random order."""
    start_sec = 1.0
    for place, action in enumerate(str(one) for one in rng.permutation(list(ACTIONS))):
        turn = CELLS[(clip + 3 * place + list(ACTIONS).index(action)) % len(CELLS)]
        size, sec = turn if (clip + place) % 2 else MAIN
        yield Pulse(action, size, start_sec + float(rng.uniform(0, 0.05)), sec)
        start_sec += sec + PAUSE_SEC


def unmoved(faces: Sequence[tuple[np.ndarray, np.ndarray]], clip: int) -> np.ndarray:
    rng = np.random.default_rng(clip)
    blinks = [Pulse("blink", 1, at, float(rng.uniform(0.12, 0.3))) for at in (1.5, 4.0, 6.2)] if clip % 2 else []
    return pictures(*faces[(3 * clip + 1) % len(faces)], blinks, 8, 30, rng)


def talker(faces: Sequence[tuple[np.ndarray, np.ndarray]], clip: int, ravdess: Path) -> np.ndarray:
    rng, (face, points) = np.random.default_rng(clip + 99), faces[(3 * clip + 2) % len(faces)]
    takes = sorted(ravdess.glob("*.flac"))
    sound = _voice(takes[int(rng.integers(len(takes)))])
    made = pictures(face, points, [], len(sound) / 16_000, 25, rng)
    return np.stack([_opened(*one, float(loud)) for *one, loud in zip(made, [points] * len(made),
                     _loudness(sound, len(made)), strict=True)])  # fmt: skip


# What was found


def report_pulses(faces: Sequence[tuple[np.ndarray, np.ndarray]], clips: int, path: Path) -> None:
    found: dict[tuple[object, ...], list[bool]] = defaultdict(list)
    onsets, apexes, seconds, extra = [], [], 0.0, 0
    for fps in RATES:
        for clip in range(clips):
            rng = np.random.default_rng(7000 * fps + clip)
            pulses = list(pulses_of(clip, rng))
            end_sec = pulses[-1].start_sec + pulses[-1].sec + 1
            seen = track(write(path, pictures(*faces[(3 * clip + 1) % len(faces)], pulses, end_sec, fps, rng), fps))
            events, left = spot(seen), 0
            for pulse in pulses:
                apex_sec = pulse.start_sec + pulse.sec / 2
                own = [one for one in events if one.onset_sec - REACH_SEC <= apex_sec <= one.offset_sec + REACH_SEC]
                left += len(own)
                for key in (
                    (fps, pulse.size, pulse.sec),
                    *([(pulse.action,)] if (pulse.size, pulse.sec) == MAIN else []),
                ):
                    found[key].append(bool(own))
                if own:
                    found["the action told is the one made",].append(pulse.action in own[0].kind.action_units)
                    onsets.append((own[0].onset_sec - pulse.start_sec) * fps)
                    apexes.append((own[0].apex_sec - apex_sec) * fps)
            seconds, extra = seconds + end_sec, extra + len(events) - left
    print("Made pulses, held-out people: found")
    for key in sorted(found, key=str):
        print(" ", proportion(", ".join(map(str, key)), sum(found[key]), len(found[key])))
    for name, errors in (("onset", onsets), ("apex", apexes)):
        print(f"  {name}: frames late, median and quartiles {np.round(np.percentile(errors, [50, 25, 75]), 2)}")
    print(f"  other events: {extra} in {seconds:.0f} s")


def report_false(name: str, seen: Sequence[tuple[FaceTrack, Sequence[Span]]]) -> None:
    count = sum(len(spot(one, speech)) for one, speech in seen)
    minutes = sum(float(np.ptp(one.times_sec)) for one, _ in seen) / 60
    print(f"{name}: {count} events in {minutes:.2f} minutes, {count / minutes:.2f} a minute")


def report_marks(marks: Sequence[dict[str, int]], tracks: Sequence[FaceTrack]) -> None:
    apart = np.array(
        [np.subtract(rise(one), (mark["onset"], mark["apex"])) for one, mark in zip(tracks, marks, strict=True)]
    )
    for name, errors in zip(("onset", "apex"), apart.T, strict=True):
        print(proportion(f"{name} within two frames of the mark", int((abs(errors) <= 2).sum()), len(errors)))
        print(f"  median distance {np.median(abs(errors)):.1f} frames, median error {np.median(errors):+.1f}")


def rise(seen: FaceTrack) -> tuple[int, int]:
    """Frames of onset and apex of what lasts: a tenth and nine tenths of the largest change in half a second."""
    shape = seen.shape[:, MOVING, :2].astype(np.float32).reshape(len(seen.times_sec), -1)
    shape = np.stack([np.convolve(np.pad(one, 1, mode="edge"), np.ones(3) / 3, "valid") for one in shape.T], axis=1)
    reach = max(2, round(0.25 / float(np.median(np.diff(seen.times_sec)))))
    rows = np.arange(len(shape))
    before, after = np.maximum(rows - reach, 0), np.minimum(rows + reach, len(shape) - 1)
    steepest = int(np.linalg.norm(shape[after] - shape[before], axis=1).argmax())
    way = shape[after[steepest]] - shape[before[steepest]]
    along = (shape - shape[before[steepest]]) @ way / (way @ way)
    low = along[max(0, steepest - 2 * reach) : steepest + 1].min()
    span = along[steepest : steepest + 2 * reach + 1].max() - low
    resting = np.flatnonzero(along[: steepest + 1] <= low + 0.1 * span)
    apex = steepest + int(np.argmax(along[steepest:] >= low + 0.9 * span))
    return int(resting[-1]) + 1 if len(resting) else 0, apex


if __name__ == "__main__":
    main()
