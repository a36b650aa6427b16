"""Studies whose truth is known: results as ``analyze`` writes them, of people who are sad for a known share of it.

    python benchmarks/made_studies.py OUT

writes a study of 24 people, four clips each, and its design.csv: what docs/study.md shows.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from microemo.result import Result
from microemo.schema import Answer, ClipInfo, Clue, Emotion, ModelInfo, PersonAnswer, UtteranceAnswer

UTTERANCE_SEC = 3.0
OTHERS = ("happy", "calm", "neutral", "annoyed", "worried", "surprised", "relieved", "serious")
WEIGHTS = (0.22, 0.2, 0.26, 0.1, 0.08, 0.05, 0.05, 0.04)


@dataclass(frozen=True)
class Made:
    """A person's clip, the conditions that it was made under, and the share of sad utterances asked for."""

    clip: str
    person: str
    group: str
    session: str
    sad_share: float


def people(
    rng: np.random.Generator, num_people: int, num_clips: int, effect: float, base: float = 0.3, spread: float = 0.07
) -> Iterator[Made]:
    """Half of the people in either group; the second group is sad for ``effect`` more of the time."""
    for number in range(num_people):
        group = ("control", "patients")[number >= num_people // 2]
        own = base + spread * rng.standard_normal() + (effect if group == "patients" else 0.0)
        for clip in range(num_clips):
            session = ("before", "after")[clip % 2]
            yield Made(f"p{number:02}_{clip}.mp4", f"p{number:02}", group, session, float(np.clip(own, 0, 1)))


def result(rng: np.random.Generator, made: Made, num_utterances: int = 20) -> Result:
    """What ``analyze`` would have written; a share of the utterances, drawn by chance, is sad."""
    labels = np.where(
        rng.random(num_utterances) < made.sad_share, "sad", rng.choice(OTHERS, size=num_utterances, p=WEIGHTS)
    ).tolist()
    duration_sec = UTTERANCE_SEC * num_utterances
    person = PersonAnswer(
        id="P1", face_seconds=duration_sec, speech_seconds=0.6 * duration_sec, overall=answer(labels[0])
    )
    return Result(
        clip=ClipInfo(
            path=f"clips/{made.clip}", duration_sec=duration_sec, has_video=True, has_audio=True, width=640, height=480,
            face_seconds=duration_sec,
        ),
        people=(person,),
        main_person="P1",
        overall=answer(labels[0]),
        utterances=tuple(utterances(labels)),
        clues=tuple(clues(rng, duration_sec)),
        abstained=False,
        model=ModelInfo(name="made", version="1", weights_sha256="0" * 64),
        microemo_version="0.1.0",
    )  # fmt: skip


def answer(label: str) -> Answer:
    return Answer(emotions=(Emotion(label=label, confidence=0.6),))


def utterances(labels: Sequence[str]) -> Iterator[UtteranceAnswer]:
    for index, label in enumerate(labels):
        yield UtteranceAnswer(
            index=index, start_sec=UTTERANCE_SEC * index, end_sec=UTTERANCE_SEC * (index + 1), text="…", person="P1",
            source="asr", emotions=answer(label).emotions,
        )  # fmt: skip


def clues(rng: np.random.Generator, duration_sec: float) -> Iterator[Clue]:
    kinds = (
        ("face", "mouth", "lip_corner_puller"),
        ("face", "brows", "brow_lowerer"),
        ("voice", "voice", "pitch_raised"),
    )
    for number, time_sec in enumerate(sorted(rng.uniform(0, duration_sec - 1, rng.poisson(duration_sec / 6))), start=1):
        modality, region, kind = kinds[rng.integers(len(kinds))]
        yield Clue(
            id=number, person="P1", modality=modality, region=region, kind=kind, start_sec=time_sec,
            apex_sec=time_sec + 0.4, end_sec=time_sec + 1, value=0.6, baseline=0.1, strength=0.5,
        )  # fmt: skip


def write(folder: Path, all_made: Sequence[Made], rng: np.random.Generator, num_utterances: int = 20) -> Path:
    """A tree as ``analyze --out`` leaves it; returns the design's path."""
    for made in all_made:
        place = folder / Path(made.clip).stem
        place.mkdir(parents=True, exist_ok=True)
        place.joinpath("result.json").write_text(result(rng, made, num_utterances).model_dump_json(), encoding="utf-8")
    design = folder / "design.csv"
    with design.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["clip", "person", "group", "session"])
        writer.writerows([made.clip, made.person, made.group, made.session] for made in all_made)
    return design


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    rng = np.random.default_rng(0)
    print(write(parser.parse_args().out, list(people(rng, 24, 4, effect=0.15)), rng))


if __name__ == "__main__":
    main()
