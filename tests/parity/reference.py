"""Upstream's mathematics in plain torch functions over upstream's own keys: what our modules are compared with."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

State = dict[str, Tensor]


def linear(state: State, name: str, x: Tensor) -> Tensor:
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def norm(state: State, name: str, x: Tensor, eps: float) -> Tensor:
    centred = x - x.mean(-1, keepdim=True)
    scaled = centred / (centred.square().mean(-1, keepdim=True) + eps).sqrt()
    return scaled * state[f"{name}.weight"] + state[f"{name}.bias"]


def gelu(x: Tensor) -> Tensor:
    return x * 0.5 * (1 + torch.erf(x / 2**0.5))


def attend(query: Tensor, key: Tensor, value: Tensor, heads: int, keep: Tensor | None = None) -> Tensor:
    """(B, N, D) each; ``keep`` (B, M) where a key may be read."""

    def split(x: Tensor) -> Tensor:
        return x.unflatten(-1, (heads, -1)).transpose(1, 2)

    scores = split(query) @ split(key).mT / (query.shape[-1] // heads) ** 0.5
    if keep is not None:
        scores = scores + (1 - keep[:, None, None].float()) * torch.finfo(torch.float32).min
    return (scores.softmax(-1) @ split(value)).transpose(1, 2).flatten(2)


# Q-Former of LAVIS: post-norm BERT, whose queries alone read the memory


def bert_attention(state: State, name: str, x: Tensor, memory: Tensor, heads: int, keep: Tensor | None) -> Tensor:
    query, key, value = (
        linear(state, f"{name}.self.{part}", source)
        for part, source in (("query", x), ("key", memory), ("value", memory))
    )
    attended = linear(state, f"{name}.output.dense", attend(query, key, value, heads, keep))
    return norm(state, f"{name}.output.LayerNorm", attended + x, 1e-12)


def bert_feed_forward(state: State, name: str, x: Tensor, side: str) -> Tensor:
    inner = gelu(linear(state, f"{name}.intermediate{side}.dense", x))
    return norm(state, f"{name}.output{side}.LayerNorm", linear(state, f"{name}.output{side}.dense", inner) + x, 1e-12)


def qformer(
    state: State,
    name: str,
    queries: Tensor,
    memory: Tensor,
    heads: int,
    *,
    ids: Tensor | None = None,
    text_mask: Tensor | None = None,
    memory_mask: Tensor | None = None,
) -> Tensor:
    """All positions, the queries' first: (B, Q + L, D)."""
    num_queries, embeddings = queries.shape[1], f"{name}.embeddings"
    x, keep = queries.expand(len(memory), -1, -1), None
    if ids is not None and text_mask is not None:
        words = state[f"{embeddings}.word_embeddings.weight"][ids]
        x = torch.cat([x, words + state[f"{embeddings}.position_embeddings.weight"][: ids.shape[1]]], dim=1)
        keep = torch.cat([torch.ones(len(memory), num_queries), text_mask.float()], dim=1)
    x = norm(state, f"{embeddings}.LayerNorm", x, 1e-12)
    layer = 0
    while f"{name}.encoder.layer.{layer}.attention.self.query.weight" in state:
        prefix = f"{name}.encoder.layer.{layer}"
        x = bert_attention(state, f"{prefix}.attention", x, x, heads, keep)
        read, text = x[:, :num_queries], x[:, num_queries:]
        if f"{prefix}.crossattention.self.query.weight" in state:
            read = bert_attention(state, f"{prefix}.crossattention", read, memory, heads, memory_mask)
        x = bert_feed_forward(state, prefix, read, "_query")
        if text.shape[1]:
            x = torch.cat([x, bert_feed_forward(state, prefix, text, "")], dim=1)
        layer += 1
    return x


def video_tokens(state: State, frames: Tensor, heads: int, window: int, stride: int) -> tuple[Tensor, Tensor]:
    """TimeChat over (B, T, Q, D): states (B, U, V, D) of the windows, and the LLM's tokens (B, U V, L)."""
    num_frames = frames.shape[1]
    placed = frames + state["video_frame_position_embedding.weight"][:num_frames, None]
    starts = range(0, num_frames, stride) if window else [0]
    windows = [placed[:, start : start + (window or num_frames)].flatten(1, 2) for start in starts]
    queries = state["video_query_tokens"]
    states = torch.stack([qformer(state, "video_Qformer.bert", queries, part, heads) for part in windows], dim=1)
    return states, linear(state, "llama_proj", states).flatten(1, 2)


# EVA: pre-norm, queries and values have a bias, keys have none


