"""Facial clues of people who talk: how many a minute when they are neutral, and what is kept of acted emotion.

    python benchmarks/neutral_talkers.py OUT.json --films FOLDER
    python benchmarks/neutral_talkers.py OUT.json --pedfe PEDFE --ravdess RAVDESS [--people 24]

FOLDER has films of neutral talkers, PERSON_ANYTHING.mp4 (or another suffix), each with one who speaks; where there is
no sound, all the time. With PEDFE and RAVDESS talkers are made: PEDFE faces (silent) whose mouths are opened by a
voice's loudness, as in ``composites.py``. Neutral ones hold the first moments of a clip, mostly neutral, and say a
neutral sentence; the others show a whole clip, posed or genuine, with a voice of its label. What a made face cannot
have are brows that go with the words and lips that shape sounds. Recall is the share of clips with a facial clue whose
kind speaks for the label's family; chance is the same of the people's neutral clips. No clip leaves its folder.

Tracks are kept beside OUT.json, so that other code can be measured on the same ones. Of the people every second one
is for choosing constants, the others are for reporting. Intervals are bootstrapped over people.
"""

import argparse
import csv
import json
import pickle
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from clips import FPS, SAMPLE_RATE, voice_of, write_frames
from composites import FAMILY, LABELS, loudness_of, pictures_of, talking

from microemo import weights
from microemo.clues import facial_kinds
from microemo.hooks import silent
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.media.video import frames
from microemo.perception.asr import find_voice
from microemo.perception.clues import measure_clues
from microemo.perception.faces import scan
from microemo.schema import Clue, FaceTrack
from microemo.spans import Span, total_sec

LEAD_IN, NEUTRAL_SEC, MAX_SEC, PAUSE_SEC = 8, 4.0, 5.0, 0.3  # pictures and seconds of a made clip
NUM_RESAMPLES = 1000
ACTIONS = {kind.kind: kind.families for kind in facial_kinds()}


