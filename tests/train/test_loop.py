"""A run that was killed and resumed, or shared by two processes, takes the very path that it would have taken."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import toy_task
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from toy_task import config_of, run

from microemo.errors import InputError, MicroEmoError
from microemo.train import config as configs
from microemo.train import loop, order
from microemo.train.config import OptimizerConfig
from microemo.train.loop import accelerator_of, fit, learning_rate
from microemo.train.task import Scores, Task


def entries(output: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]


def losses(output: Path) -> list[float]:
    return [entry["loss"] for entry in entries(output) if "loss" in entry]


def start(output: Path, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | variables
    return subprocess.Popen([sys.executable, toy_task.__file__, str(output), *arguments], env=environment)


def test_a_killed_run_takes_the_same_path_bit_for_bit(tmp_path: Path) -> None:
    unbroken, _ = run(tmp_path / "unbroken", save_every_sec=0)
    for example in (30, 17):  # the second time it begins where the first attempt was killed: in the middle of a step
        assert start(tmp_path / "killed", str(example)).wait() == -signal.SIGKILL
    done = len(losses(tmp_path / "killed"))
    assert 7 < done < len(losses(tmp_path / "unbroken"))
    resumed, _ = run(tmp_path / "killed", save_every_sec=0)
    assert entries(tmp_path / "killed") == entries(tmp_path / "unbroken")
    assert all(torch.equal(value, unbroken.state_dict()[name]) for name, value in resumed.state_dict().items())


def test_a_run_goes_on_from_its_last_state_however_old(tmp_path: Path) -> None:
    run(tmp_path / "unbroken")
    (tmp_path / "killed").mkdir()
    configs.save(config_of(tmp_path / "killed"), tmp_path / "killed")
    state = tmp_path / "killed" / "state.pt"
    assert start(tmp_path / "killed", "30").wait() == -signal.SIGKILL
    old = state.read_bytes()
    assert start(tmp_path / "killed", "25").wait() == -signal.SIGKILL
    state.write_bytes(old)  # and the log is ahead of it
    run(tmp_path / "killed")
    assert entries(tmp_path / "killed") == entries(tmp_path / "unbroken")


def test_two_processes_do_what_one_does(tmp_path: Path) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    together = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    ranks = [start(tmp_path / "two", **together, RANK=str(n), LOCAL_RANK=str(n)) for n in range(2)]
    assert [rank.wait(120) for rank in ranks] == [0, 0]
    run(tmp_path / "one")
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)
    for one, two in zip(entries(tmp_path / "one"), entries(tmp_path / "two"), strict=True):
        assert two == pytest.approx(one, rel=1e-4, abs=1e-6)
    best = torch.load(tmp_path / "two" / "best", weights_only=True)
    for name, value in torch.load(tmp_path / "one" / "best", weights_only=True).items():
        torch.testing.assert_close(best[name], value, rtol=1e-4, atol=1e-6)


def test_how_a_batch_is_cut_does_not_matter_without_chance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy_task.F, "dropout", lambda inputs, *_: inputs)
    monkeypatch.setattr(toy_task.Line, "seldom", None, raising=False)
    monkeypatch.setattr(toy_task.Numbers, "example", lambda self, i, _: (-self.inputs[i].abs(), self.inputs[i].sum()))
    for size in (1, 2, 4):
        run(tmp_path / str(size), micro_batch_size=size)
    for size in ("2", "4"):
        assert losses(tmp_path / size) == pytest.approx(losses(tmp_path / "1"), rel=1e-4)


def test_the_loss_falls_and_the_seed_decides_how(tmp_path: Path) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run(tmp_path / name, seed=seed, epochs=20)
    curves = [losses(tmp_path / name) for name in "abc"]
    assert sum(curves[0][-10:]) < sum(curves[0][:10]) / 2
    assert curves[0] == curves[1] != curves[2]


def test_bfloat16_learns_too(tmp_path: Path) -> None:
    line, _ = run(tmp_path, precision="bfloat16", epochs=20)
    assert sum(losses(tmp_path)[-10:]) < sum(losses(tmp_path)[:10]) / 2
    assert line.line.weight.dtype == torch.float32


def test_a_finished_run_is_not_run_again(tmp_path: Path) -> None:
    first, outcome = run(tmp_path)
    again, same = run(tmp_path, kill_at=0)
    assert same == outcome
    assert torch.equal(again.line.weight, first.line.weight)


def test_what_is_kept_is_the_best_by_validation(tmp_path: Path) -> None:
    for by, better in (("loss", min), ("accuracy", max)):
        folder = tmp_path / by
        _, outcome = run(folder, best_by=by, validate_every=2, optimizer={"learning_rate": 1.0, "warmup_steps": 1})
        values = [entry[f"validation_{by}"] for entry in entries(folder) if f"validation_{by}" in entry]
        assert len(values) == 9
        assert outcome.best == better(values)
        kept, config = toy_task.Line(), config_of(tmp_path / "judged", steps=1, optimizer={"learning_rate": 1e-12})
        kept.load_state_dict(torch.load(folder / "best", weights_only=True))
        task = Task(kept, toy_task.Numbers(4), toy_task.Numbers(9), lambda _: None)
        fit(task, config.model_copy(update={"output": tmp_path / f"judged by {by}"}), accelerator_of(config))
        judged = entries(tmp_path / f"judged by {by}")[-1][f"validation_{by}"]
        assert judged == pytest.approx(outcome.best, rel=1e-4)


def test_it_stops_early_where_nothing_gets_better_and_stays_stopped(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "patience": 2,
        "validate_every": 1,
        "optimizer": {"learning_rate": 30, "warmup_steps": 0},
    }
    _, outcome = run(tmp_path, **settings)
    values = [entry["validation_loss"] for entry in entries(tmp_path) if "validation_loss" in entry]
    assert outcome.num_steps == len(values) < 17
    assert min(values[-2:]) >= outcome.best == min(values)
    assert run(tmp_path, kill_at=0, **settings)[1] == outcome


def test_the_log_is_in_tensorboard_as_well(tmp_path: Path) -> None:
    run(tmp_path)
    curves = EventAccumulator(str(tmp_path / "tensorboard"))
    curves.Reload()
    assert [scalar.value for scalar in curves.Scalars("loss")] == pytest.approx(losses(tmp_path))
    assert [scalar.step for scalar in curves.Scalars("validation_accuracy")] == [6, 12, 17]


def test_gradients_are_clipped(tmp_path: Path) -> None:
    line, _ = run(tmp_path, steps=1, optimizer={"learning_rate": 0.1, "max_grad_norm": 1e-9, "warmup_steps": 0})
    assert entries(tmp_path)[0]["gradient_norm"] > 0.1  # before clipping
    # Adam's first step of 0.1 a weight, less what its epsilon of 1e-8 is beside gradients that small
    assert (line.line.weight - toy_task.Line().line.weight).abs().max() < 0.02


def test_a_folder_belongs_to_one_run(tmp_path: Path) -> None:
    run(tmp_path)
    run(tmp_path, save_every_sec=5)
    with pytest.raises(InputError, match=r"another run, which differs in epochs, optimizer"):
        run(tmp_path, epochs=4, optimizer={"learning_rate": 0.1})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"num": 0}, "0 examples to train on, 9 to validate on"),
        ({"optimizer": {"learning_rate": 1e30, "warmup_steps": 0}}, "loss is (inf|nan) in step"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        run(tmp_path, **changes)


def test_a_damaged_state_is_said(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "state.pt").write_bytes(b"no state")
    with pytest.raises(InputError, match=r"state\.pt: cannot be resumed from"):
        run(tmp_path)


def test_accuracy_needs_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy_task, "Scores", lambda loss, *_: Scores(loss, torch.zeros(()), torch.zeros(())))
    with pytest.raises(InputError, match="best_by=loss"):
        run(tmp_path, best_by="accuracy")


def test_the_learning_rate_warms_up_and_follows_a_cosine() -> None:
    config = OptimizerConfig(learning_rate=1.0, final_learning_rate=0.1, warmup_steps=100)
    rates = [learning_rate(config, step, 1000) for step in range(1001)]
    assert (rates[0], rates[49]) == (0.01, 0.5)
    assert rates[100] == max(rates) == 1.0
    assert rates[550] == pytest.approx(0.55)
    assert rates[1000] == pytest.approx(0.1)
    assert rates[100:] == sorted(rates[100:], reverse=True)
    assert [learning_rate(config, step, 3) for step in range(3)] == [0.01, 0.02, 0.03]


@given(st.integers(0, 5), st.integers(1, 12), st.integers(1, 40))
def test_every_epoch_sees_every_example_once(seed: int, size: int, num: int) -> None:
    seen = [index for step in range(3 * num) for index in order.batch(seed, step, size, num)]
    for epoch in range(len(seen) // num):
        assert sorted(seen[epoch * num : (epoch + 1) * num]) == list(range(num))


@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_processes_share_the_micro_batches_of_a_batch(processes: int, rounds: int, micro: int) -> None:
    config = config_of(Path("x"), batch_size=processes * rounds * micro, micro_batch_size=micro)
    shares = [order.micro_batches_of(config, process, processes) for process in range(processes)]
    assert sorted(part for share in shares for part in share) == list(range(processes * rounds))


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    with pytest.raises(InputError, match="make it a multiple of 4"):
        order.micro_batches_of(config_of(Path("x"), batch_size=6, micro_batch_size=2), 0, 2)


def test_frozen_weights_are_not_in_the_state(tmp_path: Path) -> None:
    line, _ = run(tmp_path)
    content = torch.load(tmp_path / "state.pt", weights_only=True)
    assert content["parameters"].keys() == {
        name for name, p in line.named_parameters() if not name.startswith("frozen")
    }


def test_a_run_goes_where_it_is_told_and_may_resume_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(loop, "resolve", lambda name: asked.append(name) or torch.device("cpu"))
    for device in ("cpu", "mps", "auto"):
        run(tmp_path, device=device)
    assert asked == ["cpu", "mps", "auto"]


def test_a_device_that_is_not_there_is_said(tmp_path: Path) -> None:
    absent = "mps" if torch.cuda.is_available() else "cuda"
    with pytest.raises(MicroEmoError, match=f"{absent}: .*no such device"):
        run(tmp_path, device=absent)


def test_fit_alone_is_enough_for_a_task_of_ones_own(tmp_path: Path) -> None:
    """Without an accelerator made beforehand."""
    task = Task(toy_task.Line(), toy_task.Numbers(22), toy_task.Numbers(9), lambda _: None)
    result = fit(task, config_of(tmp_path / "own"))
    assert result == run(tmp_path / "same")[1]
