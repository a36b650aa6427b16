"""Hugging Face chat models that read pictures, sound and text, or some of these."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from microemo.errors import InputError
from microemo.extras import require
from microemo.media.audio import SAMPLE_RATE
from microemo.predict.inputs import ModelInputs
from microemo.predict.settings import LoadOptions, Modality

if TYPE_CHECKING:
    import torch

SEED = 0
READERS: dict[Modality, tuple[str, ...]] = {
    "video": ("video_processor", "image_processor"),
    "audio": ("feature_extractor", "audio_processor"),
}
"""The attributes of a processor that read a modality; the first that it has is used."""


class HuggingFace:
    """A chat model from a folder or the Hugging Face cache, with greedy decoding.

    Frames are passed as a video if the processor takes videos, else as pictures.
    Raises ``InputError`` if there is no such model or it has no chat template.
    """

    def __init__(self, name: str, max_new_tokens: int, loading: LoadOptions) -> None:
        self.name = f"hf:{name}"
        self.max_new_tokens = max_new_tokens
        self.processor, self.model = _load(name, loading)
        if not getattr(self.processor, "chat_template", None):
            raise InputError(f"{self.name}: has no chat template; give a model that is made for chat")
        self._readers = _readers(self.processor)
        self.modalities: frozenset[Modality] = frozenset({"text", *self._readers})

    def generate(self, inputs: ModelInputs, text: str) -> str:
        """Greedy decoding: the same inputs and text always give the same reply."""
        import torch

        torch.manual_seed(SEED)
        tensors = self._tensors(inputs, text)
        with torch.inference_mode():
            tokens = self.model.generate(**tensors, do_sample=False, num_beams=1, max_new_tokens=self.max_new_tokens)
        return self.processor.decode(tokens[0, tensors["input_ids"].shape[1] :], skip_special_tokens=True)

    def _tensors(self, inputs: ModelInputs, text: str) -> dict[str, Any]:
        options: dict[str, Any] = {}
        content: str | list[dict[str, Any]] = text
        if self._readers:
            content = [*self._pictures(inputs), *self._sound(inputs), {"type": "text", "text": text}]
        if inputs.frames and self._takes_video:
            options["processor_kwargs"] = {"do_sample_frames": False, "video_metadata": [[_metadata(inputs)]]}
        tensors = self.processor.apply_chat_template(
            [{"role": "user", "content": content}],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            **options,
        )
        return {name: self._on_device(value) for name, value in tensors.items()}

    @property
    def _takes_video(self) -> bool:
        return self._readers.get("video") == "video_processor"

    def _pictures(self, inputs: ModelInputs) -> list[dict[str, Any]]:
        if "video" not in self._readers or not inputs.frames:
            return []
        if self._takes_video:
            return [{"type": "video", "video": np.stack([frame.image for frame in inputs.frames])}]
        return [{"type": "image", "image": _picture(frame.image)} for frame in inputs.frames]

    def _sound(self, inputs: ModelInputs) -> list[dict[str, Any]]:
        import soxr

        if "audio" not in self._readers or inputs.sound is None:
            return []
        rate = getattr(getattr(self.processor, self._readers["audio"]), "sampling_rate", SAMPLE_RATE)
        return [{"type": "audio", "audio": soxr.resample(np.asarray(inputs.sound), SAMPLE_RATE, rate)}]

    def _on_device(self, value: Any) -> Any:
        import torch

        if not isinstance(value, torch.Tensor):
            return value
        return value.to(self.model.device, self.model.dtype if value.is_floating_point() else None)


def _load(name: str, loading: LoadOptions) -> tuple[Any, Any]:
    """The processor (of models that read text alone, the tokenizer) and the model."""
    from transformers import (
        MODEL_FOR_MULTIMODAL_LM_MAPPING,
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForMultimodalLM,
        AutoProcessor,
    )

    from microemo.device import resolve

    require("accelerate", "eval")  # which transformers uses to load weights straight onto a device
    device = resolve(loading.device)
    options = {"local_files_only": not loading.allow_download, "trust_remote_code": False}
    try:
        config = AutoConfig.from_pretrained(name, **options)
        multimodal = type(config) in MODEL_FOR_MULTIMODAL_LM_MAPPING
        loader = AutoModelForMultimodalLM if multimodal else AutoModelForCausalLM
        processor = AutoProcessor.from_pretrained(name, **options)
        model = loader.from_pretrained(name, dtype=_dtype(loading.dtype, device), device_map=device, **options).eval()
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        raise InputError(f"hf:{name}: {_advice(name, loading, error)}") from error
    if hasattr(model, "disable_talker"):  # of the Omni models, which would speak their answers too
        model.disable_talker()
    return processor, model


def _dtype(name: str, device: "torch.device") -> "torch.dtype":
    """On the CPU, auto is float32 whatever the processor could do: predictions can then be made again elsewhere."""
    import torch

    from microemo.device import compute_dtype

    if name == "auto":
        return compute_dtype(device) if device.type != "cpu" else torch.float32
    return getattr(torch, name)


def _advice(name: str, loading: LoadOptions, error: Exception) -> str:
    if isinstance(error, OSError) and not loading.allow_download and not Path(name).is_dir():
        return "not on this machine; give a folder, or allow the download (--allow-download)"
    reason = " ".join(str(error).split())
    if isinstance(error, ImportError):
        return f"needs another package; install it with pip ({reason.split('. ')[0]})"
    return f"cannot be loaded ({reason[:200]})"


def _readers(processor: Any) -> dict[Modality, str]:
    """The attribute of a processor that reads each modality; a tokenizer, which reads text alone, has none."""
    names = processor.get_attributes() if hasattr(processor, "get_attributes") else ()
    present = [name for name in names if getattr(processor, name, None) is not None]
    readers = {modality: [name for name in known if name in present] for modality, known in READERS.items()}
    return {modality: found[0] for modality, found in readers.items() if found}


def _picture(image: np.ndarray) -> Any:
    return require("PIL.Image", "eval").fromarray(image)


def _metadata(inputs: ModelInputs) -> dict[str, Any]:
    """For processors that write times into their prompts: all frames are given, evenly spaced."""
    num_frames, duration_sec = len(inputs.frames), inputs.duration_sec
    height, width = inputs.frames[0].image.shape[:2]
    return {
        "total_num_frames": num_frames,
        "fps": num_frames / duration_sec,
        "duration": duration_sec,
        "frames_indices": list(range(num_frames)),
        "height": height,
        "width": width,
    }
