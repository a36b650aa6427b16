"""ImageBind's audio encoder, out of a checkpoint of all its modalities or out of Video-LLaMA's (``audio_encoder.``)."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from microemo.weights.convert.renaming import BUFFERS, inverse, linear, num_layers, renamed

OTHERS = r"modality_\w+\.(vision|text|depth|thermal|imu)\..*"
UNUSED = re.compile(rf"{BUFFERS.pattern}|(audio_encoder\.)?{OTHERS}")
OURS = "audio.encoder"
WITHIN_VIDEO_LLAMA = "audio_encoder."


def recognises(keys: Iterable[str]) -> bool:
    return any(re.match(r"(audio_encoder\.)?modality_trunks\.audio\.", key) for key in keys)


def names(keys: Iterable[str], prefix: str = "") -> dict[str, str]:
    """Names under ``prefix``, which is either nothing or Video-LLaMA's."""
    preprocessor = f"{prefix}modality_preprocessors.audio"
    trunk, head = f"{prefix}modality_trunks.audio.blocks", f"{prefix}modality_heads.audio"
    found = {
        f"{preprocessor}.cls_token": f"{OURS}.cls",
        f"{preprocessor}.rgbt_stem.proj.weight": f"{OURS}.stem.weight",
        **linear(f"{preprocessor}.rgbt_stem.norm_layer", f"{OURS}.stem_norm"),
        f"{preprocessor}.pos_embedding_helper.pos_embed": f"{OURS}.positions",
        **linear(f"{head}.0", f"{OURS}.norm"),
        f"{head}.2.weight": f"{OURS}.projection.weight",
        f"{prefix}modality_postprocessors.audio.1.log_logit_scale": f"{OURS}.log_scale",
    }
    for block in range(num_layers(keys, trunk, f"{OURS}.blocks")):
        found |= _block(f"{trunk}.{block}", f"{OURS}.blocks.{block}")
    return found


def from_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return renamed(tensors, names(tensors, _prefix(tensors)), UNUSED)


def to_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return renamed(tensors, inverse(names(tensors)))


def _prefix(keys: Iterable[str]) -> str:
    return WITHIN_VIDEO_LLAMA if any(key.startswith(WITHIN_VIDEO_LLAMA) for key in keys) else ""


def _block(old: str, new: str) -> dict[str, str]:
    attention = {f"{old}.attn.{name}": f"{new}.attn.{name}"
                 for name in ("in_proj_weight", "in_proj_bias", "bias_k", "bias_v")}  # fmt: skip
    norms = linear(f"{old}.norm_1", f"{new}.norm_1") | linear(f"{old}.norm_2", f"{new}.norm_2")
    mlp = linear(f"{old}.mlp.fc1", f"{new}.fc1") | linear(f"{old}.mlp.fc2", f"{new}.fc2")
    return attention | linear(f"{old}.attn.out_proj", f"{new}.attn.out_proj") | norms | mlp
