"""Perception as ``AutoProcessor`` knows it: a media file in, all that the model reads of it out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import BatchFeature, ProcessorMixin
from transformers.models.auto.processing_auto import AutoProcessor

from microemo.errors import WeightsError
from microemo.hub.configuration import MicroEmoConfig
from microemo.hub.modeling import folder_of

if TYPE_CHECKING:
    from microemo.pipeline import Pipeline


class MicroEmoProcessor(ProcessorMixin):
    """Media and perception for a trained model; ``model(**processor("interview.mp4"))``."""

    def __init__(self, pipeline: "Pipeline") -> None:
        self.pipeline = pipeline

    @classmethod
    def from_pretrained(cls, name: str | os.PathLike[str], **options: Any) -> "MicroEmoProcessor":  # type: ignore[override]
        """Raises ``WeightsError`` where the folder holds no model. The model itself is not loaded."""
        from microemo.pipeline import load

        return cls(load(folder_of(name, options)))

    def __call__(self, path: Path | str, **options: Any) -> BatchFeature:
        """``options`` are those of ``Pipeline.perceive``. Raises ``InputError`` where the file cannot be used."""
        return BatchFeature({"clip": self.pipeline.perceive(path, **options)})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.pipeline.directory)!r})"

    def save_pretrained(self, *_: Any, **__: Any) -> None:
        """Raises ``WeightsError``: it has no files of its own."""
        raise WeightsError(f"a processor has no files of its own; copy the model's folder, {self.pipeline.directory}")


AutoProcessor.register(MicroEmoConfig, MicroEmoProcessor, exist_ok=True)
