"""Label scores: how near a window's tokens are to the LLM's own embeddings of the emotion words.

Training aligns the two (``train/alignment.py``, paper 3.4, first stage). They write no answer: the LLM does.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from microemo.lexicon import FAMILIES
from microemo.model.language import SPACE, LanguageModel

TEMPERATURE = 0.1


def label_anchors(language: LanguageModel) -> Float[Tensor, "K H"]:
    """The embeddings of the K family names, centred, of unit length."""
    embeddings = torch.stack([language.embed_text(SPACE + family).float().mean(0) for family in FAMILIES])
    return F.normalize(embeddings - embeddings.mean(0), dim=-1).detach()


def label_scores(tokens: Float[Tensor, "Q H"], anchors: Float[Tensor, "K H"]) -> Float[Tensor, " K"]:
    """Logits of the families for one window's tokens."""
    return F.normalize(tokens.float().mean(0), dim=-1) @ anchors.T / TEMPERATURE
