"""Instruction tuning (paper 3.4, second stage): the language modelling loss of whole answers, equation 1."""

from collections.abc import Sequence

from torch import Tensor

from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.train.alignment import Alignment, alignment
from microemo.train.examples import Example
from microemo.train.task import Scores


class Instruction(Alignment):
    """Scores examples by their answers, plus ``alignment_share`` of the alignment loss (beyond the paper)."""

    def __init__(self, model: MicroEmo, voice_noise: float = 0.0, alignment_share: float = 0.0) -> None:
        super().__init__(model, voice_noise)
        self.alignment_share = alignment_share

    def forward(self, examples: Sequence[Example]) -> Scores:
        tokens = self.tokens(examples)
        loss = self.language_loss(tokens, examples)
        if not self.alignment_share:
            return Scores(loss, self.anchors.new_zeros(()), self.anchors.new_zeros(()))
        aligned = alignment(tokens, examples, self.anchors)
        return aligned._replace(loss=loss + self.alignment_share * aligned.loss)

    def language_loss(self, tokens: Sequence[dict[Slot, Tensor]], examples: Sequence[Example]) -> Tensor:
        trees = [
            self.model.tree(filled, one.utterances, one.features.times_sec, [turn.question for turn in one.turns])
            for filled, one in zip(tokens, examples, strict=True)
        ]
        return self.model.language.loss(trees, [[turn.answer for turn in one.turns] for one in examples])
