"""Calibration: how sure first labels may be, found on held-out people's label-paired utterances.

    python -m recipes.nano.calibration runs/nano/instruction data/features

One number is fitted on utterances that nothing was trained on: the temperature by which the families' log-probabilities
are divided (temperature scaling, Guo et al. 2017).
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from microemo import weights
from microemo.config import Calibration
from microemo.lexicon import FAMILIES
from microemo.model import checkpoint
from microemo.model.first_label import FirstWords
from microemo.model.microemo import MicroEmo
from microemo.train.examples import Example
from recipes.nano.pairs import Pairs

BATCH = 16


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


def fit(families: Float[Tensor, "N K"], targets: Int[Tensor, " N"]) -> Calibration:
    """The temperature with which softmax(families / temperature) fits best."""
    logarithm = torch.zeros((), requires_grad=True)  # a temperature is positive
    optimizer = torch.optim.LBFGS([logarithm], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(families / logarithm.exp(), targets)
        value.backward()
        return value

    optimizer.step(loss)
    return Calibration(temperature=round(logarithm.exp().item(), 4))


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
    found = fit(families_of(model, examples), targets)
    checkpoint.write_config(arguments.model, model.config.model_copy(update={"calibration": found}))
    print(f"{found!r}, from {len(examples)} examples")


if __name__ == "__main__":
    main()
