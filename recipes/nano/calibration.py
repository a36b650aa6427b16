"""Calibration: how sure first labels may be, found on held-out people's label-paired utterances.

    python -m recipes.nano.calibration runs/nano/instruction data/features

All is found on utterances that nothing was trained on, of one actor's voices and half of the pictures that models are
chosen by. First the temperature by which the families' log-probabilities are divided (temperature scaling, Guo et al.
2017); then, by what is shown, how sure a family is at least that is the truth in 90 % of cases (split conformal sets:
the threshold of Sadinle et al. 2019, a group at a time as Vovk 2003 has it). Another actor's voices and the other half
of the pictures tell how often the sets hold the truth, and how large they are. Takes and pictures are drawn again and
again: intervals are narrower than new people would give.
"""

import argparse
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from benchmarks.shares import proportion
from microemo import weights
from microemo.config import Calibration, Shown
from microemo.lexicon import FAMILIES
from microemo.model import checkpoint
from microemo.model.first_label import shown_by
from microemo.model.microemo import MicroEmo
from microemo.train.examples import Example
from recipes.nano.pairs import Pairs

BATCH = 16


class Judged(NamedTuple):
    """Of utterances: log-probabilities of the families as the first label; the true ones; what is shown."""

    families: Float[Tensor, "N K"]
    targets: Int[Tensor, " N"]
    shown: list[Shown]


@torch.no_grad()
def judge(model: MicroEmo, examples: Sequence[Example]) -> Judged:
    found = []
    for start in range(0, len(examples), BATCH):
        batch = examples[start : start + BATCH]
        clips, entries = [example.features for example in batch], [example.utterances for example in batch]
        found.append(model.families(clips, entries, [example.turns[0].question for example in batch]).cpu())
    shown = [shown_by(one.features, one.turns[0].question.about(one.utterances)) for one in examples]
    return Judged(
        torch.cat(found),
        torch.tensor([FAMILIES.index(example.turns[0].answer.text) for example in examples]),
        shown,
    )


def fit(families: Float[Tensor, "N K"], targets: Int[Tensor, " N"]) -> float:
    """The temperature with which softmax(families / temperature) fits best."""
    logarithm = torch.zeros((), requires_grad=True)  # a temperature is positive
    optimizer = torch.optim.LBFGS([logarithm], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(families / logarithm.exp(), targets)
        value.backward()
        return value

    optimizer.step(loss)
    return round(logarithm.exp().item(), 4)


def thresholds(sure: Float[Tensor, "N K"], targets: Int[Tensor, " N"], shown: Sequence[Shown]) -> dict[Shown, float]:
    """By what is shown: the greatest probability that the truth reaches in 90 % of cases, of one more as well."""
    of_truth = sure.gather(1, targets[:, None])[:, 0]
    found: dict[Shown, float] = {}
    for kind in sorted(set(shown)):
        own = of_truth[[one == kind for one in shown]].sort().values
        below = (len(own) + 1) // 10  # so many may be less sure
        found[kind] = math.floor(own[below - 1].item() * 1e4) / 1e4 if below else 0.0
    return found


class Coverage(NamedTuple):
    """Of utterances that show as much: how many, in how many of them the set holds the truth, and its mean size."""

    shown: Shown
    num: int
    num_held: int
    num_families: float

    def __str__(self) -> str:
        sets = f"{self.shown}: sets of {self.num_families:.1f} families hold the truth"
        return proportion(sets, self.num_held, self.num)


def coverage(
    sure: Float[Tensor, "N K"], targets: Int[Tensor, " N"], shown: Sequence[Shown], least: Mapping[Shown, float]
) -> Iterator[Coverage]:
    limits = torch.tensor([least.get(kind, 0.0) for kind in shown])[:, None]
    sets = (sure >= limits) | F.one_hot(sure.argmax(-1), sure.shape[1]).bool()
    held = sets.gather(1, targets[:, None])[:, 0]
    for kind in sorted(set(shown)):
        own = torch.tensor([one == kind for one in shown])
        yield Coverage(kind, int(own.sum()), int(held[own].sum()), sets[own].sum(-1).float().mean().item())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="trained model's folder, whose config.json gets the numbers")
    parser.add_argument("features", type=Path, help="folder of recipes.nano.features; its held-out split is read")
    parser.add_argument("--num", type=int, default=1000, help="utterances to find the numbers by, and to try them on")
    parser.add_argument("--speaker", default="RAVDESS 19", help="whose voices find them")
    parser.add_argument("--other", default="RAVDESS 20", help="on whose voices they are tried")
    arguments = parser.parse_args()
    model = checkpoint.load(arguments.model, weights.path)

    def judged(speaker: str, pictures: slice) -> Judged:
        pairs = Pairs(arguments.features, "held_out", {speaker}, pictures=pictures)
        return judge(model, [pairs.example(number, random.Random(number)) for number in range(arguments.num)])

    one, other = judged(arguments.speaker, slice(0, None, 2)), judged(arguments.other, slice(1, None, 2))
    temperature = fit(one.families, one.targets)
    least = thresholds((one.families / temperature).softmax(-1), one.targets, one.shown)
    print(*coverage((other.families / temperature).softmax(-1), other.targets, other.shown, least), sep="\n")
    found = Calibration(temperature=temperature, possible_from=least)
    checkpoint.write_config(arguments.model, model.config.model_copy(update={"calibration": found}))
    print(f"{found!r}, from {arguments.num} utterances")


if __name__ == "__main__":
    main()
