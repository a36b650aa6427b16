"""A hybrid compressor: experts for feelings beside what was there before (Emotion-Qwen: Huang et al. 2025)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from microemo.model.kin.bottleneck import Bottleneck
from microemo.model.kin.utterances import Both, Tokens

NUM_EXPERTS = 2


class HybridCompressor(nn.Module):
    """A router sends each token to experts for feelings, or past them: the general path is the token as it was.

    So what general training left is kept where the router says so. Experts start as nothing.
    """

    def __init__(self, language_size: int, hidden_size: int) -> None:
        super().__init__()
        self.experts = nn.ModuleList(Bottleneck(language_size, hidden_size) for _ in range(NUM_EXPERTS))
        self.router = nn.Linear(language_size, 1 + NUM_EXPERTS)

    def forward(self, filled: Sequence[Tokens], both: Sequence[Both]) -> list[Tokens]:
        return [{slot: self.route(own) for slot, own in tokens.items()} for tokens in filled]

    def route(self, tokens: Float[Tensor, "N H"]) -> Float[Tensor, "N H"]:
        shares = self.router(tokens).softmax(-1)[:, 1:]  # (N, E): the general path adds nothing
        added = torch.stack([expert(tokens) for expert in self.experts], dim=1)  # (N, E, H)
        return tokens + (shares[..., None] * added).sum(1)
