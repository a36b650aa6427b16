"""Alignment of the Q-Formers with the LLM's embeddings, before the LLM is tuned (paper 3.4, first stage).

The LLM does not run: the mean of a window's tokens is pulled towards the LLM's own embedding of the word for their
family, and tokens towards the size of its embeddings. Directions alone would let them grow, and by ten times they did.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.lexicon import FAMILIES
from microemo.model.features import Features
from microemo.model.labels import label_anchors, label_scores
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.spans import Span
from microemo.train.config import KinShares
from microemo.train.examples import Example
from microemo.train.kin.beside import Named, beside
from microemo.train.task import Scores

LABEL_SMOOTHING = 0.05
SIZE_SHARE = 0.1  # of the loss of tokens' size


class ClipWithSpans(Protocol):
    """A clip, the spans of its utterances, which have windows in it, and whether their person is seen and heard."""

    @property
    def features(self) -> Features: ...

    @property
    def spans(self) -> Sequence[Span]: ...

    @property
    def together(self) -> Sequence[bool]: ...


class Alignment(nn.Module):
    """Scores examples by their labelled slots: cross-entropy, and how many are correct; and by their tokens' size."""

    anchors: Tensor
    embedding_rms: Tensor

    def __init__(self, model: MicroEmo, voice_noise: float = 0.0, kin: KinShares | None = None) -> None:
        super().__init__()
        self.model = model
        self.voice_noise = voice_noise
        self.kin = kin or KinShares()
        self.register_buffer("anchors", label_anchors(model.language), persistent=False)
        self.register_buffer(
            "embedding_rms", rms(model.language.table.weight.detach().float()).mean(), persistent=False
        )

    def forward(self, examples: Sequence[Example]) -> Scores:
        return self.alignment(self.tokens(examples), examples)

    def alignment(self, tokens: Sequence[dict[Slot, Tensor]], examples: Sequence[Example]) -> Scores:
        named = named_slots(tokens, examples, self.anchors)
        scores = slot_scores(tokens, named)
        added = beside(self.kin, self.model, tokens, examples, named)
        return scores._replace(loss=scores.loss + SIZE_SHARE * off_size(tokens, self.embedding_rms) + added)

    def tokens(self, examples: Sequence[Example]) -> list[dict[Slot, Tensor]]:
        return tokens_of(self.model, examples, self.voice_noise if self.training else 0.0)


def tokens_of(model: MicroEmo, examples: Sequence[ClipWithSpans], voice_noise: float) -> list[dict[Slot, Tensor]]:
    """Each example's tokens by slot; ``voice_noise`` as in the configuration."""
    device = model.language.table.weight.device
    clips = [example.features.to(device) for example in examples]
    if voice_noise:
        clips = [noisy(clip, voice_noise) for clip in clips]
    return model.tokens(clips, [example.spans for example in examples], [example.together for example in examples])


def slot_scores(tokens: Sequence[dict[Slot, Tensor]], named: Named) -> Scores:
    """Cross-entropy of the labelled slots' families; 0 where no slot is labelled."""
    logits, targets, _ = named
    if not len(targets):
        # Bound to the tokens, so that there is a gradient to take, of zeros.
        nothing = sum((part.float().sum() * 0 for filled in tokens for part in filled.values()), logits.sum() * 0)
        return Scores(nothing, logits.new_zeros(()), logits.new_zeros(()))
    loss = F.cross_entropy(logits, targets, label_smoothing=LABEL_SMOOTHING)
    return Scores(loss, (logits.argmax(-1) == targets).sum().float(), logits.new_tensor(len(targets)))


def named_slots(
    tokens: Sequence[dict[Slot, Tensor]], examples: Sequence[Example], anchors: Float[Tensor, "K H"]
) -> Named:
    """The labelled slots' logits of the families, by how near their tokens are to the words', and the right ones."""
    labelled = [
        (label_scores(filled[slot], anchors), FAMILIES.index(family))
        for example, filled in zip(examples, tokens, strict=True)
        for slot, family in example.labelled
        if slot in filled
    ]
    logits = torch.stack([scores for scores, _ in labelled]) if labelled else anchors.new_zeros(0, len(anchors))
    targets = torch.tensor([target for _, target in labelled], device=anchors.device, dtype=torch.long)
    return Named(logits.float(), targets, FAMILIES)


def off_size(tokens: Sequence[dict[Slot, Tensor]], embedding_rms: Float[Tensor, ""]) -> Float[Tensor, ""]:
    """How far tokens are from the size of embeddings: the mean square of the logarithm of their ratio."""
    slots = [part.float() for filled in tokens for part in filled.values()]
    return (rms(torch.cat(slots)) / embedding_rms).log().square().mean() if slots else embedding_rms.new_zeros(())


def rms(rows: Float[Tensor, "N H"]) -> Float[Tensor, " N"]:
    """Root mean square of each row."""
    return rows.square().mean(-1).clamp_min(1e-12).sqrt()


def noisy(clip: Features, share: float) -> Features:
    """Noise on the voice's features, in their own standard deviations, lest few speakers be memorised."""
    if clip.audio is None or len(clip.audio) < 2:
        return clip
    return replace(clip, audio=clip.audio + share * clip.audio.std(0) * torch.randn_like(clip.audio))
