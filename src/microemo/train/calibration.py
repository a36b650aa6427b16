"""Calibration: how much the label scores weigh in on the first label, and how sure it may be of itself.

The two numbers are fitted on label-paired clips that nothing was trained on: logistic regression from the LLM's logits
of the families and the windows' label scores to the right family, which is temperature scaling (Guo et al. 2017) of
their weighted sum.
"""

import argparse
import random
import re
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from microemo import weights
from microemo.model import checkpoint
from microemo.model.labels import family_token_ids, label_anchors, window_scores
from microemo.model.microemo import MicroEmo
from microemo.train.examples import Example
from microemo.train.pairs import Pairs
from microemo.vocabulary import FAMILIES

BATCH = 16
PULL = 0.001  # of the two shares towards 1


@torch.no_grad()
def evidence(model: MicroEmo, examples: Sequence[Example]) -> tuple[Float[Tensor, "N K"], Float[Tensor, "N K"]]:
    """The LLM's logits of the families as first label, and the windows' label scores, for each example."""
    anchors, ids = label_anchors(model.language), family_token_ids(model.language)
    logits, scores = [], []
    for start in range(0, len(examples), BATCH):
        batch = examples[start : start + BATCH]
        clips, entries = [example.features for example in batch], [example.utterances for example in batch]
        tokens = model.tokens(clips, [example.spans for example in batch])
        prompts = model.prompts(tokens, clips, entries, [example.question for example in batch])
        logits.append(model.language.next_logits(prompts)[:, ids])
        scores.append(torch.stack([window_scores(filled, anchors) for filled in tokens]))
    return torch.cat(logits), torch.cat(scores)


def fit(logits: Float[Tensor, "N K"], scores: Float[Tensor, "N K"], targets: Int[Tensor, " N"]) -> tuple[float, float]:
    """The scores' weight and the temperature with which softmax((logits + weight * scores) / temperature) fits best.

    Neither kind of evidence is believed to be worth nothing: words are judged by the logits alone.
    """
    shares = torch.zeros(2, requires_grad=True)  # logarithms: both are positive
    optimizer = torch.optim.LBFGS([shares], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(shares[0].exp() * logits + shares[1].exp() * scores, targets)
        value = value + PULL * shares.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    of_logits, of_scores = shares.detach().exp().tolist()
    return of_scores / of_logits, 1 / of_logits


def _family(example: Example) -> str:
    """The first label that is to be learnt, which in label-paired examples is a family's name."""
    return re.split(r"[,.]", example.answer, maxsplit=1)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="trained model's folder, whose config.json gets the two numbers")
    parser.add_argument("features", type=Path, help="folder of train/features.py; its held-out split is fitted on")
    parser.add_argument("--num", type=int, default=1000, help="examples")
    parser.add_argument("--actor", type=int, default=19, help="whose voices; the others are left to be judged by")
    arguments = parser.parse_args()
    pairs = Pairs(arguments.features, "held_out", actors={arguments.actor})
    examples = [pairs.example(number, random.Random(number)) for number in range(arguments.num)]
    model = checkpoint.load(arguments.model, weights.path)
    targets = torch.tensor([FAMILIES.index(_family(example)) for example in examples])
    weight, temperature = fit(*evidence(model, examples), targets)
    config = model.config.model_copy(update={"label_prior": weight, "label_temperature": temperature})
    checkpoint.write_config(arguments.model, config)
    print(f"label_prior {weight:.3f}, label_temperature {temperature:.3f}, from {len(examples)} examples")


if __name__ == "__main__":
    main()
