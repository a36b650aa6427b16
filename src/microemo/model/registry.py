"""The kinds of each part that comes in several. A new one is a file and a row here.

Its configuration, a subclass of ``VisionConfig``, ``AudioConfig`` or ``LanguageConfig`` with a ``kind`` of its own, is
read wherever a model's configuration is.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from microemo.model.audio import AudioEncoder
from microemo.model.causal_lm import Build, causal_lm
from microemo.model.dinov2 import Dinov2Encoder
from microemo.model.eva import EvaEncoder
from microemo.model.imagebind import ImageBindEncoder
from microemo.model.vision import VisionEncoder
from microemo.model.whisper import WhisperEncoder

VISION_ENCODERS: dict[str, type[VisionEncoder]] = {"dinov2": Dinov2Encoder, "eva": EvaEncoder}
AUDIO_ENCODERS: dict[str, Callable[[Any, Path | None], AudioEncoder]] = {
    "whisper": WhisperEncoder,
    "imagebind": ImageBindEncoder,
}
LANGUAGE_MODELS: dict[str, Build] = {"causal_lm": causal_lm}
