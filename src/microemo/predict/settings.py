"""What all systems of a comparison share, and how a Hugging Face model is loaded."""

from dataclasses import dataclass
from typing import Literal

from pydantic import Field, field_validator

from microemo.schema import Record

Device = Literal["auto", "cpu", "cuda", "mps"]
Modality = Literal["video", "audio", "text"]
MODALITIES: tuple[Modality, ...] = ("video", "audio", "text")


class PredictionSettings(Record):
    """What can change an answer besides the system and the question; kept in every row.

    num_frames      sampled uniformly from a clip
    max_new_tokens  longest answer
    modalities      what a system may use, if it can: pictures, sound, and the words that are spoken
    asr             recognise the words of clips that come without a subtitle
    """

    num_frames: int = Field(default=8, ge=1)
    max_new_tokens: int = Field(default=512, ge=1)
    modalities: tuple[Modality, ...] = Field(default=MODALITIES, min_length=1)
    asr: bool = False

    @field_validator("modalities")
    @classmethod
    def _in_order(cls, named: tuple[Modality, ...]) -> tuple[Modality, ...]:
        """The order in which modalities are named makes no other settings."""
        return tuple(modality for modality in MODALITIES if modality in named)


@dataclass(frozen=True)
class LoadOptions:
    """Where models run, and how Hugging Face models are loaded.

    device          auto, cpu, cuda or mps (``microemo.device``), for our model as well
    dtype           auto is bfloat16 on GPUs that calculate in it, else float32
    allow_download  whether a model that is not on this machine may be fetched
    """

    device: Device = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    allow_download: bool = False


DEFAULT_SETTINGS = PredictionSettings()
DEFAULT_LOADING = LoadOptions()
