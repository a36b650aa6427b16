"""The ablation study of the paper's Table 2 at nano's size, on label-paired conversations (docs/ablation.md).

    python benchmarks/ablation.py --out runs/ablation data=data/features      # all that is missing, then the tables
    python benchmarks/ablation.py --out runs/ablation --tables                # the tables of what is there

All variants start from one model (configs/ablation/alignment.yaml), which is trained first. Each is trained with every
seed by the same recipe, each run as ``microemo train`` runs it; what it answers to each held-out utterance goes to
OUT/predictions.jsonl.gz, of which all figures are made. A run that is interrupted goes on where it was, one that has
answered is not repeated. Arguments KEY=VALUE go over every recipe.
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
from ablation_tables import FULL, VARIANTS, Answer, tables

from microemo import files, weights
from microemo.errors import InputError
from microemo.model import checkpoint
from microemo.train import config as configs
from microemo.train import run
from microemo.train.config import TrainConfig
from microemo.train.conversations import Conversation, splits
from microemo.train.pairs import FACE_FAMILIES
from microemo.train.recognition import Recognition

RECIPES = Path(__file__).parents[1] / "configs" / "ablation"
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
    """Train and ask what is missing, seed by seed, so that what is there at any time is a study of fewer seeds."""
    start = configs.load(RECIPES / "alignment.yaml", [*overrides, f"output={out / 'alignment'}"])
    done, missing = read(kept), []
    for seed in seeds:
        for variant in VARIANTS:
            changes = [*overrides, f"seed={seed}", f"output={out / f'{variant}-{seed}'}", f"start=[{start.output}]"]
            config = configs.load(RECIPES / f"{variant}.yaml", changes)
            if any((answer.variant, answer.seed) == (variant, seed) for answer in done):
                refuse_another(config)
            else:
                missing.append((config, variant))
    if missing:
        run.train(start)
    for answers in by(workers, missing):
        done += answers
        rows = "".join(json.dumps(vars(answer)) + "\n" for answer in done)
        files.write(kept, gzip.compress(rows.encode(), mtime=0))


def by(workers: int, jobs: Sequence[tuple[TrainConfig, str]]) -> Iterator[list[Answer]]:
    if workers == 1:
        yield from map(answered, jobs)
        return
    threads = max(1, torch.get_num_threads() // workers)
    with get_context("spawn").Pool(workers, torch.set_num_threads, [threads]) as pool:
        yield from pool.imap_unordered(answered, jobs)


def answered(job: tuple[TrainConfig, str]) -> list[Answer]:
    """What a variant answers once it is trained, or trained to the end."""
    config, variant = job
    print(f"{variant}, seed {config.seed}", flush=True)
    run.train(config)
    return [*asked(config, variant)]


def refuse_another(config: TrainConfig) -> None:
    """Raises ``InputError`` where what has answered was trained by another recipe."""
    path = config.output / configs.FILE
    if path.exists() and configs.load(path) != config:
        raise InputError(f"{config.output} is of another recipe; name another --out")


def read(kept: Path) -> list[Answer]:
    if not kept.exists():
        return []
    return [Answer(**json.loads(line)) for line in gzip.decompress(kept.read_bytes()).decode().splitlines()]


@torch.inference_mode()
def asked(config: TrainConfig, variant: str) -> Iterator[Answer]:
    """What the trained model answers to held-out utterances, as they are and, of the full model, changed."""
    model = checkpoint.load(config.output, weights.path)
    recognition, (_, held_out) = Recognition(model).eval(), splits(config.data, model)
    for name, change in CHANGES.items() if variant == FULL else [("", unchanged)]:
        for first in range(0, len(held_out), BATCH):
            numbers = range(first, min(first + BATCH, len(held_out)))
            clips = [change(held_out.example(number, Random())) for number in numbers]
            named = iter(recognition.logits(clips).argmax(-1).tolist())
            for number, clip in zip(numbers, clips, strict=True):
                for index, turn in enumerate(clip.turns):
                    yield Answer(
                        variant=f"{variant}, {name}" if name else variant,
                        seed=config.seed,
                        clip=number,
                        utterance=index,
                        families=[turn.family for turn in clip.turns],
                        predicted=FACE_FAMILIES[next(named)],
                        shows=dict(turn.shows),
                        has_regions=turn.has_regions,
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
