"""Held-out sanity of nano, through the whole path: the first label's family, with n and a 95 % interval.

Voices: RAVDESS actors 19-20 alone (audio only), eight emotions. Faces: FER2013 public test as silent clips, seven
emotions. Both: two or three takes of such an actor in a row, each with a face of its own label from the public test
(and without one where nobody in it is "calm"), judged by utterance. A label's family is that of
``microemo.vocabulary``; a label outside of it, or no label, is wrong.

    python benchmarks/held_out.py voices --ravdess RAVDESS --out voices.jsonl
    python benchmarks/held_out.py faces --fer2013 FER2013/public_test --num 350 --out faces.jsonl
    python benchmarks/held_out.py both --ravdess RAVDESS --fer2013 FER2013/public_test --num 80 --out both.jsonl
    python benchmarks/held_out.py report --out benchmarks/results/nano/voices.jsonl    # no media, no model
"""

import argparse
import json
import math
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from clips import HEIGHT, SAMPLE_RATE, WIDTH, still, write
from shares import told

from microemo import load
from microemo.data.describe import frame_of
from microemo.evaluate.calibration import Judged, calibration
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.parse import SENTENCE
from microemo.result import Result
from microemo.schema import Answer, UtteranceAnswer
from microemo.train.features import Take, takes_in
from microemo.train.fer2013 import CHOOSING, LABELS
from microemo.train.pairs import FACE_FAMILIES
from microemo.vocabulary import FAMILIES, family_of

FER2013 = dict(zip(LABELS, FACE_FAMILIES, strict=True))
HELD_OUT_ACTORS = (19, 20)
CLIP_SEC = 2.0


@dataclass(frozen=True)
class Stretch:
    """A labelled stretch of a clip, in seconds."""

    start_sec: float
    end_sec: float
    truth: str


Labelled = tuple[Path, list[Stretch]]


def takes(ravdess: Path) -> list[Take]:
    """Held-out recordings in an order of chance: a run that is cut short is still a fair sample."""
    found = [take for take in takes_in(ravdess) if take.actor in HELD_OUT_ACTORS]
    return random.Random(0).sample(found, len(found))


def pictures(fer2013: Path) -> list[tuple[Path, str]]:
    """The public test, without what nano was chosen by, in an order of chance, as its labels are distributed."""
    found = sorted(fer2013.glob("*/*.webp"))
    chosen_by = set(found[CHOOSING])
    found = [path for path in found if path not in chosen_by]
    return [(path, FER2013[path.parent.name]) for path in random.Random(0).sample(found, len(found))]


def frame_with(picture: Path) -> np.ndarray:
    return still(cv2.imread(str(picture))[..., ::-1])


def voices(ravdess: Path) -> Iterator[Labelled]:
    for take in takes(ravdess):
        yield take.path, [Stretch(0, math.inf, take.family)]


def faces(fer2013: Path, num: int, scratch: Path) -> Iterator[Labelled]:
    for picture, truth in pictures(fer2013)[:num]:
        path = scratch / f"{picture.parent.name}-{picture.stem}.mp4"
        yield write(path, [(frame_with(picture), CLIP_SEC)]), [Stretch(0, CLIP_SEC, truth)]


def both(ravdess: Path, fer2013: Path, num: int, scratch: Path) -> Iterator[Labelled]:
    """``num`` clips of two or three takes of one actor, whose labels differ, with faces of these labels."""
    rng, found, shown = random.Random(1), takes(ravdess), pictures(fer2013)
    for number in range(num):
        actor = HELD_OUT_ACTORS[number % len(HELD_OUT_ACTORS)]
        own = [take for take in found if take.actor == actor]
        chosen = rng.sample(own, rng.choice((2, 3)))
        while len({take.family for take in chosen}) < len(chosen):
            chosen = rng.sample(own, len(chosen))
        sounds = [np.asarray(waveform(probe(take.path)), np.float32) for take in chosen]
        ends = list(accumulate(len(sound) / SAMPLE_RATE for sound in sounds))
        stretches = [
            Stretch(start, end, take.family) for start, end, take in zip([0, *ends], ends, chosen, strict=False)
        ]
        frames = []
        for stretch in stretches:
            alike = [picture for picture, truth in shown if truth == stretch.truth]
            frame = frame_with(rng.choice(alike)) if alike else np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
            frames.append((frame, stretch.end_sec - stretch.start_sec))
        yield write(scratch / f"both-{number:03}.mp4", frames, np.concatenate(sounds)), stretches


def first_family(answer: Answer) -> str:
    label = answer.emotions[0].label if answer.emotions else "none"
    return family_of(label) or label


