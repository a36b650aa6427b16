"""Who felt what, on made videos of two to four people side by side, and on edits that cut to whoever speaks.

    python benchmarks/composites.py PEDFE RAVDESS OUT.jsonl [--clips 12] [--seed 0] [--model nano]

Everybody has TURNS turns, each of one of two labels: an expression of theirs (a PEDFE clip) with a voice of the same
label (RAVDESS, one actor each, of the same sex); elsewhere they hold the first picture of their next clip, which is
mostly neutral. Mouths are made to talk: the lower face is stretched and the mouth opened by the voice's own loudness.
The layouts are "together" (all in every picture, side by side) and "cut" (a cut to whoever speaks). The same people are
analysed alone as well: one panel, one voice, the same times.

Printed, with 95 % intervals: turns that are given to the right person (a person is known by where their key frames
are), people found, key frames of a person that show another, turns whose first label is in the right family together
and alone, and the difference, by person. With the folder of a small MODEL labels mean nothing; all else is the same.
"""

import argparse
import csv
import itertools
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from clips import FPS, SAMPLE_RATE, voice_of, write_frames
from shares import proportion

import microemo
from microemo import Result, weights
from microemo.lexicon import family_of
from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception.landmarks import Landmarker

SIDE = 320
TURNS, NUM_LABELS, PAUSE_SEC, MAX_TURN_SEC = 5, 2, 0.4, 4.0
LABELS = {"happiness": "03", "sadness": "04", "anger": "05", "fear": "06", "disgust": "07", "surprise": "08"}
FAMILY = {"happiness": "happy", "sadness": "sad", "anger": "angry", "fear": "fearful", "disgust": "disgusted",
          "surprise": "surprised"}  # fmt: skip
MOUTH, CHIN, FOREHEAD = 13, 152, 10  # of the landmarks
CORNERS = (61, 291)
OPENING = 0.35  # of the mouth's width, at the loudest
INSIDE = (60, 25, 25)


@dataclass(frozen=True)
class Turn:
    person: int
    label: str
    start_sec: float
    end_sec: float


@dataclass(frozen=True)
class Composite:
    """Pictures of each person, (N, SIDE, SIDE, 3) a person, the sound of each, and who has which turn."""

    pictures: list[np.ndarray]
    sounds: list[np.ndarray]
    turns: list[Turn]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", default="nano")
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    pipeline = microemo.load(arguments.model)
    done = [json.loads(line) for line in arguments.out.read_text().splitlines()] if arguments.out.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.clips):
            made = composite(2 + number % 3, arguments.pedfe, arguments.ravdess, rng)
            if number < len({row["clip"] for row in done}):
                continue
            rows = [{"clip": number, **row} for row in measured(pipeline, made, Path(folder))]
            with arguments.out.open("a") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
            done += rows
            report(done)


def measured(pipeline: microemo.Pipeline, made: Composite, folder: Path) -> Iterator[dict[str, object]]:
    """A row a turn and layout."""
    together = np.concatenate(made.pictures, axis=2)
    sound = np.sum(made.sounds, axis=0)
    speaker = who_is_shown(made, len(together))
    cut = np.stack([made.pictures[who][index] for index, who in enumerate(speaker)])
    for layout, pictures in (("together", together), ("cut", cut)):
        result = pipeline.analyze(write_frames(folder / f"{layout}.mp4", pictures, sound))
        where = places(result, speaker if layout == "cut" else None, len(made.pictures))
        for turn in made.turns:
            yield {"layout": layout, **asdict(turn), **answered(result, turn, where), "people": len(result.people),
                   "true_people": len(made.pictures), "strayed": strayed(result, speaker, layout, made)}  # fmt: skip
    for person, (pictures, own) in enumerate(zip(made.pictures, made.sounds, strict=True)):
        result = pipeline.analyze(write_frames(folder / "alone.mp4", pictures, own))
        for turn in made.turns:
            if turn.person == person:
                yield {"layout": "alone", **asdict(turn), **answered(result, turn, {})}


def asdict(turn: Turn) -> dict[str, object]:
    return {"person": turn.person, "label": turn.label, "start_sec": turn.start_sec, "end_sec": turn.end_sec}


def answered(result: Result, turn: Turn, where: dict[str, int]) -> dict[str, object]:
    """Who is said to have the turn, and the family of the first label of the utterance with most of it."""

    def shared(utterance: microemo.UtteranceAnswer) -> float:
        return min(utterance.end_sec, turn.end_sec) - max(utterance.start_sec, turn.start_sec)

    said = [utterance for utterance in result.utterances if shared(utterance) > 0]
    best = max(said, key=shared, default=None)
    first = best.emotions[0].label if best is not None and best.emotions else ""
    return {"given_to": where.get(best.person or "") if best else None, "voice": best.person if best else None,
            "family": family_of(first) or first}  # fmt: skip


