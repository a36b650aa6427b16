"""What tests of media write."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from written_media import write_media


@pytest.fixture(scope="session")
def write() -> Callable[..., Path]:
    return write_media


@pytest.fixture(scope="session")
def greys() -> Callable[..., list[np.ndarray]]:
    """Frames that tell their number: frame i is of grey level 10 + 10 i."""

    def make(num_frames: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
        return [np.full((height, width, 3), 10 + 10 * (i % 24), np.uint8) for i in range(num_frames)]

    return make


@pytest.fixture(scope="session")
def tone() -> Callable[..., np.ndarray]:
    """A sine wave, (channels, samples)."""

    def make(seconds: float, rate: int = 48000, hertz: float = 440.0, channels: int = 1) -> np.ndarray:
        wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
        return np.tile(wave.astype(np.float32), (channels, 1))

    return make
