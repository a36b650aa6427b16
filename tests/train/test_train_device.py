"""The objectives follow their model to another device, and their losses are there."""

from collections.abc import Callable

import pytest
import torch
from left_behind import left_behind
from torch import nn

from microemo.config import TINY
from microemo.model.features import Features
from microemo.model.language import Text
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance, Slot, question_about
from microemo.train.alignment import Alignment, named_slots, slot_scores
from microemo.train.config import PreferenceConfig, ReinforcementConfig
from microemo.train.examples import Example, Turn
from microemo.train.instruction import Instruction
from microemo.train.preference import Preference
from microemo.train.reinforcement import Reinforcement

OBJECTIVES = [
    lambda model: Alignment(model, 0.5),
    lambda model: Instruction(model, 0.5, 0.3),
    lambda model: Preference(model, PreferenceConfig(), 0.1),
    lambda model: Reinforcement(model, ReinforcementConfig(max_tokens=15), 0.1),
]
WINDOW = Slot("audio_window")


@pytest.mark.parametrize("objective_of", OBJECTIVES, ids=["alignment", "instruction", "preference", "reinforcement"])
def test_no_tensor_of_an_objective_is_left_behind(objective_of: Callable[[MicroEmo], nn.Module]) -> None:
    assert left_behind(objective_of(MicroEmo(TINY))) == []


def test_a_tensor_that_is_left_behind_is_found() -> None:
    class Careless(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(2, 2)
            self.inner.loose, self.kept = torch.zeros(2), [torch.ones(1)]  # type: ignore[assignment]

    assert sorted(left_behind(Careless())) == [".kept", "inner.loose"]


@pytest.mark.parametrize("labelled", [((WINDOW, "sad"),), ()], ids=["labelled", "unlabelled"])
def test_the_loss_is_where_the_tokens_are(labelled: tuple[tuple[Slot, str], ...]) -> None:
    entries = [PromptUtterance(0.0, 2.0, "Well.")]
    example = Example(Features(), entries, [Turn(question_about(entries, 0), Text("sad."))], labelled)
    tokens = torch.randn(4, 32, device="meta", requires_grad=True)
    filled = [{WINDOW: tokens}]
    scores = slot_scores(filled, named_slots(filled, [example], torch.randn(8, 32, device="meta")))
    assert {value.device.type for value in scores[:3]} == {"meta"}
    scores.loss.backward()
    assert tokens.grad is not None and tokens.grad.device.type == "meta"
