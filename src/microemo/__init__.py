"""MicroEmo: a video of a person in; what they feel, when, in free words, with the evidence, out.

    >>> import microemo
    >>> result = microemo.analyze("interview.mp4")
    >>> result.to_dataframe("utterances")

``docs/python.md`` has the rest. Importing the package loads nothing heavy.
"""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microemo import hub, threads
from microemo.errors import InputError, MicroEmoError, WeightsError
from microemo.hooks import Hook

if TYPE_CHECKING:
    from microemo import evaluate
    from microemo.media.subtitles import Cue, Subtitles
    from microemo.pipeline import Pipeline
    from microemo.result import Result
    from microemo.schema import (
        Answer,
        Claim,
        ClipInfo,
        Clue,
        Emotion,
        KeyFrame,
        ModelInfo,
        PersonAnswer,
        UtteranceAnswer,
    )

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Claim",
    "ClipInfo",
    "Clue",
    "Cue",
    "Effect",
    "Emotion",
    "Hook",
    "InputError",
    "KeyFrame",
    "MicroEmoError",
    "ModelInfo",
    "PersonAnswer",
    "Pipeline",
    "Result",
    "UtteranceAnswer",
    "WeightsError",
    "__version__",
    "analyze",
    "evaluate",
    "load",
]

LAZY = {
    "Cue": "microemo.media.subtitles",
    "Pipeline": "microemo.pipeline",
    "Result": "microemo.result",
    **dict.fromkeys(
        (
            "Answer",
            "Claim",
            "ClipInfo",
            "Clue",
            "Effect",
            "Emotion",
            "KeyFrame",
            "ModelInfo",
            "PersonAnswer",
            "UtteranceAnswer",
        ),
        "microemo.schema",
    ),
}
"""Names that are imported when they are first asked for, and the modules that have them."""


def load(model: Path | str = "nano", device: str = "auto", hook: Hook | None = None) -> "Pipeline":
    """The built-in model, or the one in a checkpoint directory; ``.analyze(path)`` gives a ``Result``.

    ``device`` is auto, cpu, cuda or mps; ``hook`` is told of progress (``Hook``). Raises ``WeightsError`` where there
    is no such model, and ``MicroEmoError`` where there is no such device.
    """
    from microemo.pipeline import load as load_pipeline

    return load_pipeline(model, device, hook)


def analyze(
    path: Path | str,
    subtitles: "Subtitles | None" = None,
    asr: bool = True,
    hook: Hook | None = None,
    language: str | None = None,
    diarize: bool | None = None,
    audio_track: int | None = None,
    person: str | None = None,
    neutral: Path | str | None = None,
    why: bool = False,
) -> "Result":
    """What the person in a media file feels, when, and from which clues, by the built-in model.

    Raises ``InputError`` where the file cannot be used. For many files, ``load`` once and call its ``analyze``.
    """
    return load(hook=hook).analyze(
        path,
        subtitles,
        asr,
        language=language,
        diarize=diarize,
        audio_track=audio_track,
        person=person,
        neutral=neutral,
        why=why,
    )


def __getattr__(name: str) -> Any:
    if name == "evaluate":
        return importlib.import_module("microemo.evaluate")
    if name in LAZY:
        return getattr(importlib.import_module(LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


threads.wait_briefly()
hub.register()
