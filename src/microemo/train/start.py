"""The LLM as a run began, to compare it with: by its LoRA alone, which is all that such a stage tunes."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from microemo.model import lora
from microemo.model.language import LanguageModel
from microemo.model.microemo import MicroEmo


class Start(nn.Module):
    """A copy of the LoRA that a model has when this is made: a run's start, also when the run is resumed.

    LoRA switched off would be the LLM before instruction tuning, which knows neither clips nor the form of answers.
    """

    def __init__(self, language: LanguageModel) -> None:
        super().__init__()
        self.lora = nn.ParameterList(
            nn.Parameter(own.detach().clone(), requires_grad=False) for own in _lora_of(language)
        )

    @contextmanager
    def stands_in(self, model: MicroEmo) -> Iterator[None]:
        """The model as it was when this was made, as in use."""
        with as_in_use(model):
            self._swap(model.language)
            try:
                yield
            finally:
                self._swap(model.language)

    def _swap(self, language: LanguageModel) -> None:
        for own, start in zip(_lora_of(language), self.lora, strict=True):
            own.data, start.data = start.data, own.data


@contextmanager
def as_in_use(model: MicroEmo) -> Iterator[None]:
    """The model as it answers: no dropout, no checkpointing, which would break the key-value cache; no gradients.

    Autocast keeps no casts meanwhile: one made here would have no gradient in a later pass, and one made before would
    be used in place of the start's weights.
    """
    was_training, device = model.training, model.device.type
    dtype, is_on = torch.get_autocast_dtype(device), torch.is_autocast_enabled(device)
    model.eval()
    try:
        with torch.no_grad(), torch.autocast(device, dtype, is_on, cache_enabled=False):
            yield
    finally:
        model.train(was_training)


def _lora_of(language: LanguageModel) -> list[nn.Parameter]:
    return [parameter for name, parameter in language.named_parameters() if lora.MARK in name]