def eva(state: State, pixels: Tensor, heads: int, patch: int = 14) -> Tensor:
    cells = pixels.unfold(2, patch, patch).unfold(3, patch, patch)  # (B, 3, G, G, p, p)
    cells = cells.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
    kernel = state["visual_encoder.patch_embed.proj.weight"].flatten(1)
    patches = cells @ kernel.T + state["visual_encoder.patch_embed.proj.bias"]
    x = torch.cat([state["visual_encoder.cls_token"].expand(len(pixels), -1, -1), patches], dim=1)
    x = x + state["visual_encoder.pos_embed"]
    block = 0
    while f"visual_encoder.blocks.{block}.attn.proj.weight" in state:
        name = f"visual_encoder.blocks.{block}"
        normed = norm(state, f"{name}.norm1", x, 1e-6)
        query, key, value = (normed @ state[f"{name}.attn.qkv.weight"].T).chunk(3, dim=-1)
        query, value = query + state[f"{name}.attn.q_bias"], value + state[f"{name}.attn.v_bias"]
        x = x + linear(state, f"{name}.attn.proj", attend(query, key, value, heads))
        inner = gelu(linear(state, f"{name}.mlp.fc1", norm(state, f"{name}.norm2", x, 1e-6)))
        x = x + linear(state, f"{name}.mlp.fc2", inner)
        block += 1
    return x


# ImageBind's audio trunk, and Video-LLaMA's audio branch over its clips


def imagebind(state: State, mels: Tensor, heads: int) -> tuple[Tensor, Tensor]:
    """(S, 1, M, F) -> class tokens (S, D) and scaled unit vectors (S, E)."""
    before, trunk = "audio_encoder.modality_preprocessors.audio", "audio_encoder.modality_trunks.audio.blocks"
    patches = F.conv2d(mels, state[f"{before}.rgbt_stem.proj.weight"], stride=10).flatten(2).mT
    patches = norm(state, f"{before}.rgbt_stem.norm_layer", patches, 1e-5)
    x = torch.cat([state[f"{before}.cls_token"].expand(len(mels), -1, -1), patches], dim=1)
    x = x + state[f"{before}.pos_embedding_helper.pos_embed"]
    block = 0
    while f"{trunk}.{block}.attn.bias_k" in state:
        name = f"{trunk}.{block}"
        normed = norm(state, f"{name}.norm_1", x, 1e-6)
        mixed = normed @ state[f"{name}.attn.in_proj_weight"].T + state[f"{name}.attn.in_proj_bias"]
        query, key, value = mixed.chunk(3, dim=-1)
        key = torch.cat([key, state[f"{name}.attn.bias_k"].expand(len(mels), -1, -1)], dim=1)
        value = torch.cat([value, state[f"{name}.attn.bias_v"].expand(len(mels), -1, -1)], dim=1)
        x = x + linear(state, f"{name}.attn.out_proj", attend(query, key, value, heads))
        x = x + linear(
            state, f"{name}.mlp.fc2", gelu(linear(state, f"{name}.mlp.fc1", norm(state, f"{name}.norm_2", x, 1e-6)))
        )
        block += 1
    head = norm(state, "audio_encoder.modality_heads.audio.0", x, 1e-6)[:, 0]
    vectors = head @ state["audio_encoder.modality_heads.audio.2.weight"].T
    scale = state["audio_encoder.modality_postprocessors.audio.1.log_logit_scale"].exp().clamp(max=100)
    return head, vectors / vectors.square().sum(-1, keepdim=True).sqrt() * scale


def audio_tokens(state: State, features: Tensor, heads: int) -> Tensor:
    placed = features + state["audio_position_embedding.weight"][: features.shape[1]]
    states = qformer(state, "audio_Qformer.bert", state["audio_query_tokens"], placed, heads)
    return linear(state, "audio_llama_proj", states)


# Filter banks by the library's spectrogram, in double precision


def mel(samples: np.ndarray, num_mels: int, num_frames: int) -> np.ndarray:
    """Of a clip without its mean, (M, F): padded with zeros, then normalised."""
    filters = mel_filter_bank(257, num_mels, 20, 8000, 16_000, mel_scale="kaldi", triangularize_in_mel_space=True)
    banks = spectrogram(
        samples, window_function(400, "hann", periodic=False), frame_length=400, hop_length=160, fft_length=512,
        power=2.0, center=False, preemphasis=0.97, mel_filters=filters, log_mel="log",
        mel_floor=float(np.finfo(np.float32).eps), remove_dc_offset=True,
    )[:, :num_frames]  # fmt: skip
    padded = np.pad(banks, ((0, 0), (0, num_frames - banks.shape[1])))
    return (padded + 4.268) / 9.138
