"""Timestamp-conditioned image Q-Former over global and local features, fused (paper 3.2).

"The Q-Former takes learnable queries as input, which interacts with the frame features and facial local features
via cross-attention and updates the initial queries respectively. The global and local results are fused and further
processed to obtain final visual tokens. [...] We add the frame-level timestamp as a condition to the Q-Former."
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.config import ImageQFormerConfig
from microemo.model import qformer
from microemo.model.frames import pack

LOCAL_AT_START = -2.0  # the gate's bias: 12 % of what the clue regions add


class ImageQFormer(nn.Module):
    """A frame's patch tokens, global and local, to ``num_queries`` visual tokens bound to the frame's time."""

    def __init__(self, config: ImageQFormerConfig, vision_size: int) -> None:
        from transformers import InstructBlipQFormerConfig, InstructBlipQFormerModel

        super().__init__()
        self.qformer = InstructBlipQFormerModel(
            InstructBlipQFormerConfig(
                vocab_size=config.vocabulary_size,
                hidden_size=config.hidden_size,
                num_hidden_layers=config.num_layers,
                num_attention_heads=config.num_heads,
                intermediate_size=config.feed_forward_size,
                hidden_dropout_prob=config.dropout,
                attention_probs_dropout_prob=config.dropout,
                max_position_embeddings=config.text_positions,
                encoder_hidden_size=vision_size,
            )
        )
        self.queries = nn.Parameter(torch.randn(1, config.num_queries, config.hidden_size) * 0.02)
        self.vision_norm = nn.LayerNorm(vision_size)
        self.gate = nn.Linear(2 * config.hidden_size, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, config.hidden_size)

    @torch.no_grad()
    def pass_through(self) -> None:
        """Let the tokens out as the Q-Former makes them, with little of the local ones: a start from upstream's."""
        nn.init.eye_(self.output.weight)
        nn.init.zeros_(self.output.bias)
        nn.init.zeros_(self.gate.weight)
        nn.init.constant_(self.gate.bias, LOCAL_AT_START)

    def forward(
        self,
        frames: Float[Tensor, "T N D"],
        time_ids: Int[Tensor, "T L"],
        time_mask: Int[Tensor, "T L"],
        local: Float[Tensor, "T M D"] | None = None,
        local_mask: Bool[Tensor, "T M"] | None = None,
    ) -> Float[Tensor, "T Q H"]:
        """Visual tokens of each frame; without ``local`` (ablation), or where its mask is empty, of the frame alone."""
        attended, text_mask = self._self_attend(time_ids, time_mask)
        fused = self._cross_attend(attended, text_mask, frames)
        if local is not None and local_mask is not None:
            fused = self._fuse(fused, attended, text_mask, local, local_mask)
        return self.output(fused)

    def cross_attend(
        self,
        tokens: Float[Tensor, "T N D"],
        time_ids: Int[Tensor, "T L"],
        time_mask: Int[Tensor, "T L"],
        mask: Bool[Tensor, "T N"] | None = None,
    ) -> Float[Tensor, "T Q H"]:
        """The queries updated by cross-attention over ``tokens``; only query positions go on, text stays behind."""
        return self._cross_attend(*self._self_attend(time_ids, time_mask), tokens, mask)

    def _self_attend(
        self, time_ids: Tensor, time_mask: Tensor
    ) -> tuple[Float[Tensor, "T S H"], Bool[Tensor, "T S"] | None]:
        """Queries and timestamps before they attend to tokens, and where they are no padding (None: everywhere)."""
        longest = 1 + max(time_mask.any(0).nonzero().flatten().tolist(), default=-1)
        ids, mask = time_ids[:, :longest], time_mask[:, :longest].bool()
        states = self.qformer.embeddings(input_ids=ids, query_embeds=self.queries.expand(len(ids), -1, -1))
        kept = None if mask.all() else F.pad(mask, (self.queries.shape[1], 0), value=True)
        return qformer.self_attend(self.qformer.encoder, states, kept), kept

    def _cross_attend(
        self, attended: Tensor, text_mask: Tensor | None, tokens: Tensor, mask: Tensor | None = None
    ) -> Float[Tensor, "T Q H"]:
        tokens = self.vision_norm(tokens)
        return qformer.cross_attend(self.qformer.encoder, attended, self.queries.shape[1], tokens, mask, text_mask)

    def _fuse(
        self, fused: Tensor, attended: Tensor, text_mask: Tensor | None, local: Tensor, local_mask: Tensor
    ) -> Float[Tensor, "T Q H"]:
        """Mix in the local result by a learned gate, in the frames that have clue regions at all."""
        has_face = local_mask.any(1)
        if not has_face.any():
            return fused
        clues = self._cross_attend(
            attended[has_face],
            None if text_mask is None else text_mask[has_face],
            *pack(local[has_face], local_mask[has_face]),
        )
        whole = fused[has_face]
        gate = torch.sigmoid(self.gate(torch.cat([whole, clues], dim=-1)))
        return fused.index_put((has_face,), whole + gate * (clues - whole))
