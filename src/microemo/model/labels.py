"""Label scores: how near a window's tokens are to the LLM's own embeddings of the emotion words.

Training aligns the two (``train/alignment.py``). A small LLM that has seen few answers is a poorer judge than
its own aligned input; the scores then weigh in on the first label that it writes. Beyond the paper, off by default.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from microemo.model.language import SPACE, LanguageModel
from microemo.model.prompt import Slot
from microemo.vocabulary import FAMILIES

TEMPERATURE = 0.1
WINDOWS = ("video_window", "audio_window")


def label_anchors(language: LanguageModel) -> Float[Tensor, "K H"]:
    """The embeddings of the K family names, centred, of unit length."""
    embeddings = torch.stack([language.embed_text(SPACE + family).float().mean(0) for family in FAMILIES])
    return F.normalize(embeddings - embeddings.mean(0), dim=-1).detach()


def label_scores(tokens: Float[Tensor, "Q H"], anchors: Float[Tensor, "K H"]) -> Float[Tensor, " K"]:
    """Logits of the families for one window's tokens."""
    return F.normalize(tokens.float().mean(0), dim=-1) @ anchors.T / TEMPERATURE


def first_label_bias(
    language: LanguageModel, tokens: Mapping[Slot, Float[Tensor, "Q H"]], weight: float
) -> Float[Tensor, " V"]:
    """What to add to the logits of an answer's first token: the families' log-probabilities, summed over windows.

    Words that name no family are not preferred over the least likely one.
    """
    anchors = label_anchors(language)
    windows = [label_scores(window, anchors).log_softmax(-1) for slot, window in tokens.items() if slot.kind in WINDOWS]
    if not windows:
        return torch.zeros(language.table.num_embeddings, device=language.table.weight.device)
    scores = weight * torch.stack(windows).sum(0)  # (K,)
    bias = scores.min().repeat(language.table.num_embeddings)
    for family, score in zip(FAMILIES, scores, strict=True):
        bias[language.token_ids(SPACE + family)[0]] = score
    return bias
