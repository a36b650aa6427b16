"""Small checkpoints under upstream's names, written down one by one from what upstream saves, not by our converters."""

from dataclasses import dataclass

import torch
from torch import Tensor

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Sizes:
    hidden: int = 8
    inner: int = 20
    layers: int = 4
    queries: int = 3
    window_layers: int = 2
    window_queries: int = 3
    audio_queries: int = 2
    vocabulary: int = 30
    text_positions: int = 24
    vision: int = 12
    vision_inner: int = 20
    vision_blocks: int = 3
    image_size: int = 28
    audio: int = 10
    audio_blocks: int = 2
    audio_patches: int = 6
    language: int = 16


SMALL = Sizes()


def filled(shapes: Shapes, seed: int = 0) -> dict[str, Tensor]:
    """Random tensors; large enough for every layer to show in the output."""
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) * 0.3 for name, shape in shapes.items()}


def linear(name: str, outputs: int, inputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def norm(name: str, size: int) -> Shapes:
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}


def attention(name: str, hidden: int, read: int) -> Shapes:
    return {
        **linear(f"{name}.self.query", hidden, hidden),
        **linear(f"{name}.self.key", hidden, read),
        **linear(f"{name}.self.value", hidden, read),
        **linear(f"{name}.output.dense", hidden, hidden),
        **norm(f"{name}.output.LayerNorm", hidden),
    }


def feed_forward(name: str, side: str, hidden: int, inner: int) -> Shapes:
    return {
        **linear(f"{name}.intermediate{side}.dense", inner, hidden),
        **linear(f"{name}.output{side}.dense", hidden, inner),
        **norm(f"{name}.output{side}.LayerNorm", hidden),
    }


def instructblip(s: Sizes = SMALL) -> Shapes:
    shapes: Shapes = {
        "query_tokens": (1, s.queries, s.hidden),
        "Qformer.bert.embeddings.word_embeddings.weight": (s.vocabulary, s.hidden),
        "Qformer.bert.embeddings.position_embeddings.weight": (s.text_positions, s.hidden),
        **norm("Qformer.bert.embeddings.LayerNorm", s.hidden),
    }
    for layer in range(s.layers):
        name = f"Qformer.bert.encoder.layer.{layer}"
        shapes |= attention(f"{name}.attention", s.hidden, s.hidden)
        if layer in (0, 2, 4, 6, 8, 10):
            shapes |= attention(f"{name}.crossattention", s.hidden, s.vision)
        shapes |= feed_forward(name, "", s.hidden, s.inner) | feed_forward(name, "_query", s.hidden, s.inner)
    return shapes


def window_qformer(name: str, read: int, s: Sizes) -> Shapes:
    shapes = norm(f"{name}.bert.embeddings.LayerNorm", s.hidden)
    for layer in range(s.window_layers):
        shapes |= attention(f"{name}.bert.encoder.layer.{layer}.attention", s.hidden, s.hidden)
        shapes |= attention(f"{name}.bert.encoder.layer.{layer}.crossattention", s.hidden, read)
        shapes |= feed_forward(f"{name}.bert.encoder.layer.{layer}", "_query", s.hidden, s.inner)
    return shapes


def videollama_vision(num_positions: int = 32, s: Sizes = SMALL) -> Shapes:
    return {
        "video_query_tokens": (1, s.window_queries, s.hidden),
        "video_frame_position_embedding.weight": (num_positions, s.hidden),
        **window_qformer("video_Qformer", s.hidden, s),
        **linear("llama_proj", s.language, s.hidden),
    }


def videollama_audio(s: Sizes = SMALL) -> Shapes:
    return {
        "audio_query_tokens": (1, s.audio_queries, s.hidden),
        "audio_position_embedding.weight": (8, s.audio),
        **window_qformer("audio_Qformer", s.audio, s),
        **linear("audio_llama_proj", s.language, s.hidden),
    }


def eva(prefix: str = "", s: Sizes = SMALL) -> Shapes:
    shapes: Shapes = {
        f"{prefix}cls_token": (1, 1, s.vision),
        f"{prefix}pos_embed": (1, 1 + (s.image_size // 14) ** 2, s.vision),
        f"{prefix}patch_embed.proj.weight": (s.vision, 3, 14, 14),
        f"{prefix}patch_embed.proj.bias": (s.vision,),
    }
    for block in range(s.vision_blocks):
        name = f"{prefix}blocks.{block}"
        shapes |= norm(f"{name}.norm1", s.vision) | norm(f"{name}.norm2", s.vision)
        shapes |= {f"{name}.attn.q_bias": (s.vision,), f"{name}.attn.v_bias": (s.vision,)}
        shapes |= {f"{name}.attn.qkv.weight": (3 * s.vision, s.vision)}
        shapes |= linear(f"{name}.attn.proj", s.vision, s.vision)
        shapes |= linear(f"{name}.mlp.fc1", s.vision_inner, s.vision)
        shapes |= linear(f"{name}.mlp.fc2", s.vision, s.vision_inner)
    return shapes


def imagebind(prefix: str = "", s: Sizes = SMALL) -> Shapes:
    size = s.hidden
    shapes: Shapes = {
        f"{prefix}modality_preprocessors.audio.cls_token": (1, 1, size),
        f"{prefix}modality_preprocessors.audio.rgbt_stem.proj.weight": (size, 1, 16, 16),
        **norm(f"{prefix}modality_preprocessors.audio.rgbt_stem.norm_layer", size),
        f"{prefix}modality_preprocessors.audio.pos_embedding_helper.pos_embed": (1, 1 + s.audio_patches, size),
        **norm(f"{prefix}modality_heads.audio.0", size),
        f"{prefix}modality_heads.audio.2.weight": (s.audio, size),
        f"{prefix}modality_postprocessors.audio.1.log_logit_scale": (),
    }
    for block in range(s.audio_blocks):
        name = f"{prefix}modality_trunks.audio.blocks.{block}"
        shapes |= {f"{name}.attn.in_proj_weight": (3 * size, size), f"{name}.attn.in_proj_bias": (3 * size,)}
        shapes |= {f"{name}.attn.bias_k": (1, 1, size), f"{name}.attn.bias_v": (1, 1, size)}
        shapes |= linear(f"{name}.attn.out_proj", size, size)
        shapes |= norm(f"{name}.norm_1", size) | norm(f"{name}.norm_2", size)
        shapes |= linear(f"{name}.mlp.fc1", 4 * size, size) | linear(f"{name}.mlp.fc2", size, 4 * size)
    return shapes


def lora(prefix: str = "llama_model.", adapter: str = ".default") -> Shapes:
    return {
        f"{prefix}base_model.model.model.layers.{layer}.self_attn.{letter}_proj.lora_{side}{adapter}.weight": (
            (4, SMALL.language) if side == "A" else (SMALL.language, 4)
        )
        for layer in range(2)
        for letter in "qkvo"
        for side in "AB"
    }


def timechat() -> Shapes:
    return {**instructblip(), **videollama_vision(num_positions=96), **lora()}
