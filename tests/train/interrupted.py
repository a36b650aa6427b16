"""Runs that end in the middle of a step, as by the keyboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
from torch import nn


@contextmanager
def interrupted(objective: type[nn.Module], call: int) -> Iterator[None]:
    """What trains within is interrupted at that call of the objective, counted from 0."""
    forward, calls = objective.forward, count()

    def until(self: nn.Module, examples: Any) -> Any:
        if next(calls) == call:
            raise KeyboardInterrupt
        return forward(self, examples)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(objective, "forward", until)
        yield
