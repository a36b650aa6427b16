"""The words by which a feeling is concluded from what is seen, and from what is heard: "they look sad"."""

from collections.abc import Mapping

from microemo.schema import Modality

SEEMING: Mapping[Modality, tuple[str, ...]] = {"face": ("look", "looks"), "voice": ("sound", "sounds")}
