"""Generated text to labels, claims and explanation; every claim checked against the measured clues.

A model trained as ours cites clues ("the brows are pulled down [3]"); text without citations is matched to the clues
by meaning. A claim is verified if a clue of that meaning was measured in the stretch of time that the answer is
about. What is not verified stays out of the explanation, and is kept, and counted, among the claims.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from microemo.schema import Answer, Claim, Clue, Emotion, Modality
from microemo.vocabulary import clue_words, mentions

if TYPE_CHECKING:
    from microemo.model.language import Generation

MAX_LABELS = 3
LABEL = re.compile(r"[a-z][a-z' -]{1,29}", re.IGNORECASE)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
JOINT = re.compile(r"(, while |, and | and |; |, but |, although )(?=(?:the|a|his|her|their|it|says)\b)")
CITATION = re.compile(r"\s*\[(\d+)\]")
VOICE_TALK = re.compile(r"\b(voice|pitch|speech|speaks?|tone|pauses?|loud\w*|quiet\w*)\b", re.IGNORECASE)
FACE_TALK = re.compile(
    r"\b(brow\w*|eye\w*|lid\w*|cheek\w*|lip\w*|mouth|jaw|chin|smil\w+|frown\w*|nose)\b", re.IGNORECASE
)
WORDS_TALK = re.compile(r"\b(says?|words?)\b", re.IGNORECASE)

Span = tuple[float, float]


@dataclass(frozen=True)
class _Part:
    """A clause of a sentence: the joint before it, its text without citations, and the claims it makes."""

    joint: str
    text: str
    claims: tuple[Claim, ...]

    @property
    def holds(self) -> bool:
        return all(claim.verified for claim in self.claims)


def parse(generation: "Generation", clues: Sequence[Clue], span: Span) -> Answer:
    """The answer in a generated text about ``span`` (start and end in seconds)."""
    head, _, body = generation.text.partition(".")
    within = [clue for clue in clues if clue.start_sec < span[1] and clue.end_sec > span[0]]
    sentences = [_parts(sentence, within) for sentence in SENTENCE_END.split(body.strip()) if sentence]
    claims = [claim for sentence in sentences for part in sentence for claim in part.claims]
    return Answer(
        emotions=tuple(emotions(generation, len(head))),
        explanation=" ".join(text for sentence in sentences if (text := _supported(sentence))),
        claims=tuple(claims),
    )


def emotions(generation: "Generation", length: int) -> list[Emotion]:
    """Labels in the first ``length`` characters, each with the probability that the model gave to its tokens."""
    found: dict[str, Emotion] = {}
    for match in re.finditer(r"[^,]+", generation.text[:length]):
        label = match.group().strip().lower()
        if LABEL.fullmatch(label) and label not in found and len(found) < MAX_LABELS:
            found[label] = Emotion(label=label, confidence=_probability(generation, match.start(), match.end()))
    return list(found.values())


def _probability(generation: "Generation", start: int, end: int) -> float:
    """Of the tokens that lie in text[start:end], all of them together."""
    log_prob, position = 0.0, 0
    for piece, score in zip(generation.pieces, generation.log_probs, strict=True):
        if start <= position < end and piece.strip():
            log_prob += score
        position += len(piece)
    return round(min(1.0, math.exp(log_prob)), 4)


def _parts(sentence: str, clues: Sequence[Clue]) -> list[_Part]:
    pieces = JOINT.split(sentence)
    joints, texts = ["", *pieces[1::2]], pieces[0::2]
    return [_part(joint, text, clues) for joint, text in zip(joints, texts, strict=True)]


def _part(joint: str, text: str, clues: Sequence[Clue]) -> _Part:
    cited = [int(number) for number in CITATION.findall(text)]
    plain = CITATION.sub("", text).strip()
    bare = plain.rstrip(".!?;,")
    if cited:
        by_id = {clue.id: clue for clue in clues}
        return _Part(joint, plain, tuple(_cited_claim(bare, by_id.get(number)) for number in cited))
    modality = _modality(bare)
    if modality is None or _is_conclusion(bare):
        return _Part(joint, plain, ())
    meant = [clue for clue in clues if mentions(bare, clue)]
    clue = max(meant, key=lambda clue: clue.strength, default=None)
    return _Part(joint, plain, (Claim(text=bare, modality=modality, clue=clue and clue.id, verified=clue is not None),))


def _cited_claim(text: str, clue: Clue | None) -> Claim:
    verified = clue is not None and mentions(text, clue)
    modality = clue.modality if clue and verified else _modality(text) or "face"
    return Claim(text=text, modality=modality, clue=clue.id if clue and verified else None, verified=verified)


def _modality(text: str) -> Modality | None:
    """What a clause speaks of, if of anything that can be observed."""
    if WORDS_TALK.search(text) and '"' in text:
        return "words"
    if VOICE_TALK.search(text):
        return "voice"
    return "face" if FACE_TALK.search(text) else None


def _is_conclusion(text: str) -> bool:
    """Sentences such as "the person seems sad" observe nothing, unless they name something that is a clue."""
    return not any(words.pattern.search(text.lower()) for words in clue_words().values()) and bool(
        re.search(r"\b(person|suggests?|points? to|reads as|impression|speaks for)\b", text)
    )


def _supported(parts: Sequence[_Part]) -> str:
    """A sentence without its unsupported clauses; empty if nothing is left of it."""
    kept = [part for part in parts if part.holds]
    if not kept:
        return ""
    text = kept[0].text + "".join(part.joint + part.text for part in kept[1:])
    text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text.rstrip(",; ") + "."
