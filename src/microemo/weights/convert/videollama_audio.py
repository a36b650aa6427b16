"""Video-LLaMA's audio branch: the audio Q-Former that the paper starts from (4.1), and its projection.

The encoder, which is ImageBind's and frozen, may be in the same file.
"""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from microemo.weights.convert import imagebind, qformer
from microemo.weights.convert.renaming import BUFFERS, inverse, linear, renamed

# Without the encoder's parameters its buffers stay in the file.
ENCODER_BUFFERS = r"audio_encoder\.modality_(pre|post)processors\.\w+\.(mask|1\.log_logit_scale)"
UNUSED = re.compile(rf"{BUFFERS.pattern}|{ENCODER_BUFFERS}|audio_encoder\.{imagebind.OTHERS}")


def recognises(keys: Iterable[str]) -> bool:
    return any(key.startswith("audio_Qformer.") for key in keys)


def names(keys: Iterable[str]) -> dict[str, str]:
    keys = set(keys)
    has_encoder = imagebind.recognises(keys) or any(key.startswith(imagebind.OURS) for key in keys)
    encoder = imagebind.names(keys, imagebind.WITHIN_VIDEO_LLAMA) if has_encoder else {}
    return {
        "audio_query_tokens": "audio_reader.queries",
        "audio_position_embedding.weight": "audio_reader.positions.weight",
        **qformer.without_text(keys, "audio_Qformer.bert", "audio_reader.qformer"),
        **linear("audio_llama_proj", "audio_reader.projection"),
        **encoder,
    }


def from_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return renamed(tensors, names(tensors), UNUSED)


def to_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return renamed(tensors, inverse(names(tensors)))
