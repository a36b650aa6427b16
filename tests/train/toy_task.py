"""A task of no size: a linear map to learn, its data and its dropout random. Also a program, to be killed or joined."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch
from accelerate import PartialState
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.config import TINY
from microemo.train.config import TrainConfig
from microemo.train.loop import FitResult, accelerator_of, fit
from microemo.train.task import Scores, Task

Example = tuple[Tensor, Tensor]


class Numbers:
    """Inputs with noise of the moment, and their sums."""

    def __init__(self, num: int, kill_at: int | None = None) -> None:
        self.inputs = torch.randn(num, 4, generator=torch.Generator().manual_seed(num))
        self._left = kill_at

    def __len__(self) -> int:
        return len(self.inputs)

    def example(self, index: int, rng: Random) -> Example:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.inputs[index] + 0.1 * rng.random(), self.inputs[index].sum()


class Line(nn.Module):
    """A frozen map below one that is trained, and a part that only some examples use."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.line, self.seldom = nn.Linear(4, 1), nn.Linear(1, 1)

    def forward(self, examples: Sequence[Example]) -> Scores:
        inputs, targets = (torch.stack(column) for column in zip(*examples, strict=True))
        outputs = self.line(F.dropout(self.frozen(inputs), 0.2, self.training))[:, 0]
        if inputs[0, 0] > 0:
            outputs = outputs + self.seldom(inputs[:, :1])[:, 0]
        right = (outputs.sign() == targets.sign()).sum().float()
        return Scores(F.mse_loss(outputs, targets), right, torch.tensor(float(len(examples))))


def config_of(output: Path, **changes: Any) -> TrainConfig:
    fields = {
        "stage": "instruction", "data": "none", "output": output, "model": TINY, "epochs": 3, "batch_size": 4,
        "precision": "float32", "optimizer": {"learning_rate": 0.05, "warmup_steps": 3},
    }  # fmt: skip
    return TrainConfig.model_validate(fields | changes)


def run(output: Path, kill_at: int | None = None, num: int = 22, **changes: Any) -> tuple[Line, FitResult]:
    config, line = config_of(output, **changes), Line()
    task = Task(line, Numbers(num, kill_at), Numbers(9), lambda folder: torch.save(line.state_dict(), folder / "best"))
    return line, fit(task, config, accelerator_of(config))


if __name__ == "__main__":
    # The output, and the number of the example at which to be killed.
    torch.set_num_threads(1)
    run(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None, save_every_sec=0)
    PartialState().destroy_process_group()  # as the command does
