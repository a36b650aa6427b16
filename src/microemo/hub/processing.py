"""Perception as ``AutoProcessor`` knows it: a media file in, all that the model reads of it out."""

import os
from pathlib import Path
from typing import Any

from transformers import BatchFeature, ProcessorMixin

from microemo.config import ModelConfig
from microemo.model import checkpoint
from microemo.pipeline import perceive


class MicroEmoProcessor(ProcessorMixin):
    """Media and perception for the model of some configuration; ``model(**processor("interview.mp4"))``."""

    def __init__(self, config: ModelConfig) -> None:
        self.config = config

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike[str], **_: Any) -> "MicroEmoProcessor":  # type: ignore[override]
        """Raises ``WeightsError`` where the folder holds no model."""
        return cls(checkpoint.read_config(Path(folder)))

    def __call__(self, path: str | os.PathLike[str], **options: Any) -> BatchFeature:
        """``options`` are those of ``pipeline.perceive``. Raises ``InputError`` where the file cannot be used."""
        return BatchFeature({"clip": perceive(Path(path), self.config, **options)})
