"""LoRA of the LLM by peft's convention: a checkpoint's own names, those of an adapter's file, and ours."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from microemo.weights.convert.renaming import BUFFERS, inverse, num_layers, renamed

OLD, NEW = "llama_model.base_model.model.model.layers", "language.model.model.layers"
ADAPTER = re.compile(r"(base_model\.model\..*\.lora_[AB])\.weight")  # as peft saves an adapter
KEY = re.compile(rf"({re.escape(OLD)}|{re.escape(NEW)})\.\d+\.(?P<module>.+)\.lora_[AB]\.default\.weight")


def recognises(keys: Iterable[str]) -> bool:
    return any(KEY.fullmatch(key) or ADAPTER.fullmatch(key) for key in keys)


def names(keys: Iterable[str]) -> dict[str, str]:
    """Names of both matrices of every module that is adapted anywhere, in every layer."""
    keys = set(keys)
    modules = sorted({match["module"] for key in keys if (match := KEY.fullmatch(key))})
    return {
        f"{OLD}.{layer}.{module}.lora_{side}.default.weight": f"{NEW}.{layer}.{module}.lora_{side}.default.weight"
        for layer in range(num_layers(keys, OLD, NEW))
        for module in modules
        for side in "AB"
    }


def from_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    full = {ADAPTER.sub(r"llama_model.\1.default.weight", name): tensor for name, tensor in tensors.items()}
    return renamed(full, names(full), BUFFERS)


def to_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return renamed(tensors, inverse(names(tensors)))
