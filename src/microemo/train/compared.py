"""What stages share that compare the LLM with itself as the run began: tokens of clips that stay, log-probabilities
by both, and a share of supervised loss, lest it forget how answers are written.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from microemo.config import Calibration
from microemo.errors import InputError
from microemo.model import language
from microemo.model.branches import Tree
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.train.examples import Example, Truth, Turn
from microemo.train.instruction import Instruction
from microemo.train.start import Start, as_in_use
from microemo.train.task import Scores

PerToken = list[Float[Tensor, " _"]]


class Compared(Instruction):
    """Scores examples by answers that are tokens already, by the model and by its ``start``.

    The model loses its calibration: that was found of the start, and does not hold for what comes of it.

    Raises ``InputError`` where the model has no LoRA to tune, or processes share its weights.
    """

    def __init__(self, model: MicroEmo, supervised_share: float) -> None:
        super().__init__(model)
        self.supervised_share = supervised_share
        self.start = Start(model.language)
        if model.config.calibration is not None:
            model.config = model.config.model_copy(update={"calibration": Calibration()})
        if not len(self.start.lora):
            raise InputError("model.language.lora_rank is 0: this stage tunes nothing but LoRA")
        if any(isinstance(parameter, DTensor) for parameter in model.parameters()):
            raise InputError("FSDP: processes that share the LLM run it in step; train this stage without")
        for module in model.language.modules():  # with dropout the two would differ where the weights do not
            if isinstance(module, nn.Dropout):
                module.p = 0.0

    def tokens(self, examples: Sequence[Example]) -> list[dict[Slot, Tensor]]:
        """As they are in use: what makes them is not tuned here."""
        with as_in_use(self.model):
            return super().tokens(examples)

    def log_probs(
        self, trees: Sequence[Tree], answers: Sequence[Sequence[Int[Tensor, " _"]]]
    ) -> tuple[PerToken, PerToken]:
        """The log-probability of each token of each answer, by the model and by its start."""
        with self.start.stands_in(self.model):
            start = language.log_probs(self.model.language.predictions_of(trees, answers))
        return language.log_probs(self.model.language.predictions_of(trees, answers)), start

    def tree(self, filled: dict[Slot, Tensor], example: Example, turns: Sequence[Turn]) -> Tree:
        """The example's prompt with a branch for each of some turns, which may repeat."""
        questions = [turn.question for turn in turns]
        return self.model.tree(filled, example.utterances, example.features.times_sec, questions)

    def supervised(self, tokens: Sequence[dict[Slot, Tensor]], examples: Sequence[Example]) -> Scores:
        """The share of the language modelling loss of the written answers, and how many first tokens are right."""
        written = [_as_written(example) for example in examples] if self.supervised_share else []
        kept = [number for number, example in enumerate(written) if example.turns]
        if not kept:
            nothing = self.nothing()
            return Scores(nothing, nothing.detach(), nothing.detach())
        scores = self.answers([tokens[number] for number in kept], [written[number] for number in kept])
        return scores._replace(loss=self.supervised_share * scores.loss)

    def nothing(self) -> Float[Tensor, ""]:
        """A loss of zero, bound to what is tuned: there is a gradient to take."""
        tuned = [parameter.sum() for parameter in self.model.language.parameters() if parameter.requires_grad]
        return 0 * torch.stack(tuned).sum()


def one_of(turns: Sequence[Turn]) -> Turn:
    """One turn, by torch's seed: several answers to each would not fit into one pass."""
    return turns[int(torch.randint(len(turns), (), device="cpu"))]


def truth_of(turn: Turn) -> Truth:
    """Raises ``InputError`` where the examples come without what answers are judged by."""
    if turn.truth is None:
        raise InputError("examples without evidence: this stage reads a manifest's clips (microemo data import)")
    return turn.truth


def _as_written(example: Example) -> Example:
    """With the answers that are learnt here: those of labels alone are not whole, and empty ones are none."""
    turns = [turn._replace(answer=truth_of(turn).answer) for turn in example.turns]
    return replace(example, turns=[turn for turn in turns if turn.answer.text])
