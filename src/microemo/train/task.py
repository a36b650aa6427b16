"""What the loop needs of a stage: examples to train and to validate on, and a loss over them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, Protocol

from jaxtyping import Float
from torch import Tensor, nn


class Scores(NamedTuple):
    """Of a batch: the loss to minimise, how many of its labels were predicted correctly, and what else is logged."""

    loss: Float[Tensor, ""]
    num_correct: Float[Tensor, ""]
    num_labelled: Float[Tensor, ""]
    parts: Mapping[str, Float[Tensor, ""]] = {}


class Examples(Protocol):
    """A split. An example may be drawn anew each time, but ``rng`` alone decides how."""

    def __len__(self) -> int: ...

    def example(self, index: int, rng: Random) -> Any: ...


@dataclass(frozen=True)
class Task:
    """A stage, ready to be trained.

    objective   its ``forward`` gives the ``Scores`` of a list of examples; what requires gradients is trained
    save        writes the model, as others read it, into a folder
    """

    objective: nn.Module
    train: Examples
    validation: Examples
    save: Callable[[Path], None]
