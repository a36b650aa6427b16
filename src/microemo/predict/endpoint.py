"""Models behind an OpenAI-compatible URL: frames go as JPEG data URLs, sound as WAV."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from microemo.chat import Chat
from microemo.predict.material import Material, jpeg_url, wav_base64
from microemo.predict.settings import MODALITIES, Modality


@dataclass(frozen=True)
class Endpoint:
    """What a server's model can read is not known beforehand: it is given all that the settings allow."""

    chat: Chat
    modalities: tuple[Modality, ...] = MODALITIES

    @property
    def name(self) -> str:
        return f"{self.chat.url}#{self.chat.model}"

    def reply(self, material: Material, text: str) -> str:
        """Raises ``InputError`` where no reply can be had."""
        media = _media(material)
        content = [*media, {"type": "text", "text": text}] if media else text
        return self.chat.complete([{"role": "user", "content": content}]).text


def _media(material: Material) -> list[Mapping[str, Any]]:
    parts: list[Mapping[str, Any]] = [
        {"type": "image_url", "image_url": {"url": jpeg_url(frame)}} for frame in material.frames
    ]
    if material.sound is not None:
        parts.append({"type": "input_audio", "input_audio": {"data": wav_base64(material.sound), "format": "wav"}})
    return parts
