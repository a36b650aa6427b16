"""An answer's first label: which family of emotion it is of, by which word, and how sure the LLM is (beyond the paper).

There are many words for one feeling. How likely a family is to the LLM is how likely all words for it are together; the
first label is the likeliest word of the likeliest family. What comes behind its first token the LLM chooses as ever.
"""

from collections import defaultdict
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from microemo.config import Calibration
from microemo.lexicon import FAMILIES, emotion_families
from microemo.model.language import SPACE, LanguageModel

NAMED = 0.5  # probability of all families together from which the first label is a family's


@dataclass(frozen=True)
class FirstWords:
    """The tokens that labels of one family alone begin with.

    ids   (W,)     tokens
    of    (W, K)   True where it is the family's
    """

    ids: Int[Tensor, " W"]
    of: Bool[Tensor, "W K"]

    @classmethod
    def known_to(cls, language: LanguageModel) -> "FirstWords":
        begun: dict[int, set[str]] = defaultdict(set)
        for family in FAMILIES:
            for label in emotion_families()[family].labels:
                begun[language.token_ids(SPACE + label)[0]].add(family)
        own = {token: families for token, families in begun.items() if len(families) == 1}
        device = language.table.weight.device
        of = torch.tensor([[family in families for family in FAMILIES] for families in own.values()], device=device)
        return cls(torch.tensor(list(own), dtype=torch.long, device=device), of.view(-1, len(FAMILIES)).bool())

    def log_probs(self, logits: Float[Tensor, "B V"]) -> Float[Tensor, "B K"]:
        """Of each family, as the first word of an answer; what is left is that of other words."""
        of_words = logits.log_softmax(-1)[:, self.ids, None]  # (B, W, 1)
        return of_words.masked_fill(~self.of, -torch.inf).logsumexp(1)


@dataclass(frozen=True)
class FirstLabel:
    """Chooses the first tokens of answers; sure as ``calibration`` says (temperature scaling, Guo et al. 2017)."""

    words: FirstWords
    calibration: Calibration

    def __call__(self, logits: Float[Tensor, "B V"]) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
        """How sure the answers are of their first tokens, as logarithms, and these."""
        families = self.words.log_probs(logits)
        others = ~self.words.of.T[families.argmax(-1)]  # (B, W)
        best = self.words.ids[logits[:, self.words.ids].masked_fill(others, -torch.inf).argmax(-1)]
        token = torch.where(families.logsumexp(-1) >= torch.tensor(NAMED).log(), best, logits.argmax(-1))
        return self.log_prob(logits, token), token

    def log_prob(self, logits: Float[Tensor, "B V"], token: Int[Tensor, " B"]) -> Float[Tensor, " B"]:
        """How sure the answers are of a first token each: of its family, where it begins a label of one."""
        word = logits.log_softmax(-1).gather(1, token[:, None])[:, 0]
        is_word = token[:, None] == self.words.ids  # (B, W)
        is_of = (is_word[..., None] & self.words.of).any(1)  # (B, K)
        family = self.sure_of(logits).masked_fill(~is_of, -torch.inf).max(-1).values
        return torch.where(is_word.any(-1), family, word)

    def sure_of(self, logits: Float[Tensor, "B V"]) -> Float[Tensor, "B K"]:
        """How sure answers are of each family, among these, as logarithms."""
        return (self.words.log_probs(logits) / self.calibration.temperature).log_softmax(-1)