def who_is_shown(made: Composite, count: int) -> list[int]:
    """Whose turn it is at each picture, or whose comes next."""
    ends = [turn.end_sec + PAUSE_SEC / 2 for turn in made.turns]
    order = [made.turns[min(int(np.searchsorted(ends, index / FPS)), len(ends) - 1)].person for index in range(count)]
    return order


def places(result: Result, shown: Sequence[int] | None, count: int) -> dict[str, int]:
    """By the id that the result has, the true person, by most of their key frames."""
    found: dict[str, int] = {}
    for person in result.people:
        votes = Counter(_place(frame, shown, count) for frame in result.key_frames if frame.person == person.id)
        if votes:
            found[person.id] = votes.most_common(1)[0][0]
    return found


def _place(frame: microemo.KeyFrame, shown: Sequence[int] | None, count: int) -> int:
    if shown is not None:
        return shown[min(round(frame.time_sec * FPS), len(shown) - 1)]
    return int(frame.landmarks[:, 0].mean() * count) if frame.landmarks is not None else -1


def strayed(result: Result, speaker: Sequence[int], layout: str, made: Composite) -> float:
    """The share of key frames that show another than most of the person's."""
    shown = speaker if layout == "cut" else None
    where = places(result, shown, len(made.pictures))
    wrong = [where[frame.person] != _place(frame, shown, len(made.pictures)) for frame in result.key_frames
             if frame.person in where]  # fmt: skip
    return float(np.mean(wrong)) if wrong else 0.0


# Made people