def answer_about(result: Result, stretch: Stretch) -> Answer:
    """The answer about the utterance, spoken if there is one, that covers most of a stretch; for a clip that is one
    stretch, the overall one.
    """
    if stretch.start_sec == 0 and stretch.end_sec >= result.clip.duration_sec - 0.5:
        return result.overall

    def shared(utterance: UtteranceAnswer) -> float:
        return min(utterance.end_sec, stretch.end_sec) - max(utterance.start_sec, stretch.start_sec)

    return max(
        result.utterances, key=lambda utterance: (bool(utterance.text) and shared(utterance) > 0, shared(utterance))
    )


def rows_of(path: Path, stretches: Sequence[Stretch], result: Result) -> Iterator[dict[str, object]]:
    for number, stretch in enumerate(stretches):
        answer = answer_about(result, stretch)
        yield {
            "clip": path.name,
            "stretch": number,
            "truth": stretch.truth,
            "first": first_family(answer),
            "overall": first_family(result.overall),
            "labels": [emotion.label for emotion in answer.emotions],
            "confidence": [emotion.confidence for emotion in answer.emotions],
            "explanation": answer.explanation,
            "num_claims": len(answer.claims),
            "num_verified": sum(claim.verified for claim in answer.claims),
            "modalities_claimed": sorted({claim.modality for claim in answer.claims if claim.verified}),
            "has_face": result.clip.face_seconds > 0,
            "has_audio": result.clip.has_audio,
            "abstained": result.abstained,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("voices", "faces", "both", "report"))
    parser.add_argument("--ravdess", type=Path)
    parser.add_argument("--fer2013", type=Path)
    parser.add_argument("--num", type=int, default=350, help="clips with faces")
    parser.add_argument("--model", default="nano")
    parser.add_argument("--out", type=Path, required=True, help="predictions, one JSON a line; done ones are kept")
    arguments = parser.parse_args()

    done = [json.loads(line) for line in arguments.out.read_text().splitlines()] if arguments.out.exists() else []
    if arguments.task == "report":
        return report(done)
    seen = {row["clip"] for row in done}
    pipeline = load(arguments.model)
    with tempfile.TemporaryDirectory() as scratch, arguments.out.open("a") as file:
        clips = {
            "voices": lambda: voices(arguments.ravdess),
            "faces": lambda: faces(arguments.fer2013, arguments.num, Path(scratch)),
            "both": lambda: both(arguments.ravdess, arguments.fer2013, arguments.num, Path(scratch)),
        }[arguments.task]()
        for path, stretches in clips:
            if path.name not in seen:
                for row in rows_of(path, stretches, pipeline.analyze(path)):
                    done.append(row)
                    print(json.dumps(row), file=file, flush=True)
    report(done)


def report(rows: Sequence[Mapping[str, Any]]) -> None:
    print(told("first label in the right family", sum(row["first"] == row["truth"] for row in rows), len(rows)))
    clips: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        clips[row["clip"]].append(row)
    mixed = [stretches for stretches in clips.values() if len(stretches) > 1]
    if mixed:
        hits = sum(stretches[0]["overall"] in {row["truth"] for row in stretches} for stretches in mixed)
        print(told("overall label in one of its utterances' families", hits, len(mixed)))
    print(f"abstained: {sum(row['abstained'] for row in rows)}")
    print(f"without a sentence: {sum(not row['explanation'] for row in rows)}")
    claims, verified = (sum(row[key] for row in rows) for key in ("num_claims", "num_verified"))
    print(told("claims verified", verified, claims))
    absent = sum("face" in row["modalities_claimed"] and not row["has_face"] for row in rows)
    absent += sum("voice" in row["modalities_claimed"] and not row["has_audio"] for row in rows)
    print(f"stretches with a claim about an absent modality: {absent}")
    print(f"distinct labels: {len({label for row in rows for label in row['labels']})}")
    frames = Counter(
        frame_of(sentence, row["labels"]) for row in rows for sentence in SENTENCE.findall(row["explanation"])
    )
    if frames:
        frame, count = frames.most_common(1)[0]
        print(f"most repeated sentence frame: {count} times in {len(rows)} stretches: {frame.strip()}")
    judged = {
        f"{row['clip']} {row['stretch']}": [Judged(row["confidence"][0], row["first"] == row["truth"])]
        for row in rows
        if row["confidence"]
    }
    found = calibration(judged)
    if found:
        exact = found.ece_if_exact
        print(f"confidence of first labels: ECE {found.ece.value:.3f}, Brier score {found.brier.value:.3f}")
        print(f"ECE by chance, of exact confidences: {exact.low:.3f} to {exact.high:.3f}")
    counts = Counter((row["truth"], row["first"]) for row in rows)
    columns = [family for family in (*FAMILIES, "none") if any(pair[1] == family for pair in counts)]
    print("truth \\ first".ljust(14), *(name[:9].rjust(9) for name in columns))
    for truth in FAMILIES:
        if any(pair[0] == truth for pair in counts):
            print(truth.ljust(14), *(str(counts[truth, name]).rjust(9) for name in columns))


if __name__ == "__main__":
    sys.exit(main())
