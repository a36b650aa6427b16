"""Small checkpoints under upstream's names, written down one by one from what upstream saves, not by our converters."""

import torch
from torch import Tensor

HIDDEN, VISION, AUDIO, INNER, LANGUAGE = 8, 12, 10, 20, 16

Shapes = dict[str, tuple[int, ...]]


def filled(shapes: Shapes, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


def linear(name: str, outputs: int, inputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def norm(name: str, size: int) -> Shapes:
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}


def attention(name: str, read: int) -> Shapes:
    return {
        **linear(f"{name}.self.query", HIDDEN, HIDDEN),
        **linear(f"{name}.self.key", HIDDEN, read),
        **linear(f"{name}.self.value", HIDDEN, read),
        **linear(f"{name}.output.dense", HIDDEN, HIDDEN),
        **norm(f"{name}.output.LayerNorm", HIDDEN),
    }


def feed_forward(name: str, side: str) -> Shapes:
    return {
        **linear(f"{name}.intermediate{side}.dense", INNER, HIDDEN),
        **linear(f"{name}.output{side}.dense", HIDDEN, INNER),
        **norm(f"{name}.output{side}.LayerNorm", HIDDEN),
    }


def instructblip() -> Shapes:
    shapes: Shapes = {
        "query_tokens": (1, 3, HIDDEN),
        "Qformer.bert.embeddings.word_embeddings.weight": (30, HIDDEN),
        "Qformer.bert.embeddings.position_embeddings.weight": (24, HIDDEN),
        **norm("Qformer.bert.embeddings.LayerNorm", HIDDEN),
    }
    for layer in range(4):
        name = f"Qformer.bert.encoder.layer.{layer}"
        shapes |= attention(f"{name}.attention", HIDDEN)
        if layer in (0, 2):
            shapes |= attention(f"{name}.crossattention", VISION)
        shapes |= feed_forward(name, "") | feed_forward(name, "_query")
    return shapes


def window_qformer(name: str, read: int) -> Shapes:
    shapes = norm(f"{name}.bert.embeddings.LayerNorm", HIDDEN)
    for layer in range(2):
        shapes |= attention(f"{name}.bert.encoder.layer.{layer}.attention", HIDDEN)
        shapes |= attention(f"{name}.bert.encoder.layer.{layer}.crossattention", read)
        shapes |= feed_forward(f"{name}.bert.encoder.layer.{layer}", "_query")
    return shapes


def videollama_vision(num_positions: int = 32) -> Shapes:
    return {
        "video_query_tokens": (1, 3, HIDDEN),
        "video_frame_position_embedding.weight": (num_positions, HIDDEN),
        **window_qformer("video_Qformer", HIDDEN),
        **linear("llama_proj", LANGUAGE, HIDDEN),
    }


def videollama_audio() -> Shapes:
    return {
        "audio_query_tokens": (1, 2, HIDDEN),
        "audio_position_embedding.weight": (8, AUDIO),
        **window_qformer("audio_Qformer", AUDIO),
        **linear("audio_llama_proj", LANGUAGE, HIDDEN),
    }


def eva(prefix: str = "", num_blocks: int = 3) -> Shapes:
    shapes: Shapes = {
        f"{prefix}cls_token": (1, 1, VISION),
        f"{prefix}pos_embed": (1, 5, VISION),
        f"{prefix}patch_embed.proj.weight": (VISION, 3, 14, 14),
        f"{prefix}patch_embed.proj.bias": (VISION,),
    }
    for block in range(num_blocks):
        name = f"{prefix}blocks.{block}"
        shapes |= norm(f"{name}.norm1", VISION) | norm(f"{name}.norm2", VISION)
        shapes |= {f"{name}.attn.q_bias": (VISION,), f"{name}.attn.v_bias": (VISION,)}
        shapes |= {f"{name}.attn.qkv.weight": (3 * VISION, VISION)}
        shapes |= linear(f"{name}.attn.proj", VISION, VISION)
        shapes |= linear(f"{name}.mlp.fc1", INNER, VISION) | linear(f"{name}.mlp.fc2", VISION, INNER)
    return shapes


def imagebind(prefix: str = "") -> Shapes:
    shapes: Shapes = {
        f"{prefix}modality_preprocessors.audio.cls_token": (1, 1, HIDDEN),
        f"{prefix}modality_preprocessors.audio.rgbt_stem.proj.weight": (HIDDEN, 1, 16, 16),
        **norm(f"{prefix}modality_preprocessors.audio.rgbt_stem.norm_layer", HIDDEN),
        f"{prefix}modality_preprocessors.audio.pos_embedding_helper.pos_embed": (1, 7, HIDDEN),
        **norm(f"{prefix}modality_heads.audio.0", HIDDEN),
        f"{prefix}modality_heads.audio.2.weight": (AUDIO, HIDDEN),
        f"{prefix}modality_postprocessors.audio.1.log_logit_scale": (),
    }
    for block in range(2):
        name = f"{prefix}modality_trunks.audio.blocks.{block}"
        shapes |= {f"{name}.attn.in_proj_weight": (3 * HIDDEN, HIDDEN), f"{name}.attn.in_proj_bias": (3 * HIDDEN,)}
        shapes |= {f"{name}.attn.bias_k": (1, 1, HIDDEN), f"{name}.attn.bias_v": (1, 1, HIDDEN)}
        shapes |= linear(f"{name}.attn.out_proj", HIDDEN, HIDDEN)
        shapes |= norm(f"{name}.norm_1", HIDDEN) | norm(f"{name}.norm_2", HIDDEN)
        shapes |= linear(f"{name}.mlp.fc1", 4 * HIDDEN, HIDDEN) | linear(f"{name}.mlp.fc2", HIDDEN, 4 * HIDDEN)
    return shapes


def lora(prefix: str = "llama_model.", adapter: str = ".default") -> Shapes:
    return {
        f"{prefix}base_model.model.model.layers.{layer}.self_attn.{letter}_proj.lora_{side}{adapter}.weight": (
            (4, LANGUAGE) if side == "A" else (LANGUAGE, 4)
        )
        for layer in range(2)
        for letter in "qkvo"
        for side in "AB"
    }


def timechat() -> Shapes:
    return {**instructblip(), **videollama_vision(num_positions=96), **lora()}
