"""What every audio encoder does (paper 3.1): sound in, features out. The kinds are in ``model/registry.py``."""

from abc import ABC, abstractmethod
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from microemo.model.windows import WindowReader

SAMPLE_RATE = 16_000
NAMES = "audio.encoder."  # of an encoder's frozen tensors in the whole model
FEATURES_PER_SEC = 50  # of features without times


class AudioEncoder(nn.Module, ABC):
    """Sound to features, E numbers from each of L layers; what is frozen is in ``self.encoder``."""

    encoder: Any

    @abstractmethod
    def forward(self, waveform: Float[Tensor, " N"]) -> Float[Tensor, "F L E"]:
        """Features of 16 kHz mono sound in [-1, 1], at least one."""

    @abstractmethod
    def times_sec(self, num_samples: int) -> tuple[float, ...] | None:
        """The features' times in so many samples of sound; None: they are regular, ``FEATURES_PER_SEC``."""

    @abstractmethod
    def reader(self, language_size: int) -> WindowReader:
        """What reads windows of these features."""
