"""The training loop that every stage shares: AdamW, warm-up and cosine, checkpoints, exact resume, a JSONL log.

A step's loss is a function of the step's number alone (its batch, augmentation and dropout are seeded by it), so a
run that was killed and resumed takes the very path that it would have taken.
"""

import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

CHECKPOINT_SECONDS = 240.0
LOG_EVERY = 20


@dataclass(frozen=True)
class Schedule:
    """Optimiser settings of one stage; betas and weight decay are those of the paper's upstreams."""

    num_steps: int
    learning_rate: float
    warmup_steps: int = 100
    weight_decay: float = 0.05
    max_grad_norm: float = 1.0
    final_share: float = 0.02  # of the learning rate, at the end of the cosine

    def learning_rate_at(self, step: int) -> float:
        if step < self.warmup_steps:
            return self.learning_rate * (step + 1) / self.warmup_steps
        progress = (step - self.warmup_steps) / max(1, self.num_steps - self.warmup_steps)
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        return self.learning_rate * (self.final_share + (1 - self.final_share) * cosine)


def fit(
    parameters: Iterable[nn.Parameter],
    loss_of_step: Callable[[int], Tensor],
    schedule: Schedule,
    run_dir: Path,
    *,
    seed: int = 0,
    evaluate: Callable[[], dict[str, float]] | None = None,
    evaluate_every: int = 0,
) -> None:
    """Minimise ``loss_of_step(step)`` over ``parameters``, from the last checkpoint in ``run_dir`` if there is one.

    Writes ``run_dir/checkpoint.pt`` (at least every CHECKPOINT_SECONDS) and ``run_dir/log.jsonl``.
    """
    parameters = list(parameters)
    optimizer = torch.optim.AdamW(parameters, lr=schedule.learning_rate, weight_decay=schedule.weight_decay)
    run_dir.mkdir(parents=True, exist_ok=True)
    first_step = _resume(run_dir / "checkpoint.pt", parameters, optimizer)
    saved_at = time.monotonic()
    recent: list[float] = []
    for step in range(first_step, schedule.num_steps):
        torch.manual_seed(seed * 1_000_003 + step)
        for group in optimizer.param_groups:
            group["lr"] = schedule.learning_rate_at(step)
        loss = loss_of_step(step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, schedule.max_grad_norm)
        optimizer.step()
        recent.append(loss.item())
        done = step + 1
        if done % LOG_EVERY == 0 or done == schedule.num_steps:
            _log(run_dir, {"step": done, "loss": sum(recent) / len(recent), "lr": schedule.learning_rate_at(step)})
            recent.clear()
        if time.monotonic() - saved_at > CHECKPOINT_SECONDS or done == schedule.num_steps:
            _save(run_dir / "checkpoint.pt", done, parameters, optimizer)
            saved_at = time.monotonic()
        if evaluate and (done == schedule.num_steps or (evaluate_every and done % evaluate_every == 0)):
            _log(run_dir, {"step": done, **evaluate()})


def _log(run_dir: Path, entry: dict[str, float]) -> None:
    with (run_dir / "log.jsonl").open("a") as file:
        file.write(json.dumps({"time": round(time.time(), 1), **entry}) + "\n")


def _save(path: Path, step: int, parameters: list[nn.Parameter], optimizer: torch.optim.Optimizer) -> None:
    temporary = path.with_suffix(".tmp")
    values = [parameter.detach() for parameter in parameters]
    torch.save({"step": step, "parameters": values, "optimizer": optimizer.state_dict()}, temporary)
    temporary.replace(path)


def _resume(path: Path, parameters: list[nn.Parameter], optimizer: torch.optim.Optimizer) -> int:
    """Load the checkpoint into parameters and optimiser; the number of steps done, 0 if there is none."""
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    with torch.no_grad():
        for parameter, value in zip(parameters, state["parameters"], strict=True):
            parameter.copy_(value)
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])
