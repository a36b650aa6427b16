"""Generated text to labels, claims and explanation; every claim checked against what was measured.

An answer is "labels. Sentences." Its sentences are read clause by clause (``claims``). What the measures do not bear
out stays out of the explanation (``told``), and is kept, and counted, among the claims. Sentences may cite clues ("the
brows are pulled down [3]"): a citation says which clue is meant, not that it is true.
"""

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from microemo import told
from microemo.citations import renumbered
from microemo.claims.readings import Evidence
from microemo.lexicon.labels import felt
from microemo.schema import Answer, Claim, Emotion
from microemo.spans import Span

if TYPE_CHECKING:
    from microemo.model.language import Generation

MAX_LABELS = 3
LEAST_LIKELY = 0.05  # probability from which on a later label is one
LABEL = re.compile(r"(?=.{2,30}$)[a-z][a-z'-]*( [a-z][a-z'-]*){0,2}")  # one to three words


def parse(generation: "Generation", evidence: Evidence, span: Span, ids: Mapping[int, int] | None = None) -> Answer:
    """The answer in a generated text, "labels. Sentences.", about ``span`` (start and end in seconds).

    ``ids`` are the clues' own ids by the numbers that the text cites them by, where the two differ.
    """
    labels, text = divided(generation)
    likely = [label for label in labels if label is labels[0] or label.confidence >= LEAST_LIKELY]
    if ids is not None:
        text = renumbered(text, ids)
    for label in labels[len(likely) :]:
        text = re.sub(rf", perhaps {label.label}\b", "", text)
    sentences = told.read(text, evidence, span, likely)
    return Answer(
        emotions=tuple(likely),
        possible=generation.possible if labels else (),
        explanation=told.explanation(sentences),
        claims=told.claims(sentences),
    )


def divided(generation: "Generation") -> tuple[list[Emotion], str]:
    """A generated text's labels, and what is behind them; all of it where there are none."""
    head, _, body = generation.text.partition(".")
    labels = emotions(generation, len(head))
    return labels, body if labels else generation.text


def claims_in(text: str, evidence: Evidence, span: Span, label: str = "") -> tuple[Claim, ...]:
    """The claims of sentences that no labels precede, each checked as ``parse`` does."""
    return told.claims(told.read(text, evidence, span, [Emotion(label=label, confidence=0)] if label else []))


def emotions(generation: "Generation", length: int) -> list[Emotion]:
    """Labels in the first ``length`` characters, each with the probability that the model gave to its tokens; the first
    with that of its family, whatever the word, where it is known.

    That of a later one is given the first, so it is multiplied by the first's.
    """
    found: dict[str, float] = {}
    for match in re.finditer(r"[^,]+", generation.text[:length]):
        label = felt(match.group().strip().lower())
        if LABEL.fullmatch(label) and label not in found and len(found) < MAX_LABELS:
            given = next(iter(found.values()), 1.0)
            own = generation.sure if not found else None
            found[label] = given * (_probability(generation, match.start(), match.end()) if own is None else own)
    return [Emotion(label=label, confidence=round(value, 4)) for label, value in found.items()]


def _probability(generation: "Generation", start: int, end: int) -> float:
    """Of the tokens that reach into text[start:end], all of them together."""
    log_prob, position = 0.0, 0
    for piece, score in zip(generation.pieces, generation.log_probs, strict=True):
        if position < end and position + len(piece) > start and piece.strip():
            log_prob += score
        position += len(piece)
    return min(1.0, math.exp(log_prob))
