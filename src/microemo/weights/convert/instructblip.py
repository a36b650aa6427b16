"""InstructBLIP (LAVIS): the image Q-Former that the paper starts from (4.1), and its norm over the vision encoder."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from microemo.weights.convert import qformer
from microemo.weights.convert.renaming import BUFFERS, inverse, linear, renamed, where_present

# Its own projection reads an image's tokens where ours reads a video's; encoder and LLM come from elsewhere.
UNUSED = re.compile(rf"{BUFFERS.pattern}|llm_proj\..*|llm_model\..*|visual_encoder\..*")


def recognises(keys: Iterable[str]) -> bool:
    return any(key.startswith("Qformer.bert.embeddings.word_embeddings") for key in keys)


def names(keys: Iterable[str]) -> dict[str, str]:
    keys = set(keys)
    vision_norm = where_present(keys, linear("ln_vision", "image_qformer.vision_norm"))
    image_qformer = qformer.with_text(keys, "Qformer.bert", "image_qformer.qformer")
    return {"query_tokens": "image_qformer.queries", **image_qformer, **vision_norm}


def from_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return renamed(tensors, names(tensors), UNUSED)


def to_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return renamed(tensors, inverse(names(tensors)))
