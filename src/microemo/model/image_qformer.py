"""Timestamp-conditioned image Q-Former over global and local features, fused (paper 3.2).

"The Q-Former takes learnable queries as input, which interacts with the frame features and facial local features
via cross-attention and updates the initial queries respectively. The global and local results are fused and further
processed to obtain final visual tokens. [...] We add the frame-level timestamp as a condition to the Q-Former."
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformers import InstructBlipQFormerConfig, InstructBlipQFormerModel

from microemo.config import ImageQFormerConfig

LOCAL_AT_START = -2.0  # the gate's bias: 12 % of what the clue regions add


class ImageQFormer(nn.Module):
    """A frame's patch tokens, global and local, to ``num_queries`` visual tokens bound to the frame's time."""

    def __init__(self, config: ImageQFormerConfig, vision_size: int) -> None:
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
        fused = self.read(frames, time_ids, time_mask)
        if local is not None and local_mask is not None:
            fused = self._fuse(fused, local, local_mask, time_ids, time_mask)
        return self.output(fused)

    def read(
        self,
        tokens: Float[Tensor, "T N D"],
        time_ids: Int[Tensor, "T L"],
        time_mask: Int[Tensor, "T L"],
        mask: Bool[Tensor, "T N"] | None = None,
    ) -> Float[Tensor, "T Q H"]:
        """The queries updated by cross-attention over ``tokens``; only query positions go on, text stays behind."""
        queries = self.queries.expand(len(tokens), -1, -1)
        num_queries = queries.shape[1]
        updated = self.qformer(
            input_ids=time_ids,
            attention_mask=torch.cat([time_mask.new_ones(len(tokens), num_queries), time_mask], dim=1),
            query_embeds=queries,
            encoder_hidden_states=self.vision_norm(tokens),
            encoder_attention_mask=None if mask is None else mask.long(),
        )
        return updated.last_hidden_state[:, :num_queries]

    def _fuse(
        self, fused: Tensor, local: Tensor, local_mask: Tensor, time_ids: Tensor, time_mask: Tensor
    ) -> Float[Tensor, "T Q H"]:
        """Mix in the local result by a learned gate, in the frames that have clue regions at all."""
        has_face = local_mask.any(1)
        if not has_face.any():
            return fused
        clues = self.read(local[has_face], time_ids[has_face], time_mask[has_face], local_mask[has_face])
        whole = fused[has_face]
        gate = torch.sigmoid(self.gate(torch.cat([whole, clues], dim=-1)))
        return fused.index_put((has_face,), whole + gate * (clues - whole))
