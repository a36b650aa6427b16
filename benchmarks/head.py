"""Head, gaze, blinks, hands and smiles on PEDFE: what is told right, and how much is told of nothing.

    python benchmarks/head.py PEDFE TRACKS OUT.json

PEDFE is a folder with ``labels.csv`` (columns file, subject, emotion, type) and the clips that it names. TRACKS is a
folder for the faces' tracks, which are made once (``--clips`` of them, every emotion alike) and read again. Pose: real
frames turned in the picture by known angles, and mirrored. Nods, shakes and tilts: made ones, added to the poses of
real clips, so that the noise of landmarks is real. Blinks: against ``blinks.toml``, marked by eye. Hands: PEDFE's faces
are cut out and show few, the demo clip shows one from 2.4 to 9.3 s. No clip leaves the folder.
"""

import argparse
import csv
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

import cv2
import numpy as np
from identities import landmarker

from microemo import weights
from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception import facial_actions
from microemo.perception.faces import scan
from microemo.perception.gaze import gaze, looking
from microemo.perception.hands import LOOK_SEC, HandWatch
from microemo.perception.head_clues import head_clues
from microemo.perception.landmarks import BLENDSHAPES, Landmarker
from microemo.schema import FaceTrack

HANDS = "hand_landmarker.task"
TURNS_DEG = (-15, -7, 7, 15)
SUBJECTS = 20  # of whom two frames each are turned and mirrored
SWINGS_DEG, HERTZ = (5, 8, 15), (1.5, 2.5, 4.0)
TOLERANCE = 3  # frames between a blink that was found and one that was marked
RESAMPLES = 2000

