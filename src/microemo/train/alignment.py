"""Alignment of the Q-Formers with the LLM's embeddings, before the LLM is tuned (paper 3.4, first stage).

The LLM does not run: the mean of a window's tokens is pulled towards the LLM's own embedding of the word for their
family.
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
from microemo.train.examples import Example
from microemo.train.task import Scores

LABEL_SMOOTHING = 0.05


class ClipWithSpans(Protocol):
    """A clip and the spans of its utterances, which have windows in it."""

    @property
    def features(self) -> Features: ...

    @property
    def spans(self) -> Sequence[Span]: ...


class Alignment(nn.Module):
    """Scores examples by their labelled slots: cross-entropy, and how many are correct."""

    anchors: Tensor

    def __init__(self, model: MicroEmo, voice_noise: float = 0.0) -> None:
        super().__init__()
        self.model = model
        self.voice_noise = voice_noise
        self.register_buffer("anchors", label_anchors(model.language), persistent=False)

    def forward(self, examples: Sequence[Example]) -> Scores:
        return alignment(self.tokens(examples), examples, self.anchors)

    def tokens(self, examples: Sequence[Example]) -> list[dict[Slot, Tensor]]:
        return tokens_of(self.model, examples, self.voice_noise if self.training else 0.0)


def tokens_of(model: MicroEmo, examples: Sequence[ClipWithSpans], voice_noise: float) -> list[dict[Slot, Tensor]]:
    """Each example's tokens by slot; ``voice_noise`` as in the configuration."""
    device = model.language.table.weight.device
    clips = [example.features.to(device) for example in examples]
    if voice_noise:
        clips = [_noisy(clip, voice_noise) for clip in clips]
    return model.tokens(clips, [example.spans for example in examples])


def alignment(
    tokens: Sequence[dict[Slot, Tensor]], examples: Sequence[Example], anchors: Float[Tensor, "K H"]
) -> Scores:
    """Cross-entropy of the labelled slots' families; 0 where no slot is labelled."""
    labelled = [
        (label_scores(filled[slot], anchors), FAMILIES.index(family))
        for example, filled in zip(examples, tokens, strict=True)
        for slot, family in example.labelled
        if slot in filled
    ]
    if not labelled:
        # Bound to the tokens, so that there is a gradient to take, of zeros.
        nothing = sum((part.float().sum() * 0 for filled in tokens for part in filled.values()), anchors.sum() * 0)
        return Scores(nothing, anchors.new_zeros(()), anchors.new_zeros(()))
    logits = torch.stack([scores for scores, _ in labelled])  # (N, K)
    targets = torch.tensor([target for _, target in labelled], device=anchors.device)
    loss = F.cross_entropy(logits.float(), targets, label_smoothing=LABEL_SMOOTHING)
    return Scores(loss, (logits.argmax(-1) == targets).sum().float(), anchors.new_tensor(len(labelled)))


def _noisy(clip: Features, share: float) -> Features:
    """Noise on the voice's features, in their own standard deviations, lest few speakers be memorised."""
    if clip.audio is None or len(clip.audio) < 2:
        return clip
    return replace(clip, audio=clip.audio + share * clip.audio.std(0) * torch.randn_like(clip.audio))
