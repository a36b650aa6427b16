"""Models behind an OpenAI-compatible URL: frames go as JPEG data URLs, sound as WAV."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from microemo.chat import Chat
from microemo.predict.inputs import ModelInputs, jpeg_url, wav_base64
from microemo.predict.settings import MODALITIES, Modality


@dataclass(frozen=True)
class Endpoint:
    """A model on a server. What it can read is not known beforehand: it is given all that the settings allow."""

    chat: Chat
    modalities: tuple[Modality, ...] = MODALITIES

    @property
    def name(self) -> str:
        return f"{self.chat.url}#{self.chat.model}"

    def generate(self, inputs: ModelInputs, text: str) -> str:
        """Raises ``InputError`` if there is no reply."""
        media = _media(inputs)
        content = [*media, {"type": "text", "text": text}] if media else text
        return self.chat.complete([{"role": "user", "content": content}]).text


def _media(inputs: ModelInputs) -> list[Mapping[str, Any]]:
    parts: list[Mapping[str, Any]] = [
        {"type": "image_url", "image_url": {"url": jpeg_url(frame)}} for frame in inputs.frames
    ]
    if inputs.sound is not None:
        parts.append({"type": "input_audio", "input_audio": {"data": wav_base64(inputs.sound), "format": "wav"}})
    return parts
