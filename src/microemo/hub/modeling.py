"""A trained model as ``AutoModel`` knows one: what perception found in a file in, what its people feel out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import PreTrainedModel

from microemo.errors import WeightsError
from microemo.hub.configuration import MicroEmoConfig

if TYPE_CHECKING:
    from microemo.pipeline import Pipeline
    from microemo.result import Result
    from microemo.schema import Clip


class MicroEmoModel(PreTrainedModel):
    """A trained model; ``model(**processor("interview.mp4"))`` is a ``Result``.

    ``microemo`` is the module itself, tensors in, text out.
    """

    config_class = MicroEmoConfig

    def __init__(self, config: MicroEmoConfig, pipeline: "Pipeline | None" = None) -> None:
        super().__init__(config)
        if pipeline is None:
            raise WeightsError("a model is made from a trained one's folder: AutoModel.from_pretrained(FOLDER)")
        self.pipeline = pipeline
        self.microemo = pipeline.model

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls, folder: str | os.PathLike[str], *_: Any, config: MicroEmoConfig | None = None, **__: Any
    ) -> "MicroEmoModel":
        """The model in a folder, on the CPU. What ``transformers`` adds to the call does not concern it.

        Raises ``WeightsError`` where the folder holds no model.
        """
        from microemo.pipeline import Pipeline

        return cls(config or MicroEmoConfig.from_pretrained(folder), Pipeline(Path(folder), "cpu"))

    def forward(self, clip: "Clip", person: str | None = None, why: bool = False) -> "Result":
        """What the people of a clip feel, as ``Pipeline.understand`` tells it."""
        return self.pipeline.understand(clip, person=person, why=why)

    @property
    def device(self) -> torch.device:
        return self.microemo.device

    def save_pretrained(self, *_: Any, **__: Any) -> None:
        """Raises ``WeightsError``: its LoRA is merged into the LLM, which is not written out."""
        raise WeightsError(f"a loaded model is not written again; copy its folder, {self.pipeline.directory}")
