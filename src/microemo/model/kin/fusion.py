"""Fusion before the language model, after the idea of AffectGPT (Lian et al. 2025, "pre-fusion operations").

The authors weigh the encoders' features, or read them by a Q-Former, into tokens of their own beside the others; here
the tokens of both windows attend to each other, in place.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.model.kin.utterances import Both, Tokens, replaced, stacked


class PreFusion(nn.Module):
    """An utterance's face and voice attend to each other: one layer of self-attention over the tokens of both windows.

    It starts as the identity. Whoever is seen or heard alone passes through.
    """

    def __init__(self, language_size: int, hidden_size: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.norm = nn.LayerNorm(language_size)
        self.qkv = nn.Linear(language_size, 3 * hidden_size)
        self.output = nn.Linear(hidden_size, language_size)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, filled: Sequence[Tokens], both: Sequence[Both]) -> list[Tokens]:
        if not both:
            return [*filled]
        faces, voices = stacked(filled, both)
        fused = self.fuse(torch.cat([faces, voices], dim=1))
        return replaced(filled, both, *fused.split([faces.shape[1], voices.shape[1]], dim=1))

    def fuse(self, tokens: Float[Tensor, "U N H"]) -> Float[Tensor, "U N H"]:
        """Each token with what it finds in all of its utterance."""
        query, key, value = self.qkv(self.norm(tokens)).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        found = F.scaled_dot_product_attention(query, key, value)
        return tokens + self.output(found.transpose(1, 2).flatten(2))
