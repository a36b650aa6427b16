"""Instruction tuning (paper 3.4, second stage): the language modelling loss of whole answers, equation 1."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from microemo.model import language
from microemo.model.first_label import FirstWords
from microemo.model.language import Prediction
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.train.alignment import Alignment
from microemo.train.config import KinShares
from microemo.train.examples import Example
from microemo.train.task import Scores


class Instruction(Alignment):
    """Scores examples by their answers; and, beyond the paper, by ``alignment_share`` of the alignment loss and by
    ``label_share`` of the loss of each answer's first token alone, which is mostly a label.
    """

    def __init__(
        self,
        model: MicroEmo,
        voice_noise: float = 0.0,
        alignment_share: float = 0.0,
        label_share: float = 0.0,
        kin: KinShares | None = None,
    ) -> None:
        super().__init__(model, voice_noise, kin)
        self.alignment_share, self.label_share = alignment_share, label_share
        self.words = FirstWords.known_to(model.language)

    def forward(self, examples: Sequence[Example]) -> Scores:
        """The loss, and of how many answers the first token is the likeliest, or of the likeliest one's family."""
        return self.answers(self.tokens(examples), examples)

    def answers(self, tokens: Sequence[dict[Slot, Tensor]], examples: Sequence[Example]) -> Scores:
        predictions = self.predictions(tokens, examples)
        loss = language.loss(predictions)
        likeliest = torch.stack([logits[0].argmax() for logits, _ in predictions])
        num_correct = self._alike(likeliest, torch.stack([ids[0] for _, ids in predictions])).sum()
        if self.label_share:
            loss = loss + self.label_share * language.loss([(logits[:1], ids[:1]) for logits, ids in predictions])
        if self.alignment_share:
            loss = loss + self.alignment_share * self.alignment(tokens, examples).loss
        return Scores(loss, num_correct.float(), loss.new_tensor(len(predictions)))

    def _alike(self, one: Int[Tensor, " B"], other: Int[Tensor, " B"]) -> Bool[Tensor, " B"]:
        """Whether tokens are the same, or words of one family."""
        words = self.words.to(one.device)
        return (one == other) | (words.are(one) & words.are(other)).any(-1)

    def predictions(self, tokens: Sequence[dict[Slot, Tensor]], examples: Sequence[Example]) -> list[Prediction]:
        trees = [
            self.model.tree(filled, one.utterances, one.features.times_sec, [turn.question for turn in one.turns])
            for filled, one in zip(tokens, examples, strict=True)
        ]
        return self.model.language.predictions(trees, [[turn.answer for turn in one.turns] for one in examples])
