"""The model beside itself as a run began: no cast that autocast keeps, no mode, takes the one for the other."""

import pytest
import torch
from toy_words import TOY, toy_words

from microemo.model import language
from microemo.model.branches import Tree, together
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance, Question
from microemo.model.registry import LANGUAGE_MODELS
from microemo.train.drafts import drawn
from microemo.train.examples import Example
from microemo.train.start import Start, as_in_use

ASKED = Question("What does the person feel?")
EXAMPLE = Example(Features(), [PromptUtterance(0, 2, "Well.")], [])
ANSWER = [[torch.tensor([0, 3, 4])]]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> MicroEmo:
    monkeypatch.setitem(LANGUAGE_MODELS, "causal_lm", toy_words)
    torch.manual_seed(0)
    return MicroEmo(TOY.model_copy(update={"activation_checkpointing": True})).train()


def log_probs(model: MicroEmo) -> torch.Tensor:
    tree: Tree = together([model.language.embed_text(ASKED.text).detach()])
    (found,) = language.log_probs(model.language.predictions_of([tree], ANSWER))
    return found


def tuned(model: MicroEmo) -> list[torch.nn.Parameter]:
    return [parameter for parameter in model.language.parameters() if parameter.requires_grad]


@torch.no_grad()
def change(model: MicroEmo) -> None:
    for parameter in tuned(model):
        parameter.add_(0.3 * torch.randn_like(parameter))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_start_stays_what_it_was(model: MicroEmo, dtype: torch.dtype) -> None:
    start = Start(model.language)
    with torch.autocast("cpu", torch.bfloat16, dtype == torch.bfloat16):
        before = log_probs(model).detach()
        change(model)
    # One autocast for all passes, as a training step has it.
    with torch.autocast("cpu", torch.bfloat16, dtype == torch.bfloat16):
        first = log_probs(model)
        with start.stands_in(model):
            then = log_probs(model)
        last = log_probs(model)
    assert torch.equal(then, before) and torch.equal(first, last)
    assert not torch.allclose(first, then, atol=0.01)
    assert model.training and torch.is_grad_enabled()


def test_a_pass_behind_drafts_and_the_start_has_its_gradient(model: MicroEmo) -> None:
    start = Start(model.language)
    change(model)

    def gradients(is_behind: bool) -> list[torch.Tensor]:
        with torch.autocast("cpu", torch.bfloat16):
            if is_behind:
                drawn(model, {}, EXAMPLE, ASKED, 2)
                with start.stands_in(model):
                    log_probs(model)
            return list(torch.autograd.grad(log_probs(model).sum(), tuned(model)))

    alone, behind = gradients(is_behind=False), gradients(is_behind=True)
    assert all(one.any() and torch.equal(one, other) for one, other in zip(alone, behind, strict=True))


def test_the_start_is_put_back_whatever_happens(model: MicroEmo) -> None:
    start = Start(model.language)
    change(model)
    values = [parameter.clone() for parameter in tuned(model)]
    with pytest.raises(KeyboardInterrupt), start.stands_in(model):
        raise KeyboardInterrupt
    assert all(torch.equal(one, other) for one, other in zip(values, tuned(model), strict=True))
    assert model.training


def test_drafts_are_drawn_as_in_use_whatever_the_mode(model: MicroEmo) -> None:
    """Checkpointing, which training turns on, would break the key-value cache."""

    def drafts() -> list[tuple[int, ...]]:
        torch.manual_seed(5)
        return [one.ids for one in drawn(model, {}, EXAMPLE, ASKED, 4)]

    in_training = drafts()
    assert model.training and len({*in_training}) > 1
    assert in_training == (model.eval() and drafts())
    assert not model.training


def test_the_log_probabilities_of_drafts_are_those_that_they_were_drawn_with(model: MicroEmo) -> None:
    torch.manual_seed(5)
    drafts = drawn(model, {}, EXAMPLE, ASKED, 6)
    tree = model.tree({}, EXAMPLE.utterances, (), [ASKED] * 6)
    read = language.log_probs(model.language.predictions_of([tree], [[torch.tensor(one.ids) for one in drafts]]))
    assert any(one.has_ended for one in drafts) and not all(one.has_ended for one in drafts)
    for draft, found in zip(drafts, read, strict=True):
        assert len(found) == len(draft.pieces) + draft.has_ended
        assert found[: len(draft.pieces)].tolist() == pytest.approx(draft.log_probs, abs=1e-4)


def test_as_in_use_makes_no_gradients_and_goes_back(model: MicroEmo) -> None:
    with as_in_use(model):
        assert not model.training and not log_probs(model).requires_grad and not torch.is_autocast_cache_enabled()
    assert model.training and log_probs(model).requires_grad and torch.is_autocast_cache_enabled()
