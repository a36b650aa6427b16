"""Experts of the modalities behind a gate that holds the balance between them (after MoSEAR, which finds that one of
them, mostly the voice, is believed where they disagree)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from microemo.model.kin.bottleneck import Bottleneck
from microemo.model.kin.utterances import Both, Tokens, replaced, stacked


class ModalityExperts(nn.Module):
    """What a face's and a voice's own expert adds to its tokens, weighted by a gate that sees both.

    The gate starts even, and nothing but weight decay holds it there: that is all of the authors' regularisation that
    is here. Experts start as nothing. Whoever is seen or heard alone passes through.
    """

    def __init__(self, language_size: int, hidden_size: int) -> None:
        super().__init__()
        self.face, self.voice = Bottleneck(language_size, hidden_size), Bottleneck(language_size, hidden_size)
        self.gate = nn.Linear(2 * language_size, 2)
        nn.init.zeros_(self.gate.weight)
        nn.init.zeros_(self.gate.bias)

    def forward(self, filled: Sequence[Tokens], both: Sequence[Both]) -> list[Tokens]:
        if not both:
            return [*filled]
        faces, voices = stacked(filled, both)
        to_face, to_voice = self.shares(faces, voices)[..., None, None].unbind(1)  # (U, 1, 1) each
        return replaced(filled, both, faces + to_face * self.face(faces), voices + to_voice * self.voice(voices))

    def shares(self, faces: Float[Tensor, "U Q H"], voices: Float[Tensor, "U Q2 H"]) -> Float[Tensor, "U 2"]:
        """How much the expert of the face counts, and that of the voice; 2 in all."""
        shown = torch.cat([faces.mean(1), voices.mean(1)], dim=-1)
        return 2 * self.gate(shown).softmax(-1)
