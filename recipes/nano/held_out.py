"""nano on held-out voices and faces, through the whole path: the first label's family, with n and a 95 % interval.

Voices: RAVDESS actors 19-20 alone (audio only), eight emotions. Faces: FER2013's public test, or RAF-DB's, as silent
clips, seven emotions. Both: two or three takes of such an actor in a row, each with a face of its own label from that
test (and without one where nobody in it is "calm"), judged by utterance. Clips: PEDFE's of people that nothing was
trained on, without sound, six emotions that at least half of the raters named. Strangers: voices of ASED, four
emotions, 65 speakers, a language and a corpus that nothing was trained on. A label's family is that of
``microemo.lexicon``; a label outside of it, or no label, is wrong.

    python -m recipes.nano.held_out voices --ravdess RAVDESS --out voices.jsonl
    python -m recipes.nano.held_out faces --faces FER2013.zip --num 350 --out faces.jsonl
    python -m recipes.nano.held_out both --ravdess RAVDESS --faces FER2013.zip --num 80 --out both.jsonl
    python -m recipes.nano.held_out clips --pedfe PEDFE --num 150 --out clips.jsonl
    python -m recipes.nano.held_out strangers --ased ASED --num 200 --out strangers.jsonl
    python -m recipes.nano.held_out report --out recipes/nano/results/voices.jsonl    # no media, no model
"""

import argparse
import csv
import json
import math
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from benchmarks.clips import HEIGHT, SAMPLE_RATE, WIDTH, still, write
from benchmarks.shares import proportion
from microemo import load
from microemo.data.association import family
from microemo.data.manifest import Sample
from microemo.evaluate.calibration import CheckedLabel, calibration
from microemo.lexicon import FAMILIES, family_of
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.result import Result
from microemo.schema import Answer, UtteranceAnswer
from recipes.descriptions.tables import HELD_OUT_SUBJECTS
from recipes.nano.faces import CHOOSING, label_of, picture_in, pictures
from recipes.nano.features import actor_of, takes_in

HELD_OUT_ACTORS = (19, 20)
CLIP_SEC = 2.0
NAMED_BY = 50  # per cent of PEDFE's raters, at least
ASED_FAMILIES = {"01Neutral": "neutral", "03Happy": "happy", "04Sad": "sad", "05Angry": "angry"}
ROUNDS = 2000  # of the bootstrap


@dataclass(frozen=True)
class LabelledSpan:
    """A span of a clip, in seconds, its family, and who is seen or heard in it."""

    start_sec: float
    end_sec: float
    truth: str
    person: str


Labelled = tuple[Path, list[LabelledSpan]]


def takes(ravdess: Path) -> list[Sample]:
    """Held-out recordings in random order: a run that is cut short is still a fair sample."""
    held_out = [take for take in takes_in(ravdess) if actor_of(take) in HELD_OUT_ACTORS]
    return random.Random(0).sample(held_out, len(held_out))


def shown(archive: Path) -> list[tuple[str, str]]:
    """A test's pictures and families, in random order, without what nano was chosen by."""
    everything = pictures(archive, "test")
    chosen_by = set(everything[CHOOSING])
    left = [name for name in everything if name not in chosen_by]
    return [(name, label_of(name)) for name in random.Random(0).sample(left, len(left))]


def voices(ravdess: Path) -> Iterator[Labelled]:
    for take in takes(ravdess):
        yield take.path, [LabelledSpan(0, math.inf, take.labels[0], str(actor_of(take)))]


def faces(archive: Path, num: int, scratch: Path) -> Iterator[Labelled]:
    for name, truth in shown(archive)[:num]:
        path = scratch / f"{truth}-{Path(name).stem}.mp4"
        yield write(path, [(still(picture_in(archive, name)), CLIP_SEC)]), [LabelledSpan(0, CLIP_SEC, truth, name)]


