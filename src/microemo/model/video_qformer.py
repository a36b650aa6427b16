"""Utterance-aware video Q-Former (paper 3.3), and the audio Q-Former, which has the same form.

"We combine utterance-level timestamps to design a dynamic sliding window with a length of each utterance segment,
and within each window utilize the video Q-Former to extract video tokens from frame features. Meanwhile, we also
extract video tokens from whole frame features via a global video Q-Former and then combine them."
One set of weights reads both the utterances' windows and the whole; the prompt keeps the two apart.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from microemo.config import QFormerConfig
from microemo.model import qformer
from microemo.model.windows import over_windows

POSITION_STD = 0.02  # at the start, as BERT's: places that training never sees stay near nothing
EMBEDDING_RMS = 0.13  # of SmolLM2's token embeddings: new tokens start out at their scale


class WindowQFormer(nn.Module):
    """Windows of features of any length (N, D), each to ``num_queries`` tokens in the LLM's embedding space."""

    def __init__(self, config: QFormerConfig, input_size: int, language_size: int) -> None:
        from transformers import Blip2QFormerConfig, Blip2QFormerModel

        super().__init__()
        self.qformer = Blip2QFormerModel(
            Blip2QFormerConfig(
                hidden_size=config.hidden_size,
                num_hidden_layers=config.num_layers,
                num_attention_heads=config.num_heads,
                intermediate_size=config.feed_forward_size,
                hidden_dropout_prob=config.dropout,
                attention_probs_dropout_prob=config.dropout,
                cross_attention_frequency=1,
                encoder_hidden_size=input_size,
                use_qformer_text_input=False,
            )
        )
        self.queries = nn.Parameter(torch.randn(1, config.num_queries, config.hidden_size) * 0.02)
        self.projection = nn.Linear(config.hidden_size, language_size)
        nn.init.normal_(self.projection.weight, std=EMBEDDING_RMS / config.hidden_size**0.5)

    def prepare(self, features: Float[Tensor, "T Q D"]) -> Float[Tensor, "T Q2 D2"]:
        """A clip's features as its windows, which are cut from them, are read."""
        return features

    def cross_attend(self, tokens: Float[Tensor, "W N D"], mask: Bool[Tensor, "W N"]) -> Float[Tensor, "W Q H"]:
        """The queries after all layers, which attend to each window's ``tokens``, in the LLM's embedding space."""
        queries = self.qformer.dropout(self.qformer.layernorm(self.queries.expand(len(tokens), -1, -1)))
        encoder = self.qformer.encoder
        attended = qformer.self_attend(encoder, queries)
        return self.projection(qformer.cross_attend(encoder, attended, queries.shape[1], tokens, mask))

    def forward(self, windows: Sequence[Float[Tensor, "_ D"]]) -> Float[Tensor, "U Q H"]:
        return over_windows(self.cross_attend, windows)


class VideoQFormer(WindowQFormer):
    """Windows of frames, several tokens each, or of clips of sound, one each; positions tell their order."""

    def __init__(self, config: QFormerConfig, input_size: int, language_size: int, max_positions: int) -> None:
        super().__init__(config, input_size, language_size)
        self.positions = nn.Embedding(max_positions, input_size)
        nn.init.normal_(self.positions.weight, std=POSITION_STD)

    def prepare(self, features: Float[Tensor, "T Q D"]) -> Float[Tensor, "T Q D"]:
        return self.add_positions(features)

    def add_positions(self, frames: Float[Tensor, "T Q D"]) -> Float[Tensor, "T Q D"]:
        """Add each frame's position in the clip; clips longer than the table share its entries evenly."""
        num_frames, num_positions = len(frames), self.positions.num_embeddings
        index = torch.arange(num_frames, device=frames.device)
        if num_frames > num_positions:
            index = index * num_positions // num_frames
        return frames + self.positions(index)[:, None]
