"""What an answer is rewarded for, each by a function of its own that reads one attempt.

Labels by the metric that they are scored by, on emotion wheels, and nothing for answers that are too long, from
AffectGPT-R1 (Lian et al. 2025); the form of an answer from R1-Omni (Zhao et al. 2025); that it speaks of what was
measured, as Facial-R1 (2025) rewards facial actions; and, of our own, that it says nothing of a face or a voice that
is not there. EmoCaliber (Wu et al. 2025) also rewards a stated confidence. Our answers state none: how sure they are is
read from the logits, and calibrated on validation data.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from microemo.evaluate.lexicon_wheel import LexiconWheel
from microemo.evaluate.wheels import Wheels, clip_shares
from microemo.hooks import Hook
from microemo.model.language import Generation
from microemo.parse import divided, parse
from microemo.schema import Claim, Modality
from microemo.told import SHOWS
from microemo.train.examples import Truth

NAMES: Mapping[Modality, re.Pattern[str]] = {
    "face": re.compile(r"\b(?:faces?|facial|(?:eye)?brows?|eyes?|mouth|lips?)\b", re.IGNORECASE),
    "voice": re.compile(r"\b(?:voices?|tones?|pitch|breath\w*|speech)\b", re.IGNORECASE),
}
QUOTATION = re.compile(r'"[^"]*"')  # what is said may be of anything


@dataclass(frozen=True)
class Attempt:
    """An answer that was drawn, and what comes of it.

    labels       as they are read
    explanation  what is behind them, as it was written
    claims       of the explanation, each checked against the evidence
    shares       F1, precision and recall of the labels, means over the wheels
    """

    generation: Generation
    truth: Truth
    labels: tuple[str, ...]
    explanation: str
    claims: tuple[Claim, ...]
    shares: tuple[float, ...]

    @classmethod
    def of(cls, generation: Generation, truth: Truth, wheels: Wheels) -> "Attempt":
        found, explanation = divided(generation)
        labels = tuple(emotion.label for emotion in found)
        claims = parse(generation, truth.evidence, truth.span, truth.ids).claims
        return cls(generation, truth, labels, explanation, claims, clip_shares(truth.labels, labels, wheels, 1))


def precision(attempt: Attempt) -> float:
    """The share of the labels that are true, on the broad level of the wheels."""
    return attempt.shares[1]


def recall(attempt: Attempt) -> float:
    """The share of the true labels that are among them."""
    return attempt.shares[2]


def well_formed(attempt: Attempt) -> float:
    """1 for labels and an explanation that come to an end."""
    is_explained = any(map(str.isalnum, attempt.explanation))
    return float(bool(attempt.labels) and is_explained and attempt.generation.has_ended)


def grounding(attempt: Attempt) -> float:
    """The share of the claims that a measured clue bears out; 0 without any.

    What is denied, or repeats what was said, is true too easily to earn anything.
    """
    return fmean([claim.is_borne_out and not claim.negated and bool(claim.clues) for claim in attempt.claims] or [0.0])


def faithfulness(attempt: Attempt) -> float:
    """-1 for any sentence about a modality that is not there, true or not: no filler makes up for one."""
    told = {*map(modality_of, attempt.claims), *named(attempt.explanation)}
    return -float(bool(told & attempt.truth.evidence.absent))


def modality_of(claim: Claim) -> Modality | None:
    """Of what a claim speaks: those without an instrument are filed under the face, also where they name a voice."""
    return "voice" if not claim.action and NAMES["voice"].search(claim.text) else claim.modality


def named(text: str) -> set[Modality]:
    """The modalities that a text names, or concludes from, with a claim or without: "she looks sad"."""
    bare = QUOTATION.sub("", text)
    return {modality for modality in NAMES if SHOWS[modality].search(bare) or NAMES[modality].search(bare)}


REWARDS: Mapping[str, Callable[[Attempt], float]] = {
    "precision": precision,
    "recall": recall,
    "format": well_formed,
    "grounding": grounding,
    "faithfulness": faithfulness,
}
"""By the names of their weights (``config.RewardWeights``)."""


def is_short(attempt: Attempt, max_tokens: int) -> bool:
    """Whether an answer may earn anything: without a limit, longer ones hit more."""
    return len(attempt.generation.ids) <= max_tokens


def rewards_of(attempt: Attempt, max_tokens: int) -> dict[str, float]:
    """Each reward, by its name. An answer that is too long earns none of them, and pays what it costs."""
    earned = {name: reward(attempt) for name, reward in REWARDS.items()}
    return earned if is_short(attempt, max_tokens) else {name: min(0.0, value) for name, value in earned.items()}


def lexicon_wheel() -> Wheels:
    """Our lexicon as the one wheel. A label that is not in it is a cluster of its own: drafts have too many of them to
    look for each one's nearest word."""
    return LexiconWheel(embed=_unlike)


def _unlike(texts: Sequence[str], hook: Hook) -> np.ndarray:
    """Texts as vectors that are like none."""
    return np.zeros((len(texts), 1))
