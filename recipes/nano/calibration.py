"""Calibration: how sure first labels may be, found on held-out people's label-paired utterances.

    python -m recipes.nano.calibration runs/nano/instruction data/features

All is found on utterances that nothing was trained on. First the temperature by which the families' log-probabilities
are divided (temperature scaling, Guo et al. 2017); then, by what is shown, how sure a family is at least that is the
truth in 90 % of cases (split conformal sets: the threshold of Sadinle et al. 2019, a group at a time as Vovk 2003 has
it). Half of the utterances find it, the other half tell how often the sets hold the truth, and how large they are.
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
from microemo.model.first_label import FirstWords, shown_by
from microemo.model.microemo import MicroEmo
from microemo.train.examples import Example
from recipes.nano.pairs import Pairs

BATCH = 16
COVERAGE = 0.9


@torch.no_grad()
def families_of(model: MicroEmo, examples: Sequence[Example]) -> Float[Tensor, "N K"]:
    """Log-probabilities of the families as the first label, as the LLM has them."""
    words, found = FirstWords.known_to(model.language), []
    for start in range(0, len(examples), BATCH):
        batch = examples[start : start + BATCH]
        clips, entries = [example.features for example in batch], [example.utterances for example in batch]
        tokens = model.tokens(clips, [example.spans for example in batch])
        prompts = model.prompts(tokens, clips, entries, [example.turns[0].question for example in batch])
        found.append(words.log_probs(model.language.next_logits(prompts)))
    return torch.cat(found)


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
    """By what is shown: the greatest probability that the truth has in ``COVERAGE`` of cases, and one more."""
    of_truth = sure.gather(1, targets[:, None])[:, 0]
    found: dict[Shown, float] = {}
    for kind in sorted(set(shown)):
        own = of_truth[[one == kind for one in shown]].sort().values
        below = math.floor((len(own) + 1) * (1 - COVERAGE))  # so many may be less sure
        found[kind] = round(own[below - 1].item(), 4) if below else 0.0
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
    limits = torch.tensor([least[kind] for kind in shown])[:, None]
    sets = (sure >= limits) | F.one_hot(sure.argmax(-1), sure.shape[1]).bool()
    held = sets.gather(1, targets[:, None])[:, 0]
    for kind in sorted(set(shown)):
        own = torch.tensor([one == kind for one in shown])
        yield Coverage(kind, int(own.sum()), int(held[own].sum()), sets[own].sum(-1).float().mean().item())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="trained model's folder, whose config.json gets the number")
    parser.add_argument("features", type=Path, help="folder of recipes.nano.features; its held-out split is fitted on")
    parser.add_argument("--num", type=int, default=1000, help="examples")
    parser.add_argument("--speaker", default="RAVDESS 19", help="whose voices; the others are left for evaluation")
    arguments = parser.parse_args()
    pairs = Pairs(arguments.features, "held_out", speakers={arguments.speaker})
    examples = [pairs.example(number, random.Random(number)) for number in range(arguments.num)]
    model = checkpoint.load(arguments.model, weights.path)
    targets = torch.tensor([FAMILIES.index(example.turns[0].answer.text) for example in examples])
    shown = [shown_by(one.features, one.utterances, one.turns[0].question) for one in examples]
    families = families_of(model, examples)
    temperature = fit(families, targets)
    sure = (families / temperature).softmax(-1)
    one, other = slice(0, None, 2), slice(1, None, 2)
    least = thresholds(sure[one], targets[one], shown[one])
    print(*coverage(sure[other], targets[other], shown[other], least), sep="\n")
    found = Calibration(temperature=temperature, possible_from=thresholds(sure, targets, shown))
    checkpoint.write_config(arguments.model, model.config.model_copy(update={"calibration": found}))
    print(f"{found!r}, from {len(examples)} examples")


if __name__ == "__main__":
    main()
