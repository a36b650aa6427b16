"""The ablation study of the paper's Table 2 at nano's size, on label-paired conversations (README.md).

    python -m studies.ablation.run --out runs/ablation data=data/features      # all that is missing, then the tables
    python -m studies.ablation.run --out runs/ablation --tables                # the tables of what is there

All variants start from one model (alignment.yaml), which is trained first. Each is trained with every
seed by the same recipe, each run as ``studies.ablation.train`` runs it; what it predicts for each held-out utterance
goes to OUT/predictions.jsonl.gz, from which all figures are made. An interrupted run resumes, one whose predictions are
there is not repeated. Arguments KEY=VALUE go over every recipe.
"""

import argparse
import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from random import Random

import torch

from microemo import files, weights
from microemo.errors import InputError
from microemo.model import checkpoint
from microemo.train import config as configs
from microemo.train import run
from microemo.train.config import TrainConfig
from recipes.nano.faces import FACE_FAMILIES
from studies.ablation.conversations import Conversation, splits
from studies.ablation.recognition import Recognition
from studies.ablation.tables import FULL, VARIANTS, Prediction, tables
from studies.ablation.train import STAGES

RECIPES = Path(__file__).parent
BATCH = 8

Change = Callable[[Conversation], Conversation]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1, help="runs at a time, which share the cores")
    parser.add_argument("--tables", action="store_true", help="train nothing")
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    arguments = parser.parse_args()
    kept = arguments.out / "predictions.jsonl.gz"
    if not arguments.tables:
        study(arguments.out, range(arguments.seeds), arguments.overrides, kept, arguments.workers)
    print(tables(read(kept)))


def study(out: Path, seeds: Sequence[int], overrides: Sequence[str], kept: Path, workers: int) -> None:
    """Train what is missing and keep its predictions, seed by seed: what is there at any time is a smaller study."""
    start = configs.load(RECIPES / "alignment.yaml", [*overrides, f"output={out / 'alignment'}"])
    done, missing = read(kept), []
    for seed in seeds:
        for variant in VARIANTS:
            changes = [*overrides, f"seed={seed}", f"output={out / f'{variant}-{seed}'}", f"start=[{start.output}]"]
            config = configs.load(RECIPES / f"{variant}.yaml", changes)
            if any((prediction.variant, prediction.seed) == (variant, seed) for prediction in done):
                refuse_another(config)
            else:
                missing.append((config, variant))
    if missing:
        run.train(start, stages=STAGES)
    for predictions in by(workers, missing):
        done += predictions
        rows = "".join(json.dumps(vars(prediction)) + "\n" for prediction in done)
        files.write(kept, gzip.compress(rows.encode(), mtime=0))


def by(workers: int, jobs: Sequence[tuple[TrainConfig, str]]) -> Iterator[list[Prediction]]:
    if workers == 1:
        yield from map(predicted, jobs)
        return
    threads = max(1, torch.get_num_threads() // workers)
    with get_context("spawn").Pool(workers, torch.set_num_threads, [threads]) as pool:
        yield from pool.imap_unordered(predicted, jobs)


def predicted(job: tuple[TrainConfig, str]) -> list[Prediction]:
    """What a variant predicts once it is trained, or trained to the end."""
    config, variant = job
    print(f"{variant}, seed {config.seed}", flush=True)
    run.train(config, stages=STAGES)
    return [*predictions_of(config, variant)]


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
def predictions_of(config: TrainConfig, variant: str) -> Iterator[Prediction]:
    """The trained model's predictions for held-out utterances, as they are and, of the full model, changed."""
    model = checkpoint.load(config.output, weights.path)
    recognition, (_, held_out) = Recognition(model).eval(), splits(config.data, model)
    for name, change in CHANGES.items() if variant == FULL else [("", unchanged)]:
        for first in range(0, len(held_out), BATCH):
            numbers = range(first, min(first + BATCH, len(held_out)))
            clips = [change(held_out.example(number, Random())) for number in numbers]
            named = iter(recognition.logits(clips).argmax(-1).tolist())
            for number, clip in zip(numbers, clips, strict=True):
                for index, truth in enumerate(clip.truths):
                    yield Prediction(
                        variant=f"{variant}, {name}" if name else variant,
                        seed=config.seed,
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
