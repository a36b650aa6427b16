"""Label scores: how near a window's tokens are to the LLM's own embeddings of the emotion words.

Training aligns the two (``train/alignment.py``). A small LLM that has seen few answers is a poorer judge than
its own aligned input; the scores then weigh in on the first label that it writes. Beyond the paper, off by default.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from microemo.config import LabelPrior
from microemo.lexicon import FAMILIES
from microemo.model.language import SPACE, LanguageModel
from microemo.model.prompt import Slot, SlotKind

TEMPERATURE = 0.1
WINDOWS: tuple[SlotKind, ...] = ("video_window", "audio_window")


def label_anchors(language: LanguageModel) -> Float[Tensor, "K H"]:
    """The embeddings of the K family names, centred, of unit length."""
    embeddings = torch.stack([language.embed_text(SPACE + family).float().mean(0) for family in FAMILIES])
    return F.normalize(embeddings - embeddings.mean(0), dim=-1).detach()


def label_scores(tokens: Float[Tensor, "Q H"], anchors: Float[Tensor, "K H"]) -> Float[Tensor, " K"]:
    """Logits of the families for one window's tokens."""
    return F.normalize(tokens.float().mean(0), dim=-1) @ anchors.T / TEMPERATURE


def window_scores(
    tokens: Mapping[Slot, Float[Tensor, "Q H"]], anchors: Float[Tensor, "K H"]
) -> dict[SlotKind, Float[Tensor, " K"]]:
    """The families' log-probabilities by kind of window, summed over a prompt's windows of it; zeros without any."""
    scores = {kind: anchors.new_zeros(len(anchors)) for kind in WINDOWS}
    for slot, window in tokens.items():
        if slot.kind in scores:
            scores[slot.kind] = scores[slot.kind] + label_scores(window, anchors).log_softmax(-1)
    return scores


def weighed(scores: Mapping[SlotKind, Float[Tensor, " K"]], prior: LabelPrior) -> Float[Tensor, " K"]:
    """``window_scores`` as one logit a family."""
    return prior.video_window * scores["video_window"] + prior.audio_window * scores["audio_window"]


@dataclass(frozen=True)
class FirstLabel:
    """What weighs in on the first token of answers, and how sure they are of it.

    token_ids    (K,)     first tokens of the families' names
    scores       (B, K)   added to their logits; words that name no family get the least of them
    temperature           divides the families' logits before they become a probability (Guo et al. 2017)
    """

    token_ids: Int[Tensor, " K"]
    scores: Float[Tensor, "B K"]
    temperature: float = 1.0

    def __call__(self, logits: Float[Tensor, "B V"]) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
        """The log-probability of the likeliest token, and that token."""
        token = self._weighed(logits).argmax(-1)
        return self.log_prob(logits, token), token

    def log_prob(self, logits: Float[Tensor, "B V"], token: Int[Tensor, " B"]) -> Float[Tensor, " B"]:
        """How sure the answers are of a first token each, calibrated where it is that of a family."""
        score = self._weighed(logits).log_softmax(-1).gather(1, token[:, None])[:, 0]
        families = ((logits[:, self.token_ids] + self.scores) / self.temperature).log_softmax(-1)
        is_family = token[:, None] == self.token_ids
        calibrated = families.masked_fill(~is_family, -torch.inf).max(-1).values
        return torch.where(is_family.any(-1), calibrated, score)

    def _weighed(self, logits: Float[Tensor, "B V"]) -> Float[Tensor, "B V"]:
        weighed = logits + self.scores.min(-1, keepdim=True).values
        weighed[:, self.token_ids] = logits[:, self.token_ids] + self.scores
        return weighed


def family_token_ids(language: LanguageModel) -> Int[Tensor, " K"]:
    ids = [language.token_ids(SPACE + family)[0] for family in FAMILIES]
    return torch.tensor(ids, device=language.table.weight.device)
