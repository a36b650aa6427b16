"""MicroEmo: a video of a person in; what they feel, when, in free words, with the evidence, out."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from microemo.pipeline import Pipeline
    from microemo.schema import Result

__all__ = ["Result", "__version__", "analyze", "load"]
__version__ = "0.1.0"


def load(model: str = "nano") -> "Pipeline":
    """The built-in model, or the one in a checkpoint directory; ``.analyze(path)`` gives a ``Result``.

    Raises ``WeightsError`` where there is no such model.
    """
    from microemo.pipeline import load as load_pipeline

    return load_pipeline(model)


def analyze(path: Path | str, subtitles: Path | None = None, asr: bool = True) -> "Result":
    """What the person in a video feels, when, and from which clues, by the built-in model.

    Raises ``InputError`` where the file cannot be used. For many files, ``load`` once and call its ``analyze``.
    """
    return load().analyze(path, subtitles, asr)


def __getattr__(name: str) -> Any:
    """``Result`` on demand: ``import microemo`` and ``microemo --help`` load nothing heavy."""
    if name == "Result":
        from microemo.schema import Result

        return Result
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
