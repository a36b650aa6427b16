"""Contrast between the modalities of an utterance, without labels (Franceschini et al. 2022, modality-pairwise; HiCMAE
and VAEmo use the same loss): its face is pulled to its voice, and away from other utterances' voices."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

TEMPERATURE = 0.1


def pairwise_contrast(faces: Float[Tensor, "U H"], voices: Float[Tensor, "U H"]) -> Float[Tensor, ""]:
    """Which voice goes with which face, and the reverse: cross-entropy of cosines; 0 of fewer than two utterances."""
    if len(faces) < 2:
        return (faces.sum() + voices.sum()) * 0.0
    with torch.autocast(faces.device.type, enabled=False):  # in bf16, logits of 10 would be rounded to 0.06
        alike = F.normalize(faces.float(), dim=-1) @ F.normalize(voices.float(), dim=-1).T / TEMPERATURE
    own = torch.arange(len(faces), device=faces.device)
    return (F.cross_entropy(alike, own) + F.cross_entropy(alike.T, own)) / 2
