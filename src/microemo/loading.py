"""A trained model, loaded when it is first needed, or in a thread before that."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch

from microemo import weights
from microemo.config import ModelConfig
from microemo.errors import WeightsError
from microemo.hooks import Hook
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo


class Loading:
    """The model in a checkpoint directory, for a device; it is loaded once."""

    def __init__(self, directory: Path, config: ModelConfig, device: torch.device) -> None:
        self._directory, self._config, self._device = directory, config, device
        self._model: MicroEmo | None = None
        self._beside: Future[MicroEmo] | None = None

    def begin(self) -> None:
        """Begin in a thread. What fails there, or has to be fetched first, ``model`` does again."""
        # In bf16 it would be loaded by setting what all threads take for torch's default type.
        if self._model is None and self._beside is None and self._config.language.dtype == "float32":
            thread = ThreadPoolExecutor(1, "load")
            self._beside = thread.submit(checkpoint.load, self._directory, _there, self._device)
            thread.shutdown(wait=False)

    def model(self, hook: Hook) -> MicroEmo:
        """The model, when it is ready; the hook is told of what has to be fetched. Raises ``WeightsError``."""
        beside, self._beside = self._beside, None
        if beside is not None and beside.exception() is None:
            self._model = beside.result()
        if self._model is None:
            self._model = checkpoint.load(self._directory, lambda part: weights.path(part, hook), self._device)
        return self._model


def _there(part: str) -> Path:
    """Where a part of the weights is. Raises ``WeightsError`` where it would have to be fetched."""
    (status,) = weights.status([part])
    if not status.present:
        raise WeightsError(f"{part} is not there yet")
    return weights.path(part)
