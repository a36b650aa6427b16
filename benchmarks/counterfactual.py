"""Do told clues move the label more than untold ones? And is anything told of a modality that was taken away?

Of every utterance with both, k told clues are taken away, and as many untold ones, and each time the model is asked
how sure it is of its first label. An untold clue is matched to each told one: of the same modality where there is one,
then one that the prompt lists, then the one nearest in strength. None that can be taken away only together with a told
one, such as another measure of the same stretch of voice, counts as untold. The differences of the changes' sizes are
tested by flipping the signs of whole clips. Then each modality is taken away and the question asked anew.

    python -m benchmarks.counterfactual ROWS.jsonl benchmarks/results/counterfactual.json \
        --ravdess RAVDESS --faces FER2013.zip --num 80 --clips CREMAD/*.flv

Clips: takes of RAVDESS actors 19-20 alone; two or three takes in a row with faces of FER2013's public test of their
label; given files. Rows are kept: a run that was cut short goes on.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

import faster_whisper
import numpy as np
import torch

from microemo import load
from microemo.answers import ask
from microemo.chunks import Chunk, Scene, encode, has_speech, judged, scene_of
from microemo.counterfactual import without
from microemo.effects import Removal, confidences, told_clues
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import strongest
from microemo.pipeline import Pipeline
from microemo.schema import Answer, Clue, Modality, Utterance
from recipes.nano.held_out import both, faces, voices

NUM_FLIPS = 100_000
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--ravdess", type=Path)
    parser.add_argument("--faces", type=Path)
    parser.add_argument("--num", type=int, default=80, help="made clips with faces and voices")
    parser.add_argument("--num-voices", type=int, default=120, help="takes alone")
    parser.add_argument("--num-faces", type=int, default=0, help="silent clips of a picture")
    parser.add_argument("--clips", type=Path, nargs="*", default=[])
    args = parser.parse_args()
    rows = [json.loads(line) for line in args.rows.read_text().splitlines()] if args.rows.exists() else []
    done = {row["clip"] for row in rows}
    faster_whisper.WhisperModel = cache(faster_whisper.WhisperModel)  # loaded once, as in one long recording
    pipeline = load()
    with tempfile.TemporaryDirectory() as scratch, args.rows.open("a") as file:
        for kind, path in clips(args, Path(scratch)):
            if path.name not in done:
                found = list(rows_of(pipeline, path)) or [{"clip": path.name}]
                rows += [{"from": kind, **row} for row in found]
                file.writelines(json.dumps({"from": kind, **row}) + "\n" for row in found)
                file.flush()
    summary = report(rows)
    args.out.write_text(json.dumps(summary, indent=2) + "\n")
    print(json.dumps(summary, indent=2))


def clips(args: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, Path]]:
    yield from (("given", path) for path in args.clips)
    if args.ravdess and args.faces:
        yield from (("faces and voices", path) for path, _ in both(args.ravdess, args.faces, args.num, scratch))
    if args.faces:
        yield from (("faces", path) for path, _ in faces(args.faces, args.num_faces, scratch))
    if args.ravdess:
        takes = list(voices(args.ravdess))[: args.num_voices]
        yield from (("voices", path) for path, _ in takes)


@torch.inference_mode()
def rows_of(pipeline: Pipeline, path: Path) -> Iterator[Row]:
    clip = pipeline.perceive(path)
    for person in clip.people:
        for chunk in judged(clip, person):
            scene = scene_of(pipeline.config, clip, person, chunk)
            features = encode(pipeline.model, scene)
            answers = ask(pipeline.model, scene, features).utterances
            rows = [{"clip": path.name, "person": person.person.id, "utterance": one.index} for one in chunk.utterances]
            for row, pair in zip(rows, pairs(pipeline.model, scene, features, answers), strict=True):
                row.update(pair)
            for modality in get_args(Modality):
                for row, counts in zip(rows, told_of(pipeline.model, scene, features, modality), strict=True):
                    row[f"{modality}_away"] = counts
            yield from rows


def pairs(model: MicroEmo, scene: Scene, features: Features, answers: Sequence[Answer]) -> list[Row]:
    """Of each utterance, what the label does without its told clues and without their matches; empty without any."""
    found: list[Row] = []
    for place, (utterance, answer) in enumerate(zip(scene.chunk.utterances, answers, strict=True)):
        told, untold = matched(scene, utterance, answer)
        if not told or not answer.emotions:
            found.append({})
            continue
        label, confidence = answer.emotions[0].label, answer.emotions[0].confidence
        removals = [Removal(tuple(clues), place, label) for clues in (told, untold)]
        without_told, without_untold = confidences(model, scene, features, removals)
        found.append(
            {
                "label": label,
                "confidence": confidence,
                "told": [_named(clue) for clue in told],
                "untold": [_named(clue) for clue in untold],
                "without_told": round(without_told, 4),
                "without_untold": round(without_untold, 4),
            }
        )
    return found


def matched(scene: Scene, utterance: Utterance, answer: Answer) -> tuple[list[Clue], list[Clue]]:
    """Told clues of an utterance, and as many of its untold ones."""
    start, end = utterance.span
    told = told_clues(answer, scene.clues)
    listed = {clue.id for clue in strongest(scene.clues, start, end)}
    kept, ids = set(without(scene, told).clues), {clue.id for clue in told}
    left = [
        one
        for one in scene.clues
        if one.start_sec < end and one.end_sec > start and one in kept
        if ids <= {clue.id for clue in without(scene, [one]).clues}
    ]
    chosen: list[tuple[Clue, Clue]] = []
    for clue in told:
        if left:
            match = min(
                left,
                key=lambda one: (
                    one.modality != clue.modality,
                    one.id not in listed,
                    abs(one.strength - clue.strength),
                ),
            )
            left.remove(match)
            chosen.append((clue, match))
    return [clue for clue, _ in chosen], [match for _, match in chosen]


def _named(clue: Clue) -> Row:
    return {"modality": clue.modality, "kind": clue.kind, "strength": clue.strength,
            "span": [clue.start_sec, clue.end_sec]}  # fmt: skip


def told_of(model: MicroEmo, scene: Scene, features: Features, modality: Modality) -> list[Row | None]:
    """What the model says of a modality that was taken away; None where an utterance never had it."""
    if not any(had(scene, utterance, modality) for utterance in scene.chunk.utterances):
        return [None] * len(scene.chunk.utterances)
    answers = ask(model, *bereft(scene, features, modality)).utterances
    return [
        {
            "told": sum(claim.modality == modality for claim in answer.claims if claim.is_borne_out),
            "left out": sum(claim.modality == modality for claim in answer.claims if not claim.is_borne_out),
            "claims": len(answer.claims),
        }
        if had(scene, utterance, modality)
        else None
        for utterance, answer in zip(scene.chunk.utterances, answers, strict=True)
    ]


def bereft(scene: Scene, features: Features, modality: Modality) -> tuple[Scene, Features]:
    """A scene and what is encoded of it without its sound, its pictures or its words, and their clues."""
    left = [clue for clue in scene.clues if clue.modality != modality]
    said = scene.evidence.utterances if modality != "words" else ()
    evidence = replace(scene.evidence, clues=left, series=None, utterances=said, absent=frozenset([modality]))
    scene = replace(scene, evidence=evidence)
    if modality == "voice":
        return replace(scene, waveform=None, speech=()), replace(features, audio=None, audio_times_sec=None)
    if modality == "words":
        said = tuple(one.model_copy(update={"text": ""}) for one in scene.chunk.utterances)
        return replace(scene, chunk=Chunk(said)), features
    return scene, replace(features, times_sec=(), frames=None, faces=None, region_masks=None)


def had(scene: Scene, utterance: Utterance, modality: Modality) -> bool:
    start, end = utterance.span
    if modality == "voice":
        return scene.waveform is not None and has_speech(utterance, scene.speech)
    if modality == "words":
        return bool(utterance.text)
    return bool(((scene.times_sec >= start) & (scene.times_sec < end)).any())


def report(rows: Sequence[Row]) -> Row:
    paired = [row for row in rows if row.get("told")]
    strata: dict[str, list[Row]] = defaultdict(list)
    for row in paired:
        strata["all"].append(row)
        own, others = ([clue["modality"] for clue in row[side]] for side in ("told", "untold"))
        strata["same modality" if own == others else "another modality"].append(row)
        if own == others and len(set(own)) == 1:
            strata[f"{own[0]} against {own[0]}"].append(row)
        strata[row["from"]].append(row)
    away = {
        modality: {
            "utterances": len(found),
            "told claims about it": sum(one["told"] for one in found),
            "claims about it left out": sum(one["left out"] for one in found),
        }
        for modality in get_args(Modality)
        for found in [[row[f"{modality}_away"] for row in rows if row.get(f"{modality}_away")]]
    }
    return {
        "utterances": sum("utterance" in row for row in rows),
        "pairs": {name: compared(part) for name, part in strata.items()},
        "modality taken away": away,
    }


def compared(rows: Sequence[Row]) -> Row:
    """The mean size of both changes, their difference, and how likely chance alone makes one so far from 0."""
    told, untold = (
        np.array([abs(row["confidence"] - row[f"without_{side}"]) for row in rows]) for side in ("told", "untold")
    )
    fell = np.array([row["confidence"] - row["without_told"] for row in rows])
    difference = told - untold
    names, owner = np.unique([row["clip"] for row in rows], return_inverse=True)
    sums = np.bincount(owner, difference, len(names))
    rng = np.random.default_rng(0)
    flipped = np.concatenate(
        [np.abs(rng.choice((-1.0, 1.0), (1000, len(sums))) @ sums) for _ in range(NUM_FLIPS // 1000)]
    )
    drawn = rng.integers(0, len(names), (10_000, len(names)))
    means = sums[drawn].sum(1) / np.bincount(owner)[drawn].sum(1)
    return {
        "utterances": len(rows),
        "clips": len(names),
        "clues a side": round(float(np.mean([len(row["told"]) for row in rows])), 2),
        "change without told": round(float(told.mean()), 4),
        "change without untold": round(float(untold.mean()), 4),
        "label less sure without told": round(float((fell > 0).mean()), 3),
        "difference": round(float(difference.mean()), 4),
        "interval": [round(float(bound), 4) for bound in np.percentile(means, (2.5, 97.5))],
        "told more": int((difference > 0).sum()),
        "equal": int((difference == 0).sum()),
        "untold more": int((difference < 0).sum()),
        "p": float((1 + (flipped >= abs(sums.sum()) - 1e-12).sum()) / (1 + NUM_FLIPS)),
    }


if __name__ == "__main__":
    main()
