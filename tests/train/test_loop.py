"""A run that was killed and resumed takes the very path that it would have taken."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.train import loop
from microemo.train.loop import Schedule, fit

SCHEDULE = Schedule(num_steps=30, learning_rate=0.05, warmup_steps=5)


def toy() -> tuple[nn.Linear, Callable[[int], Tensor]]:
    """A linear map to learn, its data and its dropout random."""
    torch.manual_seed(0)
    model = nn.Linear(4, 1)

    def loss_of_step(step: int) -> Tensor:
        inputs = torch.randn(8, 4)
        return F.mse_loss(model(F.dropout(inputs, 0.2)), inputs.sum(1, keepdim=True))

    return model, loss_of_step


def killed_at(step: int, loss_of_step: Callable[[int], Tensor]) -> Callable[[int], Tensor]:
    def loss(now: int) -> Tensor:
        if now == step:
            raise KeyboardInterrupt
        return loss_of_step(now)

    return loss


def entries(run_dir: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run_dir / "log.jsonl").read_text().splitlines()]


def test_a_killed_run_ends_where_an_unbroken_one_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unbroken, loss = toy()
    fit(unbroken.parameters(), loss, SCHEDULE, tmp_path / "unbroken")

    clock = iter(range(10_000))
    monkeypatch.setattr(loop.time, "monotonic", lambda: 30.0 * next(clock))  # a checkpoint every nine steps or so
    for step in (4, 17, 26):
        model, loss = toy()
        with pytest.raises(KeyboardInterrupt):
            fit(model.parameters(), killed_at(step, loss), SCHEDULE, tmp_path / "killed")
    steps_left: list[int] = []
    model, loss = toy()
    fit(model.parameters(), lambda step: (steps_left.append(step), loss(step))[1], SCHEDULE, tmp_path / "killed")
    assert 0 < len(steps_left) < SCHEDULE.num_steps
    assert torch.equal(model.weight, unbroken.weight)
    assert torch.equal(model.bias, unbroken.bias)


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    first, loss = toy()
    fit(first.parameters(), loss, SCHEDULE, tmp_path)
    again, loss = toy()
    fit(again.parameters(), killed_at(0, loss), SCHEDULE, tmp_path)
    assert torch.equal(again.weight, first.weight)


def test_the_loss_falls_and_the_seed_decides_how(tmp_path: Path) -> None:
    schedule = Schedule(num_steps=60, learning_rate=0.1, warmup_steps=5)
    ends = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        model, loss = toy()
        fit(model.parameters(), loss, schedule, tmp_path / name, seed=seed)
        ends.append(model.weight.detach().clone())
        losses = [entry["loss"] for entry in entries(tmp_path / name)]
        assert losses[-1] < losses[0] / 2
    assert torch.equal(ends[0], ends[1])
    assert not torch.equal(ends[0], ends[2])


def test_the_log_tells_step_loss_rate_and_evaluation(tmp_path: Path) -> None:
    model, loss = toy()
    fit(model.parameters(), loss, SCHEDULE, tmp_path, evaluate=lambda: {"accuracy": 0.5}, evaluate_every=25)
    log = entries(tmp_path)
    assert [(entry["step"], "loss" in entry) for entry in log] == [(20, True), (25, False), (30, True), (30, False)]
    assert [entry["lr"] for entry in log if "lr" in entry] == [SCHEDULE.learning_rate_at(step) for step in (19, 29)]
    assert all(math.isfinite(entry["time"]) for entry in log)
    assert log[1]["accuracy"] == 0.5


def test_the_learning_rate_warms_up_and_follows_a_cosine() -> None:
    schedule = Schedule(num_steps=1000, learning_rate=1.0, warmup_steps=100, final_share=0.1)
    rates = [schedule.learning_rate_at(step) for step in range(1001)]
    assert rates[0] == 0.01
    assert rates[49] == 0.5
    assert rates[100] == max(rates) == 1.0
    assert rates[550] == pytest.approx(0.55)
    assert rates[1000] == pytest.approx(0.1)
    assert rates[:101] == sorted(rates[:101])
    assert rates[100:] == sorted(rates[100:], reverse=True)


def test_a_run_shorter_than_its_warm_up_works() -> None:
    schedule = Schedule(num_steps=3, learning_rate=1.0, warmup_steps=10)
    assert [schedule.learning_rate_at(step) for step in range(3)] == [0.1, 0.2, 0.3]


def test_gradients_are_clipped(tmp_path: Path) -> None:
    parameter = nn.Parameter(torch.zeros(3))
    gradients: list[float] = []
    parameter.register_post_accumulate_grad_hook(lambda p: gradients.append(p.grad.norm().item()))
    seen: list[float] = []

    def loss(step: int) -> Tensor:
        if parameter.grad is not None:
            seen.append(parameter.grad.norm().item())
        return (1e6 * parameter).sum()

    fit([parameter], loss, Schedule(num_steps=3, learning_rate=0.1, warmup_steps=1), tmp_path)
    assert min(gradients) > 1e6
    assert seen == pytest.approx([1.0, 1.0], rel=1e-4)
