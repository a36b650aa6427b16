"""Who is who: verification of faces, and people through cuts and swaps of seats, on PEDFE.

    python benchmarks/identities.py PEDFE OUT.json [verify] [edits] [seats]

PEDFE is a folder with ``labels.csv`` (columns file, subject) and the clips that it names. The threshold is chosen on
one half of the people (every second subject); all is reported on the other half. No clip leaves the folder: edits and
composites are made in memory.
"""

import argparse
import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np

from microemo import weights
from microemo.hooks import silent
from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception.face_clues import face_clues
from microemo.perception.face_embedding import aligned_chip, load
from microemo.perception.faces import watch
from microemo.perception.identities import SAME_PERSON, identities, merged
from microemo.perception.landmarks import Landmarker
from microemo.perception.samples import Samples
from microemo.perception.tracks import is_seen
from microemo.schema import FaceTrack

FPS = 15
SIZE = 240  # of a face's picture
CUT_EVERY_SEC, EDIT_SEC = 1.5, 9.0
SEATS_SEC, WALK_SEC = 6.0, 1.0
NUM_EDITS, NUM_COMPOSITES = 20, 24
CLIPS_EACH, VIEWS_EACH = 5, 3
NUM_RESAMPLES = 2000
ROUNDING_SEC = 0.001  # of clues' times

