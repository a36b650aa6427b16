"""Drafts: answers that the model draws to a question of an example, to be rewarded or to be bettered."""

import torch
from torch import Tensor

from microemo.model.language import Generation, Sampler
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Question, Slot
from microemo.train.examples import Example
from microemo.train.start import as_in_use


def drawn(
    model: MicroEmo, tokens: dict[Slot, Tensor], example: Example, question: Question, num: int
) -> list[Generation]:
    """``num`` answers, as likely as the LLM has them: at temperature 1, of all tokens, not held to any words.

    What is learnt from them is then of the very distribution that they were drawn from. torch's seed decides them.
    """
    seeds = torch.randint(2**31, (num,), device="cpu").tolist()
    choose = Sampler(1.0, seeds, nucleus=None)
    with as_in_use(model):
        tree = model.tree(tokens, example.utterances, example.features.times_sec, [question])
        return model.language.answer_behind(tree, choose, choose, num)
