"""Stands in for what the language model generates, so that the parser can be tested without one."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """A text whose tokens are its words and signs, each with the same log-probability."""

    text: str
    score: float = -0.1
    sure: float | None = None
    possible: tuple[str, ...] = ()

    @property
    def pieces(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\s*\w+|\s*[^\w\s]|\s+$", self.text))

    @property
    def log_probs(self) -> tuple[float, ...]:
        return (self.score,) * len(self.pieces)
