"""Calibration: the weight of the windows' label scores in the first label, and the temperature of its confidence.

    python -m recipes.nano.calibration runs/nano/instruction data/features

Three numbers are fitted on label-paired clips that nothing was trained on: logistic regression from the LLM's logits of
the families and the label scores of a face's and a voice's window to the right family, which is temperature scaling
(Guo et al. 2017) of their weighted sum.
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
from microemo.config import LabelPrior
from microemo.lexicon import FAMILIES
from microemo.model import checkpoint
from microemo.model.labels import WINDOWS, family_token_ids, label_anchors, window_scores
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import SlotKind
from microemo.train.examples import Example
from recipes.nano.pairs import Pairs

BATCH = 16
PULL = 0.001  # of the shares towards 1

Evidence = tuple[Float[Tensor, "N K"], ...]
"""The LLM's logits of the families as first label, and the label scores of windows on the face and on the voice."""


@torch.no_grad()
def evidence_of(model: MicroEmo, examples: Sequence[Example]) -> Evidence:
    anchors, ids = label_anchors(model.language), family_token_ids(model.language)
    logits: list[Tensor] = []
    scores: dict[SlotKind, list[Tensor]] = {kind: [] for kind in WINDOWS}
    for start in range(0, len(examples), BATCH):
        batch = examples[start : start + BATCH]
        clips, entries = [example.features for example in batch], [example.utterances for example in batch]
        tokens = model.tokens(clips, [example.spans for example in batch])
        prompts = model.prompts(tokens, clips, entries, [example.turns[0].question for example in batch])
        logits.append(model.language.next_logits(prompts)[:, ids])
        for of_windows in (window_scores(filled, anchors) for filled in tokens):
            for kind in WINDOWS:
                scores[kind].append(of_windows[kind])
    return torch.cat(logits), *(torch.stack(scores[kind]) for kind in WINDOWS)


def fit(evidence: Evidence, targets: Int[Tensor, " N"]) -> LabelPrior:
    """The weights and the temperature with which softmax((logits + weighted scores) / temperature) fits best.

    No kind of evidence gets a weight of zero: words have the logits alone.
    """
    shares = torch.zeros(len(evidence), requires_grad=True)  # logarithms: all are positive
    optimizer = torch.optim.LBFGS([shares], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        total = torch.stack([share.exp() * kind for share, kind in zip(shares, evidence, strict=True)]).sum(0)
        value = F.cross_entropy(total, targets) + PULL * shares.square().sum()
        value.backward()
        return value

    optimizer.step(loss)
    of_logits, of_face, of_voice = shares.detach().exp().tolist()
    return LabelPrior(video_window=of_face / of_logits, audio_window=of_voice / of_logits, temperature=1 / of_logits)


def _family(example: Example) -> str:
    """The first label that is to be learnt, which in label-paired examples is a family's name."""
    return re.split(r"[,.]", example.turns[0].answer.text, maxsplit=1)[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="trained model's folder, whose config.json gets the three numbers")
    parser.add_argument("features", type=Path, help="folder of recipes.nano.features; its held-out split is fitted on")
    parser.add_argument("--num", type=int, default=1000, help="examples")
    parser.add_argument("--speaker", default="RAVDESS 19", help="whose voices; the others are left for evaluation")
    arguments = parser.parse_args()
    pairs = Pairs(arguments.features, "held_out", speakers={arguments.speaker})
    examples = [pairs.example(number, random.Random(number)) for number in range(arguments.num)]
    model = checkpoint.load(arguments.model, weights.path)
    targets = torch.tensor([FAMILIES.index(_family(example)) for example in examples])
    prior = fit(evidence_of(model, examples), targets)
    checkpoint.write_config(arguments.model, model.config.model_copy(update={"label_prior": prior}))
    print(f"{prior!r}, from {len(examples)} examples")


if __name__ == "__main__":
    main()
