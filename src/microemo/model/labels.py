"""Label scores: how near a window's tokens are to the LLM's own embeddings of the emotion words.

Training aligns the two (``train/alignment.py``, paper 3.4, first stage). They write no answer: the LLM does.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from microemo.lexicon import FAMILIES
from microemo.model.language import SPACE, LanguageModel

TEMPERATURE = 0.1


def label_anchors(language: LanguageModel, names: Sequence[str] = FAMILIES) -> Float[Tensor, "K H"]:
    """The embeddings of K words, by default the family names, centred, of unit length."""
    embeddings = torch.stack([language.embed_text(SPACE + name).float().mean(0) for name in names])
    return F.normalize(embeddings - embeddings.mean(0), dim=-1).detach()


def label_scores(tokens: Float[Tensor, "Q H"], anchors: Float[Tensor, "K H"]) -> Float[Tensor, " K"]:
    """Logits of the families for one window's tokens."""
    return F.normalize(tokens.float().mean(0), dim=-1) @ anchors.T / TEMPERATURE