def both(ravdess: Path, archive: Path, num: int, scratch: Path) -> Iterator[Labelled]:
    """``num`` clips of two or three takes of one actor, whose labels differ, with faces of these labels."""
    rng, found, pictured = random.Random(1), takes(ravdess), shown(archive)
    for number in range(num):
        actor = HELD_OUT_ACTORS[number % len(HELD_OUT_ACTORS)]
        own = [take for take in found if actor_of(take) == actor]
        chosen = rng.sample(own, rng.choice((2, 3)))
        while len({take.labels[0] for take in chosen}) < len(chosen):
            chosen = rng.sample(own, len(chosen))
        sounds = [np.asarray(waveform(probe(take.path)), np.float32) for take in chosen]
        ends = list(accumulate(len(sound) / SAMPLE_RATE for sound in sounds))
        spans = [
            LabelledSpan(start, end, take.labels[0], str(actor))
            for start, end, take in zip([0, *ends], ends, chosen, strict=False)
        ]
        frames = []
        for span in spans:
            alike = [name for name, truth in pictured if truth == span.truth]
            frame = (
                still(picture_in(archive, rng.choice(alike))) if alike else np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
            )
            frames.append((frame, span.end_sec - span.start_sec))
        yield write(scratch / f"both-{number:03}.mp4", frames, np.concatenate(sounds)), spans


