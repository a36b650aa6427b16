"""A hybrid compressor: experts for feelings beside what was there before (Emotion-Qwen: Huang et al. 2025)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.model.kin.utterances import Tokens

NUM_EXPERTS = 2


class Bottleneck(nn.Module):
    """A narrow feed-forward map that starts as nothing: what an expert adds to a token."""

    def __init__(self, language_size: int, hidden_size: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(language_size)
        self.inner, self.outer = nn.Linear(language_size, hidden_size), nn.Linear(hidden_size, language_size)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, tokens: Float[Tensor, "*B H"]) -> Float[Tensor, "*B H"]:
        added: Tensor = self.outer(F.gelu(self.inner(self.norm(tokens))))
        return added


class HybridCompressor(nn.Module):
    """A router sends each token to experts for feelings, or past them: the general path is the token as it was.

    So what general training left is kept where the router says so. Experts start as nothing.
    """

    def __init__(self, language_size: int, hidden_size: int) -> None:
        super().__init__()
        self.experts = nn.ModuleList(Bottleneck(language_size, hidden_size) for _ in range(NUM_EXPERTS))
        self.router = nn.Linear(language_size, 1 + NUM_EXPERTS)

    def forward(self, filled: Sequence[Tokens]) -> list[Tokens]:
        slots = [(number, slot) for number, tokens in enumerate(filled) for slot in tokens]
        if not slots:
            return [*filled]
        sizes = [len(filled[number][slot]) for number, slot in slots]
        routed = self.route(torch.cat([filled[number][slot] for number, slot in slots])).split(sizes)
        changed = [dict(tokens) for tokens in filled]
        for (number, slot), tokens in zip(slots, routed, strict=True):
            changed[number][slot] = tokens
        return changed

    def route(self, tokens: Float[Tensor, "N H"]) -> Float[Tensor, "N H"]:
        shares = self.router(tokens).softmax(-1)[:, 1:]  # (N, E): the general path adds nothing
        added = torch.stack([expert(tokens) for expert in self.experts], dim=1)  # (N, E, H)
        return tokens + (shares[..., None] * added).sum(1)