Faces = dict[str, list[Path]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("only", nargs="*", default=["verify", "edits", "seats"])
    arguments = parser.parse_args()
    clips = read(arguments.pedfe)
    held_out = dict(list(clips.items())[1::2])
    steps: dict[str, Callable[[], object]] = {
        "verify": lambda: verify(clips),
        "edits": lambda: edits(held_out),
        "seats": lambda: seats(held_out),
    }
    for name in arguments.only:
        table = json.loads(arguments.out.read_text()) if arguments.out.exists() else {}
        table[name] = steps[name]()
        arguments.out.write_text(json.dumps(table, indent=2) + "\n")
        print(name, json.dumps(table[name], indent=2), flush=True)


def read(folder: Path) -> Faces:
    """Clips by subject."""
    clips: Faces = defaultdict(list)
    with (folder / "labels.csv").open() as stream:
        for row in csv.DictReader(stream):
            clips[row["subject"]].append(folder / row["file"])
    return dict(sorted(clips.items(), key=lambda item: int(item[0])))


def landmarker() -> Path:
    return weights.path("face_landmarker") / "face_landmarker.task"


# Verification: are two clips one person's?


def verify(clips: Faces) -> object:
    network = load(weights.path("face_recognition"))
    people, points = [], []
    rng = np.random.default_rng(0)
    for subject, paths in clips.items():
        for path in rng.permutation(paths)[:CLIPS_EACH]:
            chips = list(_chips(list(frames(probe(path), max_fps=10))))
            if chips:
                people.append(subject)
                points.append(network.embed(np.stack(chips)).mean(axis=0))
    names, owners = list(clips), np.array(people)
    halves = {"chosen on": names[::2], "reported on": names[1::2]}
    pairs = {half: _pairs(np.stack(points), owners, subjects) for half, subjects in halves.items()}
    threshold = _equal_error(*pairs["chosen on"])[1]
    return {
        "threshold": threshold,
        "threshold in use": SAME_PERSON,
        **{half: _rates(np.stack(points), owners, halves[half], threshold) for half in halves},
    }


def _chips(pictures: Sequence[Frame]) -> Iterator[np.ndarray]:
    with Landmarker(landmarker()) as finder:
        for place in np.linspace(0.15, 0.85, VIEWS_EACH):
            image = pictures[int(place * len(pictures))].image
            for face in finder.detect(Frame(10 * place + 1, image))[:1]:
                yield aligned_chip(image, face.landmarks * np.array(image.shape[1::-1], np.float32))


def _pairs(points: np.ndarray, owners: np.ndarray, subjects: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Distances of pairs of clips of the same person, and of two."""
    chosen = np.isin(owners, subjects)
    apart = np.linalg.norm(points[chosen][:, None] - points[chosen], axis=2)
    one, other = np.triu_indices(int(chosen.sum()), 1)
    same = owners[chosen][one] == owners[chosen][other]
    return apart[one, other][same], apart[one, other][~same]


def _equal_error(same: np.ndarray, different: np.ndarray) -> tuple[float, float]:
    """Equal error rate and its threshold."""
    thresholds = np.linspace(0.1, 1.2, 441)
    missed = np.array([(same > threshold).mean() for threshold in thresholds])
    mistaken = np.array([(different <= threshold).mean() for threshold in thresholds])
    best = int(np.abs(missed - mistaken).argmin())
    return float(missed[best] + mistaken[best]) / 2, round(float(thresholds[best]), 3)


def _rates(points: np.ndarray, owners: np.ndarray, subjects: Sequence[str], threshold: float) -> object:
    """With 95 % intervals by person: people are drawn, with all their clips."""

    def rates(drawn: Sequence[str]) -> np.ndarray:
        same, different = _pairs(points, owners, drawn)
        missed, mistaken = (same > threshold).mean(), (different <= threshold).mean()
        return np.array([_equal_error(same, different)[0], 1 - (missed + mistaken) / 2, missed, mistaken])

    rng = np.random.default_rng(0)
    drawn = [rates(sorted(set(rng.choice(subjects, len(subjects))))) for _ in range(200)]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0).round(4)
    same, different = _pairs(points, owners, subjects)
    table: dict[str, object] = {"people": len(subjects), "pairs of one": len(same), "pairs of two": len(different)}
    for index, name in enumerate(["equal error rate", "balanced accuracy", "missed", "mistaken"]):
        table[name] = [round(float(rates(subjects)[index]), 4), float(low[index]), float(high[index])]
    return table


# Made videos: who is where in every frame is known


@dataclass(frozen=True)
class Made:
    """Frames, and of each the people in it with the centre of their picture in [0, 1] of the frame's width."""

    frames: list[Frame]
    places: list[dict[str, float]]
    cuts_sec: list[float]


def pictures(path: Path, count: int) -> list[np.ndarray]:
    """A clip's pictures, forwards and backwards until there are enough, so that nothing jumps."""
    clip = [cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA) for _, image in frames(probe(path), FPS)]
    return list(islice(cycle(clip + clip[::-1]), count))


def edit(faces: Faces) -> Made:
    """Two people in turns, a cut every 1.5 s, each shot from another clip."""
    names, shown, places, cuts = list(faces), [], [], []
    for shot in range(round(EDIT_SEC / CUT_EVERY_SEC)):
        name = names[shot % len(names)]
        path = faces[name][shot // len(names) % len(faces[name])]
        if shown:
            cuts.append(len(shown) / FPS)
        for picture in pictures(path, round((shot + 1) * CUT_EVERY_SEC * FPS) - len(shown)):
            shown.append(Frame(len(shown) / FPS, _table({name: (picture, 0.5)}, 1.6)))
            places.append({name: 0.5})
    return Made(shown, places, cuts)


def composite(faces: Faces, walks: bool) -> Made:
    """People side by side; in the middle the first two change seats, at once or by walking past each other."""
    count, names, half = len(faces), list(faces), round(SEATS_SEC / 2 * FPS)
    shown, places = [], []
    before = {name: pictures(faces[name][0], 2 * half) for name in names}
    after = before if walks else {name: pictures(faces[name][1], 2 * half) for name in names}
    for index in range(2 * half):
        into = (index / FPS - SEATS_SEC / 2) / WALK_SEC
        moved = float(np.clip(into, 0, 1)) if walks else float(into >= 0)
        seat = {name: (place + 0.5) / count for place, name in enumerate(names)}
        first, second = seat[names[0]], seat[names[1]]
        seat |= {names[0]: first + moved * (second - first), names[1]: second + moved * (first - second)}
        faces_now = after if index >= half else before
        shown.append(Frame(index / FPS, _table({name: (faces_now[name][index], seat[name]) for name in names}, count)))
        places.append(seat)
    return Made(shown, places, [])


def _table(faces: dict[str, tuple[np.ndarray, float]], widths: float) -> np.ndarray:
    """Faces, black around them left out, on grey; later ones are in front."""
    image = np.full((SIZE + 40, round(widths * SIZE), 3), 110, np.uint8)
    for face, place in faces.values():
        left = round(place * image.shape[1] - SIZE / 2)
        left = int(np.clip(left, 0, image.shape[1] - SIZE))
        area = image[20 : 20 + SIZE, left : left + SIZE]
        area[:] = np.where(face.max(axis=2, keepdims=True) > 12, face, area)
    return image


def _attributed(people: Sequence[FaceTrack], made: Made) -> Counter[tuple[str, int]]:
    """Face frames by who is there and who is said to be; a face belongs to the nearest person within reach."""
    rows = {round(frame.time_sec, 4): places for frame, places in zip(made.frames, made.places, strict=True)}
    counts: Counter[tuple[str, int]] = Counter()
    for id_, track in enumerate(people):
        for time_sec, box in zip(track.times_sec, track.boxes, strict=True):
            centre = (box[0] + box[2]) / 2
            near = sorted((abs(place - centre), name) for name, place in rows[round(float(time_sec), 4)].items())
            if len(near) == 1 or near[1][0] - near[0][0] > 0.25 * near[1][0]:  # else they are behind each other
                counts[near[0][1], id_] += 1
    return counts


def _swapped(counts: Counter[tuple[str, int]]) -> int:
    """Face frames whose id is not the one that the person has for most of the time, or is more another's."""
    owner: dict[int, str] = {}
    for (name, id_), _ in counts.most_common():
        if id_ not in owner and name not in owner.values():
            owner[id_] = name
    return sum(count for (name, id_), count in counts.items() if owner.get(id_) != name)


def edits(clips: Faces) -> object:
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(NUM_EDITS):
        names = list(rng.choice(list(clips), 2, replace=False))
        made = edit({name: list(rng.permutation(clips[name])) for name in names})
        rows.append(_measure(made))
        print(names, rows[-1], flush=True)
    return _summary(rows)


def seats(clips: Faces) -> object:
    rng = np.random.default_rng(2)
    rows = []
    for index in range(NUM_COMPOSITES):
        names = list(rng.choice(list(clips), 2 + index % 3, replace=False))
        made = composite({name: list(rng.permutation(clips[name])) for name in names}, walks=index % 2 == 0)
        rows.append(_measure(made) | {"walks": index % 2 == 0})
        print(names, rows[-1], flush=True)
    return {kind: _summary([row for row in rows if row["walks"] == walks]) for kind, walks in
            (("walk past each other", True), ("at once", False))} | {"all": _summary(rows)}  # fmt: skip


def _measure(made: Made) -> dict[str, object]:
    started = time.process_time()
    watched = watch(iter(made.frames), [], Samples(112, 14), landmarker(), silent, weights.path("face_recognition"))
    cuts_sec = [shot.start_sec for shot in watched.shots[1:]]
    owned = identities(watched.tracks, watched.embeddings, cuts_sec)
    spent = time.process_time() - started
    people = [merged([watched.tracks[index] for index in own]) for own in owned]
    people = [track for track in people if is_seen(track, watched.end_sec)]
    counts = _attributed(people, made)
    clues = [clue for track in people for clue in face_clues(track)]
    spans = [(track.times_sec[0], track.times_sec[-1]) for track in watched.tracks]
    return {
        "people": len(made.places[0] | made.places[-1] | made.places[len(made.places) // 2]),
        "found": len(people),
        "face frames": sum(counts.values()),
        "swapped": _swapped(counts),
        "cuts": len(made.cuts_sec),
        "cuts found": sum(any(abs(cut - found) < ROUNDING_SEC for found in cuts_sec) for cut in made.cuts_sec),
        "false cuts": sum(all(abs(cut - found) > ROUNDING_SEC for cut in made.cuts_sec) for found in cuts_sec),
        "tracks": len(watched.tracks),
        "tracks across": sum(int(start < cut <= end) for start, end in spans for cut in made.cuts_sec),
        "clues": len(clues),
        "clues across": sum(
            any(clue.start_sec + ROUNDING_SEC < cut < clue.end_sec - ROUNDING_SEC for cut in made.cuts_sec)
            for clue in clues
        ),
        "cpu ms a frame": round(1000 * spent / len(made.frames), 1),
    }


def _summary(rows: Sequence[dict[str, object]]) -> object:
    """Sums, and shares with 95 % intervals over videos."""
    total = {key: sum(int(row[key]) for row in rows) for key in rows[0] if key not in ("walks", "cpu ms a frame")}
    right = np.array([row["found"] == row["people"] for row in rows], float)
    swapped, faces = (np.array([row[key] for row in rows], float) for key in ("swapped", "face frames"))
    drawn = np.random.default_rng(0).integers(0, len(rows), (NUM_RESAMPLES, len(rows)))
    share = swapped[drawn].sum(axis=1) / faces[drawn].sum(axis=1)
    return {
        "videos": len(rows),
        **total,
        "as many people as there are": _rounded(right.mean(), right[drawn].mean(axis=1)),
        "share swapped": _rounded(swapped.sum() / faces.sum(), share),
        "videos without a swapped frame": int((swapped == 0).sum()),
    }


def _rounded(value: float, drawn: np.ndarray) -> list[float]:
    return [round(float(each), 4) for each in (value, *np.quantile(drawn, [0.025, 0.975]))]


if __name__ == "__main__":
    main()
