"""EVA-CLIP ViT-g/14 (paper 4.1) as BLIP-2 and its heirs read it, as a Hugging Face ``InstructBlipVisionModel``."""

import re
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from microemo.errors import InputError
from microemo.weights.convert.renaming import BUFFERS, inverse, linear, num_layers, renamed, where_present

DEPTH = 39  # the 40th block of EVA's own file is not read, nor what comes after it
UNUSED = re.compile(rf"{BUFFERS.pattern}|visual_encoder\.(blocks\.{DEPTH}\..*|(fc_)?norm\..*|head\..*|mask_token)")
OLD, NEW = "visual_encoder", "vision.backbone"
BARE = re.compile(r"(cls_token|pos_embed|patch_embed|blocks|norm|fc_norm|head|mask_token)\b.*")
BIAS = re.compile(r"(.*\.self_attn\.qkv)\.bias")


def recognises(keys: Iterable[str]) -> bool:
    return any(re.match(r"(visual_encoder\.)?blocks\.\d+\.attn\.q_bias", key) for key in keys)


def names(keys: Iterable[str]) -> dict[str, str]:
    keys = set(keys)
    found = {
        f"{OLD}.cls_token": f"{NEW}.embeddings.class_embedding",
        f"{OLD}.pos_embed": f"{NEW}.embeddings.position_embedding",
        **linear(f"{OLD}.patch_embed.proj", f"{NEW}.embeddings.patch_embedding"),
        **where_present(keys, linear("ln_vision", "image_qformer.vision_norm")),
    }
    for block in range(min(DEPTH, num_layers(keys, f"{OLD}.blocks", f"{NEW}.encoder.layers"))):
        found |= _block(f"{OLD}.blocks.{block}", f"{NEW}.encoder.layers.{block}")
    return found


def from_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Bare names are those of EVA's own file, others begin with ``visual_encoder.``; keys have no bias."""
    prefixed = {f"{OLD}.{name}" if BARE.fullmatch(name) else name: tensor for name, tensor in tensors.items()}
    ours = renamed(prefixed, names(prefixed), UNUSED)
    for query_bias in [name for name in ours if name.endswith(".qkv.bias.query")]:
        bias = query_bias.removesuffix(".query")
        query, value = ours.pop(query_bias), ours.pop(f"{bias}.value")
        ours[bias] = torch.cat([query, torch.zeros_like(query), value])
    return ours


def to_upstream(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Raises ``InputError`` where a key has a bias, for which upstream has no place."""
    split = {name: tensor for name, tensor in tensors.items() if not BIAS.fullmatch(name)}
    for name in tensors.keys() - split.keys():
        query, key, value = tensors[name].chunk(3)
        if key.any():
            raise InputError(f"{name} has a bias on keys, which EVA's checkpoints do not have")
        split |= {f"{name}.query": query, f"{name}.value": value}
    return renamed(split, inverse(names(split)))


def _block(old: str, new: str) -> dict[str, str]:
    attention = {
        f"{old}.attn.q_bias": f"{new}.self_attn.qkv.bias.query",
        f"{old}.attn.v_bias": f"{new}.self_attn.qkv.bias.value",
        f"{old}.attn.qkv.weight": f"{new}.self_attn.qkv.weight",
    }
    norms = linear(f"{old}.norm1", f"{new}.layer_norm1") | linear(f"{old}.norm2", f"{new}.layer_norm2")
    mlp = linear(f"{old}.mlp.fc1", f"{new}.mlp.fc1") | linear(f"{old}.mlp.fc2", f"{new}.mlp.fc2")
    return attention | linear(f"{old}.attn.proj", f"{new}.self_attn.projection") | norms | mlp
