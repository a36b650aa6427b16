"""The ablation study of the paper's Table 2 at nano's size, on label-paired conversations (README.md).

    python -m studies.ablation.run --out runs/ablation data=data/features      # all that is missing, then the tables
    python -m studies.ablation.run --out runs/ablation --tables                # the tables of what is there

All variants start from one model (alignment.yaml), which is trained first. Each is trained with every
seed by the same recipe, each run as ``studies.ablation.train`` runs it; what it predicts for each held-out utterance
goes to OUT/predictions.jsonl.gz, from which all figures are made. An interrupted run resumes, one whose predictions are
there is not repeated. Arguments KEY=VALUE go over every recipe. ``studies.kin`` is made the same way.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import cast

import torch
from torch import Tensor

from microemo import files, weights
from microemo.errors import InputError
from microemo.hooks import silent
from microemo.model import checkpoint
from microemo.train import config as configs
from microemo.train import run
from microemo.train.config import TrainConfig
from microemo.train.loop import accelerator_of
from microemo.train.stage import Stage
from microemo.train.task import Examples
from recipes.nano.faces import FACE_FAMILIES
from studies.ablation.conversations import Conversation
from studies.ablation.recognition import Recognition
from studies.ablation.tables import FULL, VARIANTS, Prediction, tables
from studies.ablation.train import STAGES

RECIPES = Path(__file__).parent
BATCH = 8

Change = Callable[[Conversation], Conversation]
Job = tuple[TrainConfig, str]
"""A run, and the variant's name."""


def main() -> None:
    command(
        __doc__,
        Path("runs/ablation"),
        {variant: RECIPES / f"{variant}.yaml" for variant in VARIANTS},
        5,
        predicted,
        tables,
    )


def command(
    description: str | None,
    out: Path,
    recipes: Mapping[str, Path],
    seeds: int,
    predict: Callable[[Job], list[Prediction]],
    tell: Callable[[Sequence[Prediction]], str],
) -> None:
    """The command of a study: of variants by their recipes, what a run predicts, and what is told of it all."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=out)
    parser.add_argument("--seeds", type=int, default=seeds)
    parser.add_argument("--workers", type=int, default=1, help="runs at a time, which share the cores")
    parser.add_argument("--tables", action="store_true", help="train nothing")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    arguments = parser.parse_args()
    kept = arguments.out / "predictions.jsonl.gz"
    if not arguments.tables:
        jobs = missing(arguments.out, recipes, range(arguments.seeds), arguments.overrides, read(kept))
        study(jobs, kept, arguments.workers, predict)
    print(tell(read(kept)))


def missing(
    out: Path, recipes: Mapping[str, Path], seeds: Iterable[int], overrides: Sequence[str], done: Sequence[Prediction]
) -> list[Job]:
    """The runs without predictions, seed by seed; what they start from is trained if there are any."""
    start = configs.load(RECIPES / "alignment.yaml", [*overrides, f"output={out / 'alignment'}"])
    jobs = []
    for seed in seeds:
        for variant, recipe in recipes.items():
            changes = [*overrides, f"seed={seed}", f"output={out / f'{variant}-{seed}'}", f"start=[{start.output}]"]
            config = configs.load(recipe, changes)
            if any((prediction.variant, prediction.seed) == (variant, seed) for prediction in done):
                refuse_another(config)
            else:
                jobs.append((config, variant))
    if jobs:
        run.train(start, stages=STAGES)
    return jobs


def study(jobs: Sequence[Job], kept: Path, workers: int, predict: Callable[[Job], list[Prediction]]) -> None:
    """Train and keep predictions, run by run: what is there at any time is a smaller study."""
    done = read(kept)
    for predictions in by(workers, jobs, predict):
        done += predictions
        rows = "".join(json.dumps(vars(prediction)) + "\n" for prediction in done)
        files.write(kept, gzip.compress(rows.encode(), mtime=0))


def by(workers: int, jobs: Sequence[Job], predict: Callable[[Job], list[Prediction]]) -> Iterator[list[Prediction]]:
    if workers == 1:
        yield from map(predict, jobs)
        return
    threads = max(1, torch.get_num_threads() // workers)
    with get_context("spawn").Pool(workers, torch.set_num_threads, [threads]) as pool:
        yield from pool.imap_unordered(predict, jobs)


def predicted(job: Job) -> list[Prediction]:
    """What a variant predicts once it is trained, or trained to the end."""
    return trained_and_asked(job, STAGES)


def trained_and_asked(job: Job, stages: Mapping[str, Stage]) -> list[Prediction]:
    """Its predictions for held-out clips; of the full model, for these changed as well."""
    config, variant = job
    print(f"{variant}, seed {config.seed}", flush=True)
    run.train(config, stages=stages)
    changes = CHANGES if variant == FULL else {"": unchanged}
    return [*predictions_of(config, variant, stages[config.stage], changes)]


def refuse_another(config: TrainConfig) -> None:
    """Raises ``InputError`` where its predictions are of another recipe."""
    path = config.output / configs.FILE
    if path.exists() and configs.load(path) != config:
        raise InputError(f"{config.output} is of another recipe; name another --out")


def read(kept: Path) -> list[Prediction]:
    if not kept.exists():
        return []
    return [Prediction(**json.loads(line)) for line in gzip.decompress(kept.read_bytes()).decode().splitlines()]


@torch.inference_mode()
def predictions_of(
    config: TrainConfig, variant: str, stage: Stage, changes: Mapping[str, Change]
) -> Iterator[Prediction]:
    """The trained model's predictions for held-out utterances, by each of the changes."""
    model = checkpoint.load(config.output, weights.path)
    _, held_out = stage.examples(config, model, accelerator_of(config), silent)
    recognition = cast(Recognition, stage.objective(model, config).eval())
    yield from asked(recognition.logits, held_out, variant, config.seed, changes)


def asked(
    logits: Callable[[Sequence[Conversation]], Tensor],
    held_out: Examples,
    variant: str,
    seed: int,
    changes: Mapping[str, Change],
) -> Iterator[Prediction]:
    """What is named likeliest in each utterance of each clip."""
    for name, change in changes.items():
        for first in range(0, len(held_out), BATCH):
            numbers = range(first, min(first + BATCH, len(held_out)))
            clips = [change(held_out.example(number, Random())) for number in numbers]
            named = iter(logits(clips).argmax(-1).tolist())
            for number, clip in zip(numbers, clips, strict=True):
                for index, truth in enumerate(clip.truths):
                    yield Prediction(
                        variant=f"{variant}, {name}" if name else variant,
                        seed=seed,
                        clip=number,
                        utterance=index,
                        families=[truth.family for truth in clip.truths],
                        predicted=FACE_FAMILIES[next(named)],
                        shows=dict(truth.shows),
                        has_regions=truth.has_regions,
                        intruders=list(clip.intruders),
                    )


def unchanged(clip: Conversation) -> Conversation:
    return clip


def neighbours_windows(clip: Conversation) -> Conversation:
    """Each utterance with the next one's window, the last with the first's: does the model look into windows?"""
    return replace(clip, spans=(*clip.spans[1:], clip.spans[0]))


def no_regions(clip: Conversation) -> Conversation:
    """As if no clue region had been found: does the model look at local clues?"""
    masks = clip.features.region_masks
    return clip if masks is None else replace(clip, features=replace(clip.features, region_masks=masks * 0))


CHANGES: dict[str, Change] = {
    "": unchanged,
    "windows of the next utterance": neighbours_windows,
    "no clue regions": no_regions,
}


if __name__ == "__main__":
    main()
