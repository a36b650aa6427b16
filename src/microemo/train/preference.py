"""Preference, beyond the paper: what people corrected becomes likelier than what the model had said.

DPO (Rafailov et al. 2023), by mean log-probabilities of an answer's tokens, as Tülu 3 has it (Lambert et al. 2024):
their sums would prefer by length. Where nothing was corrected, self-play (SPIN, Chen et al. 2024): the written answer
is preferred to one that the model as the run began draws, so that every validation sees the same.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from microemo.model.language import Generation
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.parse import divided
from microemo.train.compared import Compared, one_of, truth_of
from microemo.train.config import PreferenceConfig
from microemo.train.drafts import drawn
from microemo.train.examples import Example, Turn
from microemo.train.task import Scores


class Choice(NamedTuple):
    """Two answers to a question, as tokens."""

    turn: Turn
    chosen: Int[Tensor, " _"]
    rejected: Int[Tensor, " _"]


class Preference(Compared):
    """Scores examples by their choices, and by a share of the supervised loss; right are those of a positive margin."""

    def __init__(self, model: MicroEmo, config: PreferenceConfig, supervised_share: float) -> None:
        super().__init__(model, supervised_share)
        self.config = config

    def forward(self, examples: Sequence[Example]) -> Scores:
        tokens = self.tokens(examples)
        choices = [self.choices(filled, example) for filled, example in zip(tokens, examples, strict=True)]
        gains = self.gains(tokens, examples, choices)
        margins = self.config.beta * (gains[:, 0] - gains[:, 1])
        loss = F.softplus(-margins).mean() if len(margins) else self.nothing()
        chosen, rejected = gains.detach().mean(0).nan_to_num()  # NaN of no choices
        parts = {"margin": self.config.beta * (chosen - rejected), "gain_chosen": chosen, "gain_rejected": rejected}
        return Scores(
            loss + self.supervised(tokens, examples).loss,
            (margins > 0).sum().float(),
            loss.new_tensor(len(margins)),
            parts,
        )

    def choices(self, filled: dict[Slot, Tensor], example: Example) -> list[Choice]:
        """What was corrected, or else, with self-play, what is written beside a draft."""
        ids = self.model.language.answer_ids
        corrected = [Choice(turn, *map(ids, turn.pair)) for turn in example.turns if turn.pair]
        if corrected or not self.config.self_play:
            return corrected
        return self.against_draft(filled, example, one_of(example.turns))

    def against_draft(self, filled: dict[Slot, Tensor], example: Example, turn: Turn) -> list[Choice]:
        """Where labels alone are written, a draft's labels alone are compared; nothing, if both say the same."""
        written = truth_of(turn).answer
        with self.start.stands_in(self.model):
            (draft,) = drawn(self.model, filled, example, turn.question, 1)
        num = len(draft.ids) if written.is_whole else num_of_labels(draft)
        is_same = "".join(draft.pieces[:num]).strip().lower() == written.text.lower()
        if is_same or not num or not written.text:
            return []
        rejected = torch.tensor(draft.ids[:num], device=self.model.device)
        return [Choice(turn, self.model.language.answer_ids(written), rejected)]

    def gains(
        self,
        tokens: Sequence[dict[Slot, Tensor]],
        examples: Sequence[Example],
        choices: Sequence[Sequence[Choice]],
    ) -> Float[Tensor, "C 2"]:
        """How much likelier each chosen and each rejected answer is than at the start, in logarithms a token."""
        asked = [each for each in zip(tokens, examples, choices, strict=True) if each[2]]
        if not asked:
            return torch.zeros(0, 2, device=self.model.device)
        trees = [
            self.tree(filled, example, [one.turn for one in own for _ in range(2)]) for filled, example, own in asked
        ]
        answers = [[ids for one in own for ids in (one.chosen, one.rejected)] for *_, own in asked]
        both = zip(*self.log_probs(trees, answers), strict=True)
        return torch.stack([(log_probs - start).mean() for log_probs, start in both]).view(-1, 2)


def num_of_labels(draft: Generation) -> int:
    """How many of a draft's tokens are its labels and what ends them; none, if it has no labels."""
    told = len(draft.text) - len(divided(draft)[1])
    starts = accumulate(map(len, draft.pieces), initial=0)
    return sum(start < told for start, _ in zip(starts, draft.pieces, strict=False))
