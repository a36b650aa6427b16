"""Hugging Face chat models, whatever they read: pictures, sound and text, or only some of them."""

from pathlib import Path
from typing import Any

import numpy as np

from microemo.errors import InputError
from microemo.media.audio import SAMPLE_RATE
from microemo.predict.material import Material
from microemo.predict.settings import Modality, Placement

SEED = 0
READERS: dict[Modality, tuple[str, ...]] = {
    "video": ("video_processor", "image_processor"),
    "audio": ("feature_extractor", "audio_processor"),
}
"""The parts of a processor that read a modality; the first that is there is used."""


class HuggingFace:
    """A chat model in a folder or in the Hugging Face cache, decoded greedily.

    A video is given as a video where the processor takes one, else as pictures.
    Raises ``InputError`` where there is no such model, or it is none that chats.
    """

    def __init__(self, name: str, max_new_tokens: int, placement: Placement) -> None:
        self.name = f"hf:{name}"
        self.max_new_tokens = max_new_tokens
        self.processor, self.model = _load(name, placement)
        if not getattr(self.processor, "chat_template", None):
            raise InputError(f"{self.name}: has no chat template; give a model that is made for chat")
        self._readers = _readers(self.processor)
        self.modalities: frozenset[Modality] = frozenset({"text", *self._readers})

    def reply(self, material: Material, text: str) -> str:
        """Greedy, so that the same clip and text have the same reply."""
        import torch

        torch.manual_seed(SEED)
        inputs = self._inputs(material, text)
        with torch.inference_mode():
            tokens = self.model.generate(**inputs, do_sample=False, num_beams=1, max_new_tokens=self.max_new_tokens)
        return self.processor.decode(tokens[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)

    def _inputs(self, material: Material, text: str) -> dict[str, Any]:
        options: dict[str, Any] = {}
        content: str | list[dict[str, Any]] = text
        if self._readers:
            content = [*self._pictures(material), *self._sound(material), {"type": "text", "text": text}]
        if material.frames and self._takes_video:
            options["processor_kwargs"] = {"do_sample_frames": False, "video_metadata": [[_metadata(material)]]}
        inputs = self.processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            **options,
        )
        return {name: self._placed(value) for name, value in inputs.items()}

    @property
    def _takes_video(self) -> bool:
        return self._readers.get("video") == "video_processor"

    def _pictures(self, material: Material) -> list[dict[str, Any]]:
        if "video" not in self._readers or not material.frames:
            return []
        if self._takes_video:
            return [{"type": "video", "video": np.stack([frame.image for frame in material.frames])}]
        return [{"type": "image", "image": _picture(frame.image)} for frame in material.frames]

    def _sound(self, material: Material) -> list[dict[str, Any]]:
        import soxr

        if "audio" not in self._readers or material.sound is None:
            return []
        rate = getattr(getattr(self.processor, self._readers["audio"]), "sampling_rate", SAMPLE_RATE)
        return [{"type": "audio", "audio": soxr.resample(np.asarray(material.sound), SAMPLE_RATE, rate)}]

    def _placed(self, value: Any) -> Any:
        import torch

        if not isinstance(value, torch.Tensor):
            return value
        return value.to(self.model.device, self.model.dtype if value.is_floating_point() else None)


def _load(name: str, placement: Placement) -> tuple[Any, Any]:
    """The processor, which is a tokenizer where a model reads text alone, and the model."""
    import torch
    from transformers import (
        MODEL_FOR_MULTIMODAL_LM_MAPPING,
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForMultimodalLM,
        AutoProcessor,
    )

    device = placement.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = placement.dtype
    if dtype == "auto":
        dtype = "bfloat16" if device.startswith("cuda") else "float32"
    options = {"local_files_only": not placement.allow_download, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(name, **options)
        multimodal = type(config) in MODEL_FOR_MULTIMODAL_LM_MAPPING
        loader = AutoModelForMultimodalLM if multimodal else AutoModelForCausalLM
        processor = AutoProcessor.from_pretrained(name, **options)
        model = loader.from_pretrained(name, dtype=getattr(torch, dtype), device_map=device, **options).eval()
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        raise InputError(f"hf:{name}: {_advice(name, placement, error)}") from error
    if hasattr(model, "disable_talker"):  # of the Omni models, which would speak their answers too
        model.disable_talker()
    return processor, model


def _advice(name: str, placement: Placement, error: Exception) -> str:
    if isinstance(error, OSError) and not placement.allow_download and not Path(name).is_dir():
        return "not on this machine; give a folder, or allow the download (--allow-download)"
    reason = " ".join(str(error).split())
    if isinstance(error, ImportError):
        return f"needs another package; install it with pip ({reason.split('. ')[0]})"
    return f"cannot be loaded ({reason[:200]})"


def _readers(processor: Any) -> dict[Modality, str]:
    """By modality, the part of a processor that reads it; none of a tokenizer, which reads text alone."""
    parts = processor.get_attributes() if hasattr(processor, "get_attributes") else ()
    present = {part for part in parts if getattr(processor, part, None) is not None}
    found = {modality: next((part for part in known if part in present), None) for modality, known in READERS.items()}
    return {modality: part for modality, part in found.items() if part}


def _picture(image: np.ndarray) -> Any:
    from PIL import Image

    return Image.fromarray(image)


def _metadata(material: Material) -> dict[str, Any]:
    """What processors that write times into their prompts need: the frames are those given, evenly spaced."""
    num_frames, duration_sec = len(material.frames), material.duration_sec
    height, width = material.frames[0].image.shape[:2]
    return {
        "total_num_frames": num_frames,
        "fps": num_frames / duration_sec,
        "duration": duration_sec,
        "frames_indices": list(range(num_frames)),
        "height": height,
        "width": width,
    }
