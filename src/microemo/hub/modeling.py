"""A trained model as ``AutoModel`` knows one: what perception found in a file in, what its people feel out."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import PreTrainedModel
from transformers.models.auto.modeling_auto import AutoModel

from microemo.errors import WeightsError
from microemo.hub.configuration import MicroEmoConfig

if TYPE_CHECKING:
    from microemo.hooks import Hook
    from microemo.pipeline import Pipeline
    from microemo.result import Result
    from microemo.schema import Clip

NOT_OURS = ("quantization_config", "state_dict", "output_loading_info", "subfolder", "attn_implementation")
OF_THE_HUB = ("revision", "token", "cache_dir", "local_files_only", "force_download")


class MicroEmoModel(PreTrainedModel):
    """A trained model; ``model(**processor("interview.mp4"))`` is a ``Result``.

    ``microemo`` is the module itself, tensors in, text out.
    """

    config_class = MicroEmoConfig
    hf_device_map: dict[str, str]

    def __init__(self, config: MicroEmoConfig, pipeline: "Pipeline | None" = None) -> None:
        super().__init__(config)
        if pipeline is None:
            raise WeightsError("a model is made from a trained one's folder: AutoModel.from_pretrained(FOLDER)")
        self._pipeline = pipeline
        self.microemo = pipeline.model

    @classmethod
    def from_pretrained(  # type: ignore[override]
        cls,
        name: str | os.PathLike[str],
        *_: Any,
        config: MicroEmoConfig | None = None,
        device_map: str | None = None,
        dtype: str | None = None,
        **options: Any,
    ) -> "MicroEmoModel":
        """The model in a folder, or in a repository of the Hub; on the device ``device_map``, by default a GPU if any.

        Its precision is the device's. Raises ``WeightsError`` where there is no model, and on options that cannot be
        followed.
        """
        from microemo.pipeline import load

        refused = [option for option in NOT_OURS if options.get(option)]
        if dtype not in (None, "auto"):
            refused.append("dtype")
        if refused:
            raise WeightsError(f"{name}: {', '.join(refused)} cannot be chosen for a model of microemo")
        folder = folder_of(name, options)
        model = cls(config or MicroEmoConfig.from_pretrained(folder), load(folder, device_map or "auto"))
        if device_map is not None:
            model.hf_device_map = {"": device_map}  # else a pipeline of transformers would move it
        return model

    @property
    def pipeline(self) -> "Pipeline":
        """Our own, where the model is now."""
        self._pipeline.device = self.device
        return self._pipeline

    def forward(
        self, clip: "Clip", person: str | None = None, why: bool = False, hook: "Hook | None" = None
    ) -> "Result":
        """What the people of a clip feel, as ``Pipeline.understand`` tells it."""
        return self.pipeline.understand(clip, hook, person, why)

    @property
    def device(self) -> torch.device:
        return self.microemo.device

    def save_pretrained(self, *_: Any, **__: Any) -> None:
        """Raises ``WeightsError``: its LoRA is merged into the LLM, which is not written out."""
        raise WeightsError(f"a loaded model is not written again; copy its folder, {self._pipeline.directory}")


def folder_of(name: str | os.PathLike[str], options: dict[str, Any]) -> Path:
    """A folder as it is; what is none is a repository of the Hub, fetched by its name."""
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(str(name), **{key: options[key] for key in OF_THE_HUB if key in options}))


AutoModel.register(MicroEmoConfig, MicroEmoModel, exist_ok=True)
