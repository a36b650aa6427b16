"""What running the console script gives."""

from collections.abc import Callable
from typing import NamedTuple


class Outcome(NamedTuple):
    code: int
    stdout: str
    stderr: str


Run = Callable[..., Outcome]
