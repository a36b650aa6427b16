"""Progress hooks: the pipeline says what it does, the caller decides how to show it.

A hook is called as ``hook(step, completed, total)``: at a step's start with ``completed=0``, then as it goes,
and at its end with ``completed == total``. ``total`` is None where it is not known in advance. Units are the
step's own (seconds of media, frames, bytes, utterances); steps come in the pipeline's order.
"""

from typing import Protocol


class Hook(Protocol):
    def __call__(self, step: str, completed: float, total: float | None, /) -> None: ...


def silent(step: str, completed: float, total: float | None, /) -> None:
    """The default hook: shows nothing."""