def expressions(pedfe: Path) -> list[dict[str, str]]:
    """The rows of PEDFE's table about people that nothing was trained on."""
    with (pedfe / "labels.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if int(row["subject"]) in HELD_OUT_SUBJECTS]


def clips(pedfe: Path, num: int) -> Iterator[Labelled]:
    named = [row for row in expressions(pedfe) if float(row["hit_rate_emotion"]) >= NAMED_BY]
    for row in random.Random(0).sample(named, min(num, len(named))):
        yield pedfe / row["file"], [LabelledSpan(0, math.inf, family(row["emotion"]), row["subject"])]


def strangers(ased: Path, num: int) -> Iterator[Labelled]:
    """As many of each emotion."""
    for folder, truth in ASED_FAMILIES.items():
        takes = sorted((ased / folder).iterdir())
        for path in random.Random(0).sample(takes, min(num // len(ASED_FAMILIES), len(takes))):
            yield path, [LabelledSpan(0, math.inf, truth, path.stem.split("-")[-1])]


def first_family(answer: Answer) -> str:
    label = answer.emotions[0].label if answer.emotions else "none"
    return family_of(label) or label


def answer_about(result: Result, span: LabelledSpan) -> Answer:
    """The answer about the utterance, spoken if there is one, that covers most of a span; for a clip that is one
    span, the overall one.
    """
    if span.start_sec == 0 and span.end_sec >= result.clip.duration_sec - 0.5:
        return result.overall

    def shared(utterance: UtteranceAnswer) -> float:
        return min(utterance.end_sec, span.end_sec) - max(utterance.start_sec, span.start_sec)

    return max(
        result.utterances, key=lambda utterance: (bool(utterance.text) and shared(utterance) > 0, shared(utterance))
    )


def rows_of(path: Path, spans: Sequence[LabelledSpan], result: Result) -> Iterator[dict[str, object]]:
    for number, span in enumerate(spans):
        answer = answer_about(result, span)
        yield {
            "clip": path.name,
            "span": number,
            "person": span.person,
            "truth": span.truth,
            "first": first_family(answer),
            "overall": first_family(result.overall),
            "labels": [emotion.label for emotion in answer.emotions],
            "confidence": [emotion.confidence for emotion in answer.emotions],
            "explanation": answer.explanation,
            "num_claims": len(answer.claims),
            "num_borne_out": sum(claim.is_borne_out for claim in answer.claims),
            "modalities_claimed": sorted(
                {claim.modality for claim in answer.claims if claim.is_borne_out and claim.modality}
            ),
            "has_face": result.clip.face_seconds > 0,
            "has_audio": result.clip.has_audio,
            "abstained": result.abstained,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("voices", "faces", "both", "clips", "strangers", "report"))
    parser.add_argument("--ravdess", type=Path)
    parser.add_argument("--faces", type=Path, help="archive of FER2013 or RAF-DB")
    parser.add_argument("--pedfe", type=Path)
    parser.add_argument("--ased", type=Path)
    parser.add_argument("--num", type=int, default=350, help="clips; of voices all are taken")
    parser.add_argument("--model", default="nano")
    parser.add_argument("--out", type=Path, required=True, help="predictions, one JSON a line; done ones are kept")
    arguments = parser.parse_args()

    done = [json.loads(line) for line in arguments.out.read_text().splitlines()] if arguments.out.exists() else []
    if arguments.task == "report":
        return report(done)
    seen = {row["clip"] for row in done}
    pipeline = load(arguments.model)
    with tempfile.TemporaryDirectory() as scratch, arguments.out.open("a") as file:
        tried = {
            "voices": lambda: voices(arguments.ravdess),
            "faces": lambda: faces(arguments.faces, arguments.num, Path(scratch)),
            "both": lambda: both(arguments.ravdess, arguments.faces, arguments.num, Path(scratch)),
            "clips": lambda: clips(arguments.pedfe, arguments.num),
            "strangers": lambda: strangers(arguments.ased, arguments.num),
        }[arguments.task]()
        for path, spans in tried:
            if path.name not in seen:
                for row in rows_of(path, spans, pipeline.analyze(path)):
                    done.append(row)
                    print(json.dumps(row), file=file, flush=True)
    report(done)


def report(rows: Sequence[Mapping[str, Any]]) -> None:
    print(proportion("first label in the right family", sum(row["first"] == row["truth"] for row in rows), len(rows)))
    print(mean_recall(rows))
    told: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        told[row["clip"]].append(row)
    mixed = [spans for spans in told.values() if len(spans) > 1]
    if mixed:
        hits = sum(spans[0]["overall"] in {row["truth"] for row in spans} for spans in mixed)
        print(proportion("overall label in one of its utterances' families", hits, len(mixed)))
    print(f"abstained: {sum(row['abstained'] for row in rows)}")
    print(f"without a sentence: {sum(not row['explanation'] for row in rows)}")
    claims, verified = (sum(row[key] for row in rows) for key in ("num_claims", "num_borne_out"))
    print(proportion("claims borne out", verified, claims))
    absent = sum("face" in row["modalities_claimed"] and not row["has_face"] for row in rows)
    absent += sum("voice" in row["modalities_claimed"] and not row["has_audio"] for row in rows)
    print(f"spans with a claim about an absent modality: {absent}")
    print(f"distinct labels: {len({label for row in rows for label in row['labels']})}")
    judged = {
        f"{row['clip']} {row['span']}": [CheckedLabel(row["confidence"][0], row["first"] == row["truth"])]
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


def mean_recall(rows: Sequence[Mapping[str, Any]]) -> str:
    """Over the families, each as much (UAR), with a bootstrap interval over people; of two or three it says little."""
    of_person: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        of_person[row["person"]].append(row)
    counts = np.array([_hits(own) for own in of_person.values()])  # (P, K, 2): right, all
    drawn = np.random.default_rng(0).integers(0, len(counts), (ROUNDS, len(counts)))
    low, high = np.quantile(_recall(counts[drawn].sum(1)), [0.025, 0.975])
    together, num = counts.sum(0), int((counts.sum(0)[:, 1] > 0).sum())
    what = f"mean recall of {num} families (UAR), {len(counts)} people"
    return f"{what}: {_recall(together):.3f} [{low:.3f}, {high:.3f}]"


def _hits(rows: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Of each family, how many rows are right, and how many there are."""
    own = [[row["first"] == family for row in rows if row["truth"] == family] for family in FAMILIES]
    return [(sum(right), len(right)) for right in own]


def _recall(counts: Int[np.ndarray, "*R K 2"]) -> Float[np.ndarray, "*R"]:
    """The mean over the families that are there."""
    right, num = counts[..., 0], counts[..., 1]
    return np.nanmean(np.where(num > 0, right / np.maximum(num, 1), np.nan), axis=-1)


if __name__ == "__main__":
    main()