Rows = list[dict[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("tracks", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=int, default=360)
    arguments = parser.parse_args()
    with (arguments.pedfe / "labels.csv").open() as stream:
        rows = chosen(list(csv.DictReader(stream)), arguments.clips)
    tracks = {Path(row["file"]).stem: track_of(arguments.pedfe / row["file"], arguments.tracks) for row in rows}
    labels = {Path(row["file"]).stem: row for row in rows}
    seen = {name: track for name, track in tracks.items() if track is not None and len(track.times_sec) > 10}
    figures = {
        "clips": len(seen),
        "people": len({labels[name]["subject"] for name in seen}),
        "minutes": round(sum(track.times_sec[-1] - track.times_sec[0] for track in seen.values()) / 60, 2),
        "told a minute": a_minute(seen),
        "made": made(seen),
        "gaze": gaze_follows(seen),
        "blinks": blinks(arguments.pedfe, arguments.tracks),
        "smile": smiles(seen, labels),
        "hands": hands([arguments.pedfe / row["file"] for row in rows]),
        "pose": poses(arguments.pedfe, rows),
    }
    arguments.out.write_text(json.dumps(figures, indent=2) + "\n")


def chosen(rows: Rows, count: int) -> Rows:
    """As many of each emotion, in a fixed random order."""
    of_emotion: dict[str, Rows] = defaultdict(list)
    for index in np.random.default_rng(0).permutation(len(rows))[::-1]:
        of_emotion[rows[index]["emotion"]].append(rows[index])
    turns = range(max(map(len, of_emotion.values())))
    return [own[turn] for turn in turns for own in of_emotion.values() if turn < len(own)][:count]


def track_of(clip: Path, folder: Path) -> FaceTrack | None:
    """The main person's track, read from the folder if it is there."""
    file = folder / f"{clip.stem}.npz"
    if not file.exists():
        hand_file = weights.path("hand_landmarker") / HANDS
        person = scan(frames(probe(clip)), [0.0], 56, 14, landmarker(), hand_landmarker=hand_file).main_person
        if person is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(file, **{field.name: getattr(person.track, field.name) for field in fields(FaceTrack)})
    arrays = np.load(file)
    return FaceTrack(**{field.name: arrays[field.name] for field in fields(FaceTrack) if field.name in arrays})


def a_minute(tracks: dict[str, FaceTrack]) -> dict[str, float]:
    """How often each kind is told; nobody nods, shakes or tilts their head on demand in PEDFE."""
    told = Counter(clue.kind for track in tracks.values() for clue in head_clues(track))
    minutes = sum(track.times_sec[-1] - track.times_sec[0] for track in tracks.values()) / 60
    return {kind: round(count / minutes, 2) for kind, count in told.most_common()}


def made(tracks: dict[str, FaceTrack]) -> dict[str, str]:
    """Recall of nods and shakes (three cycles) and of tilts (a second) that were added to real poses."""
    long = [track for track in tracks.values() if track.times_sec[-1] - track.times_sec[0] > 3.2]
    table = {}
    for axis, kind in enumerate(("head_nod", "head_shake")):
        for hertz in HERTZ:
            for swing in SWINGS_DEG:
                found = [told(moved(track, axis, swing / 2, hertz), kind) for track in long]
                table[f"{kind}, {swing}°, {hertz} Hz"] = share(found)
    for tilt in (12, 20):
        found = [told(moved(track, 2, sign * tilt, 0), "head_tilt") for track in long for sign in (1, -1)]
        table[f"head_tilt, {tilt}°, 1 s"] = share(found)
    return table


def moved(track: FaceTrack, axis: int, degrees: float, hertz: float) -> FaceTrack:
    since_sec = track.times_sec - track.times_sec[0] - 0.6
    length_sec = 3 / hertz if hertz else 1.0
    wave = np.sin(2 * np.pi * hertz * since_sec) if hertz else np.ones(len(since_sec))
    pose = track.pose.copy()
    pose[:, axis] += np.where((since_sec >= 0) & (since_sec < length_sec), degrees * wave, 0)
    return replace(track, pose=pose)


def told(track: FaceTrack, kind: str) -> bool:
    return kind in {clue.kind for clue in head_clues(track)}


def gaze_follows(tracks: dict[str, FaceTrack]) -> dict[str, object]:
    """Do eyes turn back as far as the head turns? Slopes and correlations of eyes in the head with the head's pose."""
    eyes = [(gaze(track), track) for track in tracks.values()]
    open_ = [np.isfinite(one.in_head).all(axis=1) for one, _ in eyes]

    def pairs(column: int, axis: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for (one, track), rows in zip(eyes, open_, strict=True):
            if rows.sum() > 10:
                yield one.in_head[rows, column], track.pose[rows, axis]

    def slope(look: np.ndarray, pose: np.ndarray) -> list[float]:
        return [round(float(np.polyfit(pose, look, 1)[0]), 2), round(float(np.corrcoef(pose, look)[0, 1]), 2)]

    yaw = [(look - np.median(look), pose - np.median(pose)) for look, pose in pairs(1, 1)]
    pitch = [(np.median(look, keepdims=True), np.median(pose, keepdims=True)) for look, pose in pairs(0, 0)]
    steady = [gaze(track).to_camera for track in tracks.values()]
    return {
        "yaw of the eyes by yaw of the head, within clips: slope, r": slope(
            *map(np.concatenate, zip(*yaw, strict=True))
        ),
        "pitch by pitch, between clips: slope, r": slope(*map(np.concatenate, zip(*pitch, strict=True))),
        "median deviation within a clip, pitch and yaw": [
            round(float(np.nanmedian([np.nanmedian(np.abs(one[:, k] - np.nanmedian(one[:, k]))) for one in steady])), 2)
            for k in (0, 1)
        ],
    }


def blinks(pedfe: Path, folder: Path) -> dict[str, object]:
    """Recall and precision against marks by eye, within ``TOLERANCE`` frames; long closures count neither way."""
    marks = tomllib.loads(Path(__file__).with_name("blinks.toml").read_text())
    hits = missed = false = 0
    missed_in: dict[str, list[list[int]]] = defaultdict(list)
    for name, clip in marks.items():
        track = track_of(pedfe / "clips" / f"{name}.mp4", folder)
        if track is None:
            continue
        edges = np.searchsorted(track.times_sec, [(one.start_sec, one.end_sec) for one in gaze(track).blinks])
        found = [edge for edge in edges.reshape(-1, 2) if edge[0] < clip["frames"]]
        for mark in clip["blinks"]:
            own = [index for index, edge in enumerate(found) if near(edge, mark)]
            hits, missed = hits + bool(own), missed + (not own)
            missed_in[name] += [] if own else [mark]
            found = [edge for index, edge in enumerate(found) if index not in own[:1]]
        false += sum(not any(near(edge, mark) for mark in clip.get("closures", [])) for edge in found)
    missed_in = {name: spans for name, spans in missed_in.items() if spans}
    return {"clips": len(marks), "recall": share([True] * hits + [False] * missed),
            "precision": share([True] * hits + [False] * false), "missed": missed_in}  # fmt: skip


def near(edge: Sequence[int], mark: Sequence[int]) -> bool:
    return bool(edge[0] <= mark[1] + TOLERANCE and edge[1] >= mark[0] - TOLERANCE)


def smiles(tracks: dict[str, FaceTrack], labels: dict[str, dict[str, str]]) -> dict[str, object]:
    """AUC of the clip's 90th percentile of the smile, happy against others; MediaPipe's own scores beside it."""
    table = {}
    scores = {
        clip: track.blendshapes[:, [BLENDSHAPES.index(name) for name in facial_actions.SMILE]].mean(axis=1)
        for clip, track in tracks.items()
    }
    trusted = {clip: facial_actions.smile(tracks[clip].blendshapes, told) for clip, told in scores.items()}
    for name, series in (("smile", trusted), ("MediaPipe's scores", scores)):
        level = {clip: np.quantile(values, 0.9) for clip, values in series.items()}
        for other in ("sad", "disgust", "fear", "angry", "surprise"):
            happy, rest = (
                [(level[clip], labels[clip]["subject"]) for clip in level if labels[clip]["emotion"] == emotion]
                for emotion in ("happy", other)
            )
            table[f"{name}, happy or {other}"] = auc(happy, rest)
    return table


def auc(high: list[tuple[float, str]], low: list[tuple[float, str]]) -> str:
    """With a 95 % interval over people."""
    people = sorted({person for _, person in (*high, *low)})
    draws = np.random.default_rng(0).integers(len(people), size=(RESAMPLES, len(people)))
    values = [_auc(high, low, dict.fromkeys(people, 1))]
    for draw in draws:
        weight = Counter(people[index] for index in draw)
        if any(weight[person] for _, person in high) and any(weight[person] for _, person in low):
            values.append(_auc(high, low, weight))
    low_end, high_end = np.quantile(values[1:], [0.025, 0.975])
    return f"{values[0]:.3f} [{low_end:.3f}, {high_end:.3f}], n={len(high)}+{len(low)}"


def _auc(high: list[tuple[float, str]], low: list[tuple[float, str]], weight: dict[str, int]) -> float:
    one, other = (np.array([value for value, _ in side]) for side in (high, low))
    w, v = (np.array([weight[person] for _, person in side], float) for side in (high, low))
    wins = (one[:, None] > other) + 0.5 * (one[:, None] == other)
    return float(w @ wins @ v / (w.sum() * v.sum()))


def hands(clips: Sequence[Path]) -> dict[str, object]:
    """Looks for a hand, and times of those that found one at the face, in every clip and in the demo clip."""
    looks, found = 0, {}
    demo = next(weights.path("demo_clip").glob("*.mp4"))
    for clip in (*clips, demo):
        with Landmarker(landmarker()) as finder, HandWatch(weights.path("hand_landmarker") / HANDS) as watch:
            marked = [
                (frame.time_sec, watch.mark(frame, finder.detect(frame)))
                for frame in frames(probe(clip), max_fps=1 / LOOK_SEC)
            ]
        seen = [round(time_sec, 1) for time_sec, faces in marked if any(face.touched for face in faces)]
        looks, found = looks + len(marked), found | ({clip.stem: seen} if seen else {})
    return {"looks": looks, "at the face": found}


def poses(pedfe: Path, rows: Rows) -> dict[str, object]:
    """Errors of pitch, yaw and roll, in degrees: after turns by known angles, and between mirror images."""
    one_each = {row["subject"]: pedfe / row["file"] for row in reversed(rows)}
    errors: dict[str, list[np.ndarray]] = defaultdict(list)
    with Landmarker(landmarker()) as finder:
        clock = Clock(finder)
        for clip in list(one_each.values())[:SUBJECTS]:
            for frame in list(frames(probe(clip)))[10:60:30]:
                picture = widened(frame.image)
                if (face := clock.face(picture)) is None:
                    continue
                for angle in TURNS_DEG:
                    if (other := clock.face(turned(picture, angle))) is not None:
                        errors[f"turned by {angle}°"].append(other.pose - rolled(face.pose, -angle))
                if (other := clock.face(np.ascontiguousarray(picture[:, ::-1]))) is not None:
                    errors["mirrored"].append(other.pose * [1, -1, -1] - face.pose)
                    looks = [looking(one.blendshapes[None])[0] for one in (other, face)]
                    errors["mirrored, gaze in the head"].append(looks[0] * [1, -1] - looks[1])
    return {name: {"n": len(rows), "mean error": np.abs(rows).mean(0).round(2).tolist(),
                   "bias": np.mean(rows, axis=0).round(2).tolist()} for name, rows in errors.items()}  # fmt: skip


class Clock:
    """Single pictures for a landmarker that wants videos: each is shown three times."""

    def __init__(self, finder: Landmarker) -> None:
        self.finder, self.time_sec = finder, 0.0

    def face(self, picture: np.ndarray):
        self.finder.forget()
        found = []
        for _ in range(3):
            self.time_sec += 0.04
            found = self.finder.detect(Frame(self.time_sec, picture))
        return found[0] if found else None


def widened(image: np.ndarray) -> np.ndarray:
    """The image in a black square half as large again."""
    height, width = image.shape[:2]
    side = int(1.5 * max(height, width))
    square = np.zeros((side, side, 3), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = image
    return square


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    """Anticlockwise, as the viewer sees it."""
    side = image.shape[0]
    return cv2.warpAffine(image, cv2.getRotationMatrix2D((side / 2, side / 2), degrees, 1), (side, side))


def rolled(pose: np.ndarray, degrees: float) -> np.ndarray:
    """Pitch, yaw and roll of a head after its picture was turned clockwise."""

    def about(axis: int, angle: float) -> np.ndarray:
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        matrix = np.eye(3)
        others = [k for k in range(3) if k != axis]
        matrix[np.ix_(others, others)] = [[c, s], [-s, c]] if axis == 1 else [[c, -s], [s, c]]
        return matrix

    r = about(2, degrees) @ about(0, pose[0]) @ about(1, pose[1]) @ about(2, pose[2])
    return np.degrees([np.arctan2(-r[1, 2], r[2, 2]), np.arcsin(r[0, 2]), np.arctan2(-r[0, 1], r[0, 0])])


def share(found: Sequence[bool]) -> str:
    """With Wilson's 95 % interval."""
    n, p, z = len(found), float(np.mean(found)), 1.96
    middle, half = (
        (p + z * z / (2 * n)) / (1 + z * z / n),
        z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n),
    )
    return f"{sum(found)}/{n}, {p:.3f} [{middle - half:.3f}, {middle + half:.3f}]"


if __name__ == "__main__":
    main()
