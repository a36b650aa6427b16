"""An answer's first label: which family of emotion it is of, by which word, and how sure the LLM is (beyond the paper).

There are many words for one feeling. How likely a family is to the LLM is how likely all words for it are together; the
first label is a word of the likeliest family, chosen as the words behind it are. Which families are possible besides is
told by conformal sets.
"""

from collections import defaultdict
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from microemo.config import Calibration, Shown
from microemo.lexicon import FAMILIES
from microemo.lexicon.labels import labelled_words
from microemo.model.features import Features
from microemo.model.language import SPACE, Choose, LanguageModel, greedy
from microemo.model.prompt import PromptUtterance
from microemo.model.wellformed import WORD

NAMED = 0.5  # probability of all families together from which the first label is a family's


@dataclass(frozen=True)
class FirstWords:
    """The tokens that are words of a family, or that words of one family alone begin with.

    ids   (W,)     tokens
    of    (W, K)   True where it is the family's
    """

    ids: Int[Tensor, " W"]
    of: Bool[Tensor, "W K"]

    @classmethod
    def known_to(cls, language: LanguageModel, taught: Container[str] | None = None) -> "FirstWords":
        """Of the lexicon's words those that the LLM was ``taught``; None: all."""
        whole: dict[int, str] = {}
        begun: dict[int, set[str]] = defaultdict(set)
        for word, family in labelled_words():
            if taught is not None and not all(part in taught for part in WORD.findall(word)):
                continue
            first, *rest = language.token_ids(SPACE + word)
            if rest:
                begun[first].add(family)
            else:
                whole.setdefault(first, family)
        own = {token: family for token, (family, *others) in begun.items() if not others} | whole
        device = language.table.weight.device
        of = torch.tensor([[family == each for each in FAMILIES] for family in own.values()], device=device)
        return cls(torch.tensor(list(own), dtype=torch.long, device=device), of.view(-1, len(FAMILIES)).bool())

    def to(self, device: torch.device) -> "FirstWords":
        return FirstWords(self.ids.to(device), self.of.to(device))

    def are(self, tokens: Int[Tensor, " B"]) -> Bool[Tensor, "B K"]:
        """Whether tokens are of each family."""
        return ((tokens[:, None] == self.ids)[..., None] & self.of).any(1)

    def log_probs(self, logits: Float[Tensor, "B V"]) -> Float[Tensor, "B K"]:
        """Of each family, as the first word of an answer; what is left is that of other words."""
        of_words = logits.log_softmax(-1)[:, self.ids, None]  # (B, W, 1)
        return of_words.masked_fill(~self.of, -torch.inf).logsumexp(1)


@dataclass(frozen=True)
class FirstLabel:
    """Chooses the first tokens of answers; sure as ``calibration`` says (temperature scaling, Guo et al. 2017)."""

    words: FirstWords
    calibration: Calibration

    def __call__(
        self, logits: Float[Tensor, "B V"], choose: Choose = greedy, fused: Float[Tensor, "B K"] | None = None
    ) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
        """How sure the answers are of their first tokens, as logarithms, and these, by ``choose`` of the family's."""
        families = self.families(logits, fused)
        is_own = self.words.of.T[families.argmax(-1)]  # (B, W)
        own = torch.full_like(logits, -torch.inf)
        own[:, self.words.ids] = logits[:, self.words.ids].masked_fill(~is_own, -torch.inf)
        top = logits.argmax(-1)
        named = families if fused is None else self.words.log_probs(logits)
        is_named = named.logsumexp(-1) >= torch.tensor(NAMED).log()
        token = torch.where(is_named | self.words.are(top).any(-1), choose(own)[1], top)
        return self.log_prob(logits, token, families), token

    def families(self, logits: Float[Tensor, "B V"], fused: Float[Tensor, "B K"] | None) -> Float[Tensor, "B K"]:
        """Log-probabilities of the families: those of first tokens, but where others were put together (``fused``)."""
        own = self.words.log_probs(logits)
        return own if fused is None else torch.where(fused.isnan(), own, fused)

    def log_prob(
        self, logits: Float[Tensor, "B V"], token: Int[Tensor, " B"], families: Float[Tensor, "B K"]
    ) -> Float[Tensor, " B"]:
        """How sure the answers are of a first token each: of its family, where it begins a label of one."""
        word = logits.log_softmax(-1).gather(1, token[:, None])[:, 0]
        is_of = self.words.are(token)  # (B, K)
        family = self.sure_of(families).masked_fill(~is_of, -torch.inf).max(-1).values
        return torch.where(is_of.any(-1), family, word)

    def sure_of(self, families: Float[Tensor, "B K"]) -> Float[Tensor, "B K"]:
        """How sure answers are of each family, among these, as logarithms."""
        return (families / self.calibration.temperature).log_softmax(-1)

    def possible(self, families: Float[Tensor, "B K"], shown: Sequence[Shown | None]) -> list[tuple[str, ...]]:
        """The families that hold the truth in 90 % of cases, the likeliest first; none where that is not calibrated.

        Split conformal sets, by what is shown (Vovk et al. 2005; Sadinle et al. 2019).
        """
        sure = self.sure_of(families).exp()
        return [
            self._at_least(row, kind and self.calibration.possible_from.get(kind))
            for row, kind in zip(sure, shown, strict=True)
        ]

    @staticmethod
    def _at_least(sure: Float[Tensor, " K"], least: float | None) -> tuple[str, ...]:
        if least is None:
            return ()
        ranked = sure.argsort(descending=True).tolist()
        return tuple(FAMILIES[family] for family in ranked if family == ranked[0] or sure[family] >= least)


@dataclass
class Noted:
    """A choice of the first tokens of some answers; it keeps which families these may be of, and how sure they are of
    theirs (None where a first token is no family's).

    ``shown`` is None where several utterances are asked about: these have no one truth. ``fused`` are the
    families' log-probabilities that decide in place of the first tokens' (``late_fusion.py``); NaN: these.
    """

    first: FirstLabel
    shown: Sequence[Shown | None]
    choose: Choose = greedy
    fused: Float[Tensor, "B K"] | None = None
    possible: list[tuple[str, ...]] = field(default_factory=list)
    sure: list[float | None] = field(default_factory=list)

    def __call__(self, logits: Float[Tensor, "B V"]) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
        score, token = self.first(logits, self.choose, self.fused)
        is_family = self.first.words.are(token).any(-1).tolist()
        self.sure = [found if known else None for found, known in zip(score.exp().tolist(), is_family, strict=True)]
        self.possible = self.first.possible(self.first.families(logits, self.fused), self.shown)
        return score, token


def shown_by(clip: Features, about: Sequence[PromptUtterance]) -> Shown:
    """What there is to judge by in the utterances that are asked about."""
    seen = clip.frames is not None and any(entry.seen for entry in about)
    heard = clip.audio is not None and any(entry.heard for entry in about)
    return "both" if seen and heard else "face" if seen else "voice" if heard else "words"