@dataclass(frozen=True)
class Talker:
    """A face that talks; ``label`` is neutral or an emotion, ``how`` real, or made of a posed or genuine expression."""

    person: str
    label: str
    how: str
    track: FaceTrack
    shots: tuple[Span, ...]
    sound: np.ndarray | None
    speech: tuple[Span, ...]

    @cached_property
    def clues(self) -> list[Clue]:
        """Of the face's actions, the head, the gaze, and micro-expressions."""
        found = measure_clues(self.track, [], [], [], self.speech, self.shots)
        return [clue for clue in found if clue.modality == "face"]

    @cached_property
    def actions(self) -> list[Clue]:
        return [clue for clue in self.clues if clue.kind in ACTIONS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--films", type=Path)
    parser.add_argument("--pedfe", type=Path)
    parser.add_argument("--ravdess", type=Path)
    parser.add_argument("--people", type=int, default=24)
    arguments = parser.parse_args()
    kept = arguments.out.with_suffix(".tracks")
    if not kept.exists():
        films, pedfe, ravdess = arguments.films, arguments.pedfe, arguments.ravdess
        kept.write_bytes(pickle.dumps(list(filmed(films) if films else made(pedfe, ravdess, arguments.people))))
    talkers: list[Talker] = pickle.loads(kept.read_bytes())
    people = sorted({talker.person for talker in talkers})
    table = {
        half: figures([talker for talker in talkers if talker.person in own])
        for half, own in (("chosen", people[::2]), ("reported", people[1::2]), ("all", people))
    }
    arguments.out.write_text(json.dumps(table, indent=2) + "\n")
    print(json.dumps(table, indent=2))


# Talkers


def filmed(folder: Path) -> Iterator[Talker]:
    for path in sorted(folder.iterdir()):
        yield talker(path, path.stem.split("_")[0], "neutral", "real")


def talker(path: Path, person: str, label: str, how: str) -> Talker:
    """The person who is seen most while a voice is heard."""
    info = probe(path)
    sound = waveform(info)
    speech = find_voice(sound, info.duration_sec) if sound is not None else [Span(0.0, info.duration_sec)]
    task = weights.path("face_landmarker") / "face_landmarker.task"
    seen = scan(frames(info), [], 64, 16, task, speech, silent)
    assert seen.main_person is not None
    return Talker(person, label, how, seen.main_person.track, seen.shots, sound, tuple(speech))


def made(pedfe: Path, ravdess: Path, people: int) -> Iterator[Talker]:
    """Of each person a neutral talker and one of each manner, of whatever labels there are."""
    rng = np.random.default_rng(0)
    by_person: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (pedfe / "labels.csv").open() as file:
        for row in csv.DictReader(file):
            if row["emotion"] in LABELS:
                by_person[row["subject"]].append(row)
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(sorted(by_person, key=int)[:people]):
            own = by_person[name]
            actor = 1 + number % 18 // 2 * 2 + (own[0]["gender"] == "F")  # RAVDESS has men at odd numbers
            any_row = own[int(rng.integers(len(own)))]
            yield talking_face(pedfe / any_row["file"], ravdess, "01", actor, name, "neutral", "made", Path(folder))
            for how in ("posed", "genuine"):
                rows = [row for row in own if row["type"] == how]
                if rows:
                    row = rows[int(rng.integers(len(rows)))]
                    code = LABELS[row["emotion"]]
                    yield talking_face(
                        pedfe / row["file"], ravdess, code, actor, name, row["emotion"], how, Path(folder)
                    )


def talking_face(
    clip: Path, ravdess: Path, code: str, actor: int, person: str, label: str, how: str, folder: Path
) -> Talker:
    voice = voice_of(sorted(ravdess.glob(f"*-*-{code}-*-{actor:02d}.flac"))[0])
    return talker(film(clip, voice, label == "neutral", folder / "talker.mp4"), person, label, how)


def film(clip: Path, voice: np.ndarray, is_neutral: bool, path: Path) -> Path:
    """A clip's face that says what a voice says, again and again; a neutral one holds the clip's first moments."""
    seconds = NEUTRAL_SEC if is_neutral else min(probe(clip).duration_sec, MAX_SEC)
    num = round(seconds * FPS)
    sound = np.resize(np.pad(voice, (0, round(PAUSE_SEC * SAMPLE_RATE))), round(seconds * SAMPLE_RATE))
    still = pictures_of(clip, LEAD_IN if is_neutral else num)
    loop = still + still[::-1]
    pictures = talking([loop[index % len(loop)] for index in range(num)], loudness_of(sound, num))
    return write_frames(path, np.stack(pictures), sound)


# Figures


def figures(talkers: Sequence[Talker]) -> dict[str, object]:
    """Clues a minute of film when neutral, by kind, and recall of what the others show, beside chance."""
    neutral = [talker for talker in talkers if talker.label == "neutral"]
    table: dict[str, object] = {"neutral, clues a minute": a_minute(neutral)}
    table["neutral, of these facial actions"] = resampled(neutral, lambda some: rate(some, "actions"))
    at_rest = {talker.person: talker.actions for talker in neutral}
    for how in ("posed", "genuine"):
        if own := [talker for talker in talkers if talker.how == how]:
            table[f"{how}, recall"] = resampled(own, lambda some: share(some, {}))
            table[f"{how}, chance"] = resampled(own, lambda some: share(some, at_rest))
    return table


def a_minute(talkers: Sequence[Talker]) -> dict[str, object]:
    kinds = Counter(clue.kind for talker in talkers for clue in talker.clues)
    minutes = sum(seconds(talker) for talker in talkers) / 60
    return {
        **resampled(talkers, rate),
        "seconds": round(60 * minutes, 1),
        "seconds of voice": round(sum(total_sec(talker.speech) for talker in talkers), 1),
        "kinds": {kind: round(count / minutes, 1) for kind, count in kinds.most_common()},
    }


def rate(talkers: Sequence[Talker], which: str = "clues") -> float:
    return 60 * sum(len(getattr(talker, which)) for talker in talkers) / sum(seconds(talker) for talker in talkers)


def seconds(talker: Talker) -> float:
    return float(np.ptp(talker.track.times_sec))


def share(talkers: Sequence[Talker], clues: Mapping[str, Sequence[Clue]]) -> float:
    """Of the talkers those with a clue of their label's family among their clues, or else these of the person."""
    told = [{family for clue in clues.get(talker.person, talker.actions) for family in ACTIONS[clue.kind]}
            for talker in talkers]  # fmt: skip
    return float(np.mean([FAMILY[talker.label] in own for talker, own in zip(talkers, told, strict=True)]))


def resampled(talkers: Sequence[Talker], measure: Callable[[Sequence[Talker]], float]) -> dict[str, object]:
    """A measure with its interval of 95 % over people."""
    people = sorted({talker.person for talker in talkers})
    own = [[talker for talker in talkers if talker.person == name] for name in people]
    rng = np.random.default_rng(0)
    draws = [
        measure([talker for index in rng.integers(0, len(own), len(own)) for talker in own[index]])
        for _ in range(NUM_RESAMPLES)
    ]
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"value": round(measure(talkers), 3), "interval": [round(low, 3), round(high, 3)],
            "people": len(people), "clips": len(talkers)}  # fmt: skip


if __name__ == "__main__":
    main()
