"""Generated text to labels, claims and explanation; every claim checked against the measured clues.

A model trained as ours cites clues ("the brows are pulled down [3]"); text without citations is matched to the clues
by meaning. A claim is verified if a clue of that meaning was measured in the span of time that the answer is
about. What is not verified stays out of the explanation, and is kept, and counted, among the claims.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from microemo.clues import kinds_in, mentions, unquoted
from microemo.schema import Answer, Claim, Clue, Emotion, Modality
from microemo.spans import Span

if TYPE_CHECKING:
    from microemo.model.language import Generation

MAX_LABELS = 3
LABEL = re.compile(r"(?=.{2,30}$)[a-z][a-z'-]*( [a-z][a-z'-]*){0,2}")  # one to three words
SENTENCE = re.compile(r'(?:"[^"]*"|[^.!?]|[.!?](?=\S))+[.!?]*')  # a stop in a quotation or a number ends nothing
LATE_CITATION = re.compile(r"([.!?]+)((?:\s*\[[\d,; ]+\])+)")  # "The brows are lowered. [3]"
JOINT = re.compile(
    r"(, while |, and | and |; |, but |, although )(?=(?:the|a|his|her|their|it|says)\b)"
    r'(?=[^"]*(?:"[^"]*"[^"]*)*$)'  # outside quotations
)
NUMBER = re.compile(r"[0-9]{1,9}")
CITATION = re.compile(r"\s*\[([^\]]*)\]?")  # "[3]", "[2, 5]", or what is left of one at the end of a cut text
VOICE_TALK = re.compile(
    r"\b(voice|pitch|melody|speech|speaks?|tone|words come|pauses?|loud\w*|quiet\w*"
    r"|laughs?|laughter|cries|crying|sobs|sobbing|weeps|sighs?|screams?|gasps?)\b"
)
FACE_TALK = re.compile(
    r"\b(face|head|(?<!other )hand|camera|nod\w*|blink\w*|forehead|brow\w*|eye\w*|gaze|lid\w*|cheek\w*|lip\w*"
    r"|mouth|teeth|jaw|chin|nose|smil\w+|grin\w*|frown\w*|sneer\w*|squint\w*)\b"
)
UNMEASURED = re.compile(r"\b(voice is low|low pitch\w*|pitch drops|pitched low)\b")  # no clue bears these out
CONCLUSION = re.compile(
    r"\b(seems?|appears?|feels?|comes across|looks like|suggests?|points? to|reads as|impression|speaks for)\b"
)


@dataclass(frozen=True)
class _Clause:
    """A clause of a sentence: the joint before it, its text without citations, and the claims it makes."""

    joint: str
    text: str
    claims: tuple[Claim, ...] = ()

    @property
    def holds(self) -> bool:
        return any(map(str.isalnum, self.text)) and all(claim.verified for claim in self.claims)

    def capitalised(self) -> "_Clause":
        claims = tuple(claim.model_copy(update={"text": _capital(claim.text)}) for claim in self.claims)
        return replace(self, text=_capital(self.text), claims=claims)


def parse(generation: "Generation", clues: Sequence[Clue], span: Span, ids: Mapping[int, int] | None = None) -> Answer:
    """The answer in a generated text, "labels. Sentences.", about ``span`` (start and end in seconds).

    ``ids`` are the clues' own ids by the numbers that the text cites them by, where the two differ.
    """
    head, _, body = generation.text.partition(".")
    labels = emotions(generation, len(head))
    body = LATE_CITATION.sub(r"\2\1", body if labels else generation.text)
    if ids is not None:
        body = CITATION.sub(lambda group: NUMBER.sub(lambda n: str(ids.get(int(n[0]), 0)), group[0]), body)
    sentences = _sentences(body, clues, span)
    return Answer(
        emotions=tuple(labels),
        explanation=" ".join(text for sentence in sentences if (text := _supported(sentence))),
        claims=_claims(sentences),
    )


def claims_in(text: str, clues: Sequence[Clue], span: Span) -> tuple[Claim, ...]:
    """The claims of sentences that no labels precede, each checked as ``parse`` does."""
    return _claims(_sentences(LATE_CITATION.sub(r"\2\1", text), clues, span))


def emotions(generation: "Generation", length: int) -> list[Emotion]:
    """Labels in the first ``length`` characters, each with the probability that the model gave to its tokens.

    That of a later one is given the first, so it is multiplied by the first's.
    """
    found: dict[str, float] = {}
    for match in re.finditer(r"[^,]+", generation.text[:length]):
        label = match.group().strip().lower()
        if LABEL.fullmatch(label) and label not in found and len(found) < MAX_LABELS:
            given = next(iter(found.values()), 1.0)
            found[label] = given * _probability(generation, match.start(), match.end())
    return [Emotion(label=label, confidence=round(value, 4)) for label, value in found.items()]


def _probability(generation: "Generation", start: int, end: int) -> float:
    """Of the tokens that reach into text[start:end], all of them together."""
    log_prob, position = 0.0, 0
    for piece, score in zip(generation.pieces, generation.log_probs, strict=True):
        if position < end and position + len(piece) > start and piece.strip():
            log_prob += score
        position += len(piece)
    return min(1.0, math.exp(log_prob))


def _sentences(text: str, clues: Sequence[Clue], span: Span) -> list[list[_Clause]]:
    within = [clue for clue in clues if clue.start_sec < span[1] and clue.end_sec > span[0]]
    return [_clauses(sentence.strip(), within) for sentence in SENTENCE.findall(text)]


def _claims(sentences: Sequence[Sequence[_Clause]]) -> tuple[Claim, ...]:
    return tuple(claim for sentence in sentences for clause in sentence for claim in clause.claims)


def _clauses(sentence: str, clues: Sequence[Clue]) -> list[_Clause]:
    """The clauses of a sentence; the first that holds, with which it will begin, has a capital."""
    pieces = JOINT.split(sentence)
    clauses = [_clause(joint, text, clues) for joint, text in zip(["", *pieces[1::2]], pieces[0::2], strict=True)]
    first = next((number for number, clause in enumerate(clauses) if clause.holds), None)
    return [clause.capitalised() if number == first else clause for number, clause in enumerate(clauses)]


def _clause(joint: str, text: str, clues: Sequence[Clue]) -> _Clause:
    """A clause holds if all that it speaks of was measured, and if it speaks of all clues it cites."""
    cited = {int(number) for group in CITATION.findall(text) for number in NUMBER.findall(group)}
    plain = CITATION.sub("", text).strip()
    bare = plain.rstrip(".!?;, ")
    kinds, modality = kinds_in(bare) | {*UNMEASURED.findall(unquoted(bare))}, _modality(bare)
    if not cited and not kinds and (modality is None or (modality != "words" and CONCLUSION.search(bare))):
        return _Clause(joint, plain)
    meant = [clue for clue in clues if mentions(bare, clue)]
    pointed = [clue for clue in meant if clue.id in cited] if cited else _strongest_of_kinds(meant)
    if pointed and cited <= {clue.id for clue in pointed} and kinds <= {clue.kind for clue in meant}:
        claims = [Claim(text=bare, modality=clue.modality, clue=clue.id, verified=True) for clue in pointed]
    else:
        claims = [Claim(text=bare, modality=modality or "face", clue=None, verified=False)]
    return _Clause(joint, plain, tuple(claims))


def _strongest_of_kinds(clues: Sequence[Clue]) -> list[Clue]:
    return list({clue.kind: clue for clue in sorted(clues, key=lambda clue: clue.strength)}.values())


def _modality(text: str) -> Modality | None:
    """What a clause speaks of, if of anything that can be observed; of words if it quotes some."""
    said = unquoted(text)
    if said != text.lower():
        return "words"
    if VOICE_TALK.search(said):
        return "voice"
    return "face" if FACE_TALK.search(said) else None


def _supported(clauses: Sequence[_Clause]) -> str:
    """A sentence without its unsupported clauses; empty if nothing is left of it."""
    kept = [clause for clause in clauses if clause.holds]
    text = "".join(clause.joint + clause.text if number else clause.text for number, clause in enumerate(kept))
    return text if text.endswith((".", "!", "?")) or not text else text.rstrip(",; ") + "."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
