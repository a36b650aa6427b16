"""Upstream's quirks, all in this one place: what we do otherwise on purpose, and reproduce only to compare."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from microemo.model.image_qformer import ImageQFormer
from microemo.model.mel import CLIP_SEC, cut, normalised_mel
from microemo.spans import Span


def all_positions(
    image_qformer: ImageQFormer,
    tokens: Float[Tensor, "T N D"],
    time_ids: Int[Tensor, "T L"],
    time_mask: Int[Tensor, "T L"],
    mask: Bool[Tensor, "T N"] | None = None,
) -> Float[Tensor, "T QL H"]:
    """TimeChat hands on the text's positions with the queries', padding included, and unmasked. We only the queries.

    The queries are read by our own ``cross_attend``; the text, which it leaves behind, by the library's forward.
    """
    queries = image_qformer.cross_attend(tokens, time_ids, time_mask, mask)
    states = image_qformer.qformer(
        input_ids=time_ids,
        attention_mask=torch.cat([time_mask.new_ones(queries.shape[:2]), time_mask], dim=1),
        query_embeds=image_qformer.queries.expand(len(tokens), -1, -1),
        encoder_hidden_states=image_qformer.vision_norm(tokens),
        encoder_attention_mask=None if mask is None else mask.long(),
    ).last_hidden_state
    return torch.cat([queries, states[:, queries.shape[1] :]], dim=1)


def without_text(image_qformer: ImageQFormer, tokens: Float[Tensor, "T N D"]) -> Float[Tensor, "T Q H"]:
    """Video-LLaMA's image Q-Former is told no time. Ours always is."""
    queries = image_qformer.queries.expand(len(tokens), -1, -1)
    encoded = image_qformer.vision_norm(tokens)
    return image_qformer.qformer(None, query_embeds=queries, encoder_hidden_states=encoded).last_hidden_state


def fixed_windows(num_frames: int, window: int, stride: int) -> list[slice]:
    """TimeChat's windows, every ``stride`` frames, the last ones shorter; 0 is all frames. Ours are utterances'."""
    if window <= 0:
        return [slice(0, num_frames)]
    return [slice(start, start + window) for start in range(0, num_frames, stride)]


def eight_clips(duration_sec: float) -> list[Span]:
    """Video-LLaMA's 8 clips of 2 s: none hears the end; all are the same where there is no more than one's length."""
    step = max(duration_sec - CLIP_SEC, 0.0) / 8
    return [Span(index * step, index * step + CLIP_SEC) for index in range(8)]


def mels_in_place(
    waveform: Float[Tensor, " N"], spans: Sequence[Span], num_mels: int, num_frames: int
) -> Float[Tensor, "S 1 M F"]:
    """ImageBind takes the mean off each clip in place: where clips overlap, the later one hears the change."""
    heard, mels = waveform.clone(), []
    for span in spans:
        clip = cut(heard, span)
        clip -= clip.mean()
        mels.append(normalised_mel(clip, num_mels, num_frames))
    return torch.stack(mels)
