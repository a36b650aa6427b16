"""Parity fixtures of any sizes, in the published format, recorded from the reference of ``reference.py``."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import reference
import torch
import upstream_checkpoints as made
from safetensors.torch import save_file
from torch import Tensor

Tensors = dict[str, Tensor]


def saved(path: Path, state: Tensors, tensors: Tensors, metadata: dict[str, Any]) -> Path:
    named = {f"sd.{name}": tensor for name, tensor in state.items()} | tensors
    save_file({name: tensor.contiguous() for name, tensor in named.items()}, path,
              {name: json.dumps(value) for name, value in metadata.items()})  # fmt: skip
    return path


def timechat(
    path: Path, s: made.Sizes, heads: int, frames: int, windows: list[tuple[int, int]], clips: int = 2
) -> Path:
    shapes = made.instructblip(s) | made.videollama_vision(frames + 3, s) | made.norm("ln_vision", s.vision)
    state, generator = made.filled(shapes), torch.Generator().manual_seed(1)
    positions = torch.arange(s.text_positions)[None]
    buffers = {f"{name}.bert.embeddings.position_ids": positions.clone() for name in ("Qformer", "video_Qformer")}
    total, patches, length = clips * frames, 6, 5
    features = torch.randn(total, patches, s.vision, generator=generator)
    ids = torch.randint(0, s.vocabulary, (total, length), generator=generator)
    text_mask = torch.randint(0, 2, (total, length), generator=generator)  # padding anywhere, even everywhere
    patch_mask = torch.randint(0, 2, (total, patches), generator=generator)
    patch_mask[:, 0] = 1
    seen = reference.norm(state, "ln_vision", features, 1e-5)

    def read(**text: Tensor) -> Tensor:
        return reference.qformer(state, "Qformer.bert", state["query_tokens"], seen, heads, **text)

    everything = read(ids=ids, text_mask=text_mask)
    tensors = {
        "features": features, "input_ids": ids, "text_mask": text_mask, "patch_mask": patch_mask, "ln_vision_out": seen,
        "timechat.img_qformer_last_hidden": everything,
        "masked.img_qformer_last_hidden": read(ids=ids, text_mask=text_mask, memory_mask=patch_mask),
    }  # fmt: skip
    modes = {"timechat": everything, "queries_only": everything[:, : s.queries], "no_text": read()}
    for mode, states in modes.items():
        for window, stride in windows:
            hidden, tokens = reference.video_tokens(state, states.unflatten(0, (clips, -1)), heads, window, stride)
            tensors[f"{mode}.out_w{window}s{stride}"] = tokens
            tensors[f"{mode}.video_hidden_w{window}s{stride}"] = hidden
    base = {"hidden_size": s.hidden, "num_attention_heads": heads, "intermediate_size": s.inner,
            "max_position_embeddings": s.text_positions}  # fmt: skip
    config = {"vis": s.vision, "base": base, "layers": s.layers, "nq": s.queries, "nvq": s.window_queries,
              "max_frame_pos": frames + 3, "llm": s.language, "vocab": s.vocabulary}  # fmt: skip
    return saved(path, state | buffers, tensors, {"config": config, "B_T_N_L": [clips, frames, patches, length]})


def eva(path: Path, s: made.Sizes, heads: int) -> Path:
    state = made.filled(made.eva("visual_encoder.", s) | made.norm("ln_vision", s.vision))
    pixels = torch.randn(3, 3, s.image_size, s.image_size, generator=torch.Generator().manual_seed(1))
    features = reference.eva(state, pixels, heads)
    tensors = {"pixels": pixels, "vit_out": features, "ln_out": reference.norm(state, "ln_vision", features, 1e-5)}
    config = {"img_size": s.image_size, "patch_size": 14, "embed_dim": s.vision, "depth": s.vision_blocks,
              "num_heads": heads, "mlp_ratio": (s.vision_inner + 0.5) / s.vision}  # fmt: skip
    return saved(path, state, tensors, {"config": config, "vit_ln_eps": 1e-6, "ln_vision_eps": 1e-5})


def videollama_audio(path: Path, s: made.Sizes, trunk_heads: int, heads: int, mels: int, frames: int) -> Path:
    state = made.filled(made.videollama_audio(s) | made.imagebind("audio_encoder.", s))
    mel = torch.randn(2, 3, 1, mels, frames, generator=torch.Generator().manual_seed(1))
    head, vectors = (part.unflatten(0, (2, 3)) for part in reference.imagebind(state, mel.flatten(0, 1), trunk_heads))
    tokens = reference.audio_tokens(state, vectors, heads)
    config = {"audio_embed_dim": s.hidden, "audio_num_blocks": s.audio_blocks, "audio_num_heads": trunk_heads,
              "out_embed_dim": s.audio}  # fmt: skip
    tensors = {"mel": mel, "head_out": head, "post_out": vectors, "audio_tokens": tokens}
    return saved(path, state, tensors, {"imagebind_config": config})


def mel(path: Path, durations: list[float], mels: int = 128, frames: int = 204) -> Path:
    tensors, metadata, rng = {}, {}, np.random.default_rng(0)
    for duration in durations:
        wave = (rng.normal(size=int(duration * 16_000)) * 0.1 + 0.02).astype(np.float32)
        step = max(duration - 2.0, 0.0) / 8
        spans = [[index * step, index * step + 2.0] for index in range(8)]
        tensors[f"wave_{duration}"] = torch.from_numpy(wave)[None]
        metadata[f"clips_{duration}"] = spans
        for in_place, name in ((False, "mel"), (True, "mel_inplace")):
            heard, banks = wave.copy(), []
            for start, end in spans:
                clip = heard[int(start * 16_000) : int(end * 16_000)]
                clip = clip if in_place else clip.copy()
                clip -= clip.mean()
                banks.append(reference.mel(clip, mels, frames)[None])
            tensors[f"{name}_{duration}"] = torch.from_numpy(np.stack(banks)).float()
    return saved(path, {}, tensors, metadata)