def composite(count: int, pedfe: Path, ravdess: Path, rng: np.random.Generator) -> Composite:
    """People in turns, in random order, nobody twice in a row where that can be."""
    with (pedfe / "labels.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["emotion"] in LABELS]
    by_person: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        by_person.setdefault(row["subject"], []).append(row)
    able = [name for name, own in by_person.items() if len({row["emotion"] for row in own}) >= NUM_LABELS]
    people = [str(name) for name in rng.choice(sorted(able), count, replace=False)]
    actors = {"M": list(range(1, 20, 2)), "F": list(range(2, 21, 2))}
    chosen: list[list[tuple[dict[str, str], Path]]] = []
    for name in people:
        own = by_person[name]
        actor = actors[own[0]["gender"]].pop(int(rng.integers(0, len(actors[own[0]["gender"]]))))
        labels = rng.choice(sorted({row["emotion"] for row in own}), NUM_LABELS, replace=False)
        chosen.append([])
        for label in rng.choice(labels, TURNS):
            row = own[int(rng.choice([i for i, row in enumerate(own) if row["emotion"] == label]))]
            takes = sorted(ravdess.glob(f"*-*-{LABELS[str(label)]}-*-{actor:02d}.flac"))
            chosen[-1].append((row, takes[int(rng.integers(len(takes)))]))
    order = [person for _ in range(TURNS) for person in rng.permutation(count)]
    return _played(chosen, [int(person) for person in order], pedfe)


def _played(chosen: list[list[tuple[dict[str, str], Path]]], order: list[int], pedfe: Path) -> Composite:
    left = [list(own) for own in chosen]
    shown: list[list[np.ndarray]] = [[] for _ in chosen]
    heard: list[list[np.ndarray]] = [[] for _ in chosen]
    turns, now = [], 0.0
    for person in order:
        row, take = left[person].pop(0)
        sound = voice_of(take)[: int(MAX_TURN_SEC * SAMPLE_RATE)]
        seconds = len(sound) / SAMPLE_RATE + PAUSE_SEC
        num = round((now + seconds) * FPS) - round(now * FPS)
        padded = np.zeros(round((now + seconds) * SAMPLE_RATE) - round(now * SAMPLE_RATE), np.float32)
        padded[: len(sound)] = sound[: len(padded)]
        for other in range(len(chosen)):
            own = other == person
            coming = row if own else (left[other] or chosen[other][-1:])[0][0]
            pictures = pictures_of(pedfe / coming["file"], num if own else 1)
            if own:
                pictures = talking(pictures, loudness_of(padded, num))
            shown[other] += pictures if own else pictures * num
            heard[other].append(padded if own else np.zeros_like(padded))
        turns.append(Turn(person, row["emotion"], now, now + len(sound) / SAMPLE_RATE))
        now += seconds
    return Composite([np.stack(own) for own in shown], [np.concatenate(own) for own in heard], turns)


def pictures_of(path: Path, num: int) -> list[np.ndarray]:
    """So many pictures of a clip on grey, forwards and backwards until there are enough."""
    found = []
    for _, image in frames(probe(path), FPS):
        face = cv2.resize(image, (SIDE - 80, SIDE - 80), interpolation=cv2.INTER_AREA)
        panel = np.full((SIDE, SIDE, 3), 110, np.uint8)
        area = panel[40 : SIDE - 40, 40 : SIDE - 40]
        area[:] = np.where(face.max(axis=2, keepdims=True) > 12, face, area)
        found.append(panel)
        if len(found) >= num:
            break
    loop = found + found[::-1]
    return [loop[index % len(loop)] for index in range(num)]


def loudness_of(sound: np.ndarray, num: int) -> np.ndarray:
    """0 to 1 at each picture."""
    edges = np.linspace(0, len(sound), num + 1).astype(int)
    level = np.sqrt([np.sqrt(np.mean(sound[a:b] ** 2)) for a, b in itertools.pairwise(edges)])
    return level / max(float(level.max()), 1e-6)


def talking(pictures: Sequence[np.ndarray], loudness: np.ndarray) -> list[np.ndarray]:
    """The same face with the mouth opened by the loudness of the voice; as it is where no face is found."""
    made = []
    with Landmarker(weights.path("face_landmarker") / "face_landmarker.task") as landmarker:
        for index, (picture, level) in enumerate(zip(pictures, loudness, strict=True)):
            found = landmarker.detect(Frame(index / FPS, picture))
            made.append(_opened(picture, found[0].landmarks * SIDE, float(level)) if found else picture)
    return made


def _opened(picture: np.ndarray, points: np.ndarray, level: float) -> np.ndarray:
    """The face below the lips moved down, and the inside of the mouth between them."""
    left, right = points[CORNERS[0]], points[CORNERS[1]]
    width = float(np.linalg.norm(right - left))
    line = (points[MOUTH][1] + points[14][1]) / 2
    bottom = points[CHIN][1] + 0.15 * (points[CHIN][1] - points[FOREHEAD][1])
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    reach = np.exp(-(((columns - (left[0] + right[0]) / 2) / (0.75 * width)) ** 4))
    down = (OPENING * width * level * reach).astype(np.float32)
    stretched = line + (rows - line - down) * (bottom - line) / np.maximum(bottom - line - down, 1)
    below = (rows > line) & (rows < bottom)
    moved = cv2.remap(picture, columns, np.where(below, stretched, rows).astype(np.float32), cv2.INTER_LINEAR)
    lips = np.abs(columns - (left[0] + right[0]) / 2) < 0.42 * width
    moved[below & (rows < line + down) & lips] = INSIDE
    return moved


# What was found


def report(rows: Sequence[dict[str, object]]) -> None:
    for layout in ("together", "cut"):
        own = [row for row in rows if row["layout"] == layout]
        clips = {row["clip"]: row for row in own}
        print(layout, f"({len(clips)} clips)")
        print(
            " ",
            proportion(
                "turns given to the right person", sum(row["given_to"] == row["person"] for row in own), len(own)
            ),
        )
        print(
            " ",
            proportion(
                "clips with as many people as there are",
                sum(row["people"] == row["true_people"] for row in clips.values()),
                len(clips),
            ),
        )
        print(f"  key frames of another: {np.mean([row['strayed'] for row in clips.values()]):.3f}")
    right = {
        layout: {
            (row["clip"], row["start_sec"]): row["family"] == FAMILY[str(row["label"])]
            for row in rows
            if row["layout"] == layout
        }
        for layout in ("together", "cut", "alone")
    }
    person = {(row["clip"], row["start_sec"]): (row["clip"], row["person"]) for row in rows}
    for layout, own in right.items():
        print(" ", proportion(f"first label in the right family, {layout}", sum(own.values()), len(own)))
        if layout != "alone":
            print("    less alone:", difference({key: own[key] - right["alone"][key] for key in own}, person))
    print(flush=True)


def difference(apart: dict[object, int], person: dict[object, object]) -> str:
    """The mean with a bootstrap interval over people."""
    people = sorted({person[key] for key in apart}, key=str)
    own = {name: [value for key, value in apart.items() if person[key] == name] for name in people}
    rng = np.random.default_rng(0)
    drawn = [
        np.mean(np.concatenate([own[people[i]] for i in rng.integers(0, len(people), len(people))]))
        for _ in range(2000)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{np.mean(list(apart.values())):+.3f} [{low:+.3f}, {high:+.3f}], {len(people)} people"


if __name__ == "__main__":
    main()
