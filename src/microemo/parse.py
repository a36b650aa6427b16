"""Generated text to labels, claims and explanation; every claim checked against what was measured.

An answer is "labels. Sentences." Its sentences are read clause by clause (``claims``). What the measures do not bear
out stays out of the explanation, and is kept, and counted, among the claims; so is what was said before. Sentences may
cite clues ("the brows are pulled down [3]"): a citation says which clue is meant, not that it is true.
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from microemo.claims import grammar
from microemo.claims.check import checked
from microemo.claims.grammar import Clause, Statement
from microemo.claims.readings import Evidence
from microemo.claims.weights import speaks_against
from microemo.config import SURE
from microemo.lexicon import family_of
from microemo.lexicon.seeming import SEEMING
from microemo.schema import Answer, Claim, Emotion, Modality
from microemo.spans import Span

if TYPE_CHECKING:
    from microemo.model.language import Generation

MAX_LABELS = 3
LEAST_LIKELY = 0.05  # probability from which on a later label is one
LABEL = re.compile(r"(?=.{2,30}$)[a-z][a-z'-]*( [a-z][a-z'-]*){0,2}")  # one to three words
WORD = re.compile(r"[\w'-]+")
SENTENCE = re.compile(r'(?:"[^"]*"|[^.!?]|[.!?](?=\S))+[.!?]*')  # a stop in a quotation or a number ends nothing
LATE_CITATION = re.compile(r"([.!?]+)((?:\s*\[[\d,; ]+\])+)")  # "The brows are lowered. [3]"
NUMBER = re.compile(r"[0-9]{1,9}")
CITATION = re.compile(r"\s*\[([^\]]*)\]?")  # "[3]", "[2, 5]", or what is left of one at the end of a cut text
GLUED = re.compile(r"\[[^\]]*\](?=\w)")  # a citation with no space behind it
REFERENCE = re.compile(r"(?:it|this|that|these|which|suggest\w*|point\w*|hint\w*|indicat\w*|a sign)\b", re.IGNORECASE)
CONCESSION = re.compile(r"\b(?:although|though|but|even though|yet)\b")
SUBJECT = re.compile(
    r"(?:he|she|they|it|(?:the|his|her|their) (?:person|man|woman|speaker|voice|face|eyes|brows|lips|mouth|gaze))\b",
    re.IGNORECASE,
)
RANK = {"slight": 0, None: 1, "strong": 2, "extreme": 3}  # of strengths; None: none is said
IS = re.compile(r"(?:is|are|was|were|has|have|stays?|keeps?)\b")
ECHO = re.compile(r"\b([a-z]+), perhaps(?: \1\b|(?=[.;]))")  # "they look sad, perhaps sad"
DOUBT = re.compile(r"(?:little|not much) to go (?:by|on)|hard to (?:tell|say)", re.IGNORECASE)
SHOWS: Mapping[Modality, re.Pattern[str]] = {  # what concludes from a modality
    modality: re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE) for modality, words in SEEMING.items()
}


@dataclass(frozen=True)
class _Piece:
    """A clause: its text behind the joint, the joint, the claims that it makes, and whether it concludes a feeling."""

    joint: str
    text: str
    claims: tuple[Claim, ...]
    has_subject: bool
    is_conclusion: bool
    is_idle: bool  # says again what was said, doubts what is sure, or concludes something else, or from nothing

    @property
    def holds(self) -> bool:
        return not self.is_idle and all(claim.is_borne_out for claim in self.claims)

    @property
    def is_against(self) -> bool:
        """Whether all that it tells speaks against the label."""
        return bool(self.claims) and all(speaks_against(claim.weight) for claim in self.claims)


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
    sentences = _sentences(text, evidence, span, likely)
    return Answer(
        emotions=tuple(likely),
        possible=generation.possible if labels else (),
        explanation=_together(map(_told, sentences)),
        claims=_claims(sentences),
    )


def _together(sentences: Iterable[str]) -> str:
    """Sentences as one text, without those that it has already: "..., and they may be calm. They may be calm."."""
    text = ""
    for sentence in sentences:
        if sentence.rstrip(".!?").lower() not in text.lower():
            text = f"{text} {sentence}".lstrip()
    return text


def divided(generation: "Generation") -> tuple[list[Emotion], str]:
    """A generated text's labels, and what is behind them; all of it where there are none."""
    head, _, body = generation.text.partition(".")
    labels = emotions(generation, len(head))
    return labels, body if labels else generation.text


def claims_in(text: str, evidence: Evidence, span: Span, label: str = "") -> tuple[Claim, ...]:
    """The claims of sentences that no labels precede, each checked as ``parse`` does."""
    return _claims(_sentences(text, evidence, span, [Emotion(label=label, confidence=0)] if label else []))


def cited(text: str) -> list[int]:
    """The numbers of the clues that a text cites, in its order: "[2, 5]"."""
    return [int(number) for group in CITATION.findall(text) for number in NUMBER.findall(group)]


def renumbered(text: str, ids: Mapping[int, int]) -> str:
    """The text with each clue that it cites by another number; by 0 where it has none."""
    return CITATION.sub(lambda group: NUMBER.sub(lambda n: str(ids.get(int(n[0]), 0)), group[0]), text)


def emotions(generation: "Generation", length: int) -> list[Emotion]:
    """Labels in the first ``length`` characters, each with the probability that the model gave to its tokens; the first
    with that of its family, whatever the word, where it is known.

    That of a later one is given the first, so it is multiplied by the first's.
    """
    found: dict[str, float] = {}
    for match in re.finditer(r"[^,]+", generation.text[:length]):
        label = match.group().strip().lower()
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


def _sentences(text: str, evidence: Evidence, span: Span, labels: Sequence[Emotion]) -> list[list[_Piece]]:
    """The clauses of each sentence; ``labels`` are what they are to explain, the first above all."""
    said: set[Statement] = set()
    text = LATE_CITATION.sub(r"\2\1", text)
    return [list(_pieces(sentence.strip(), evidence, span, labels, said)) for sentence in SENTENCE.findall(text)]


def _pieces(
    sentence: str, evidence: Evidence, span: Span, labels: Sequence[Emotion], said: set[Statement]
) -> Iterator[_Piece]:
    """The clauses of a sentence; ``said`` are the statements of those before, to which theirs are added."""
    label = labels[0].label if labels else ""
    clauses = grammar.read(sentence)
    if not clauses:
        return
    ends = [clause.start for clause in clauses[1:]] + [len(sentence)]
    for clause, end in zip(clauses, ends, strict=True):
        whole = sentence[clause.start : end]
        plain = _uncited(sentence[clause.body : end]).rstrip()
        bare, ids = plain.rstrip(".!?;, "), cited(whole)
        yield _Piece(
            joint=_uncited(sentence[clause.start : clause.body]),
            text=plain,
            claims=tuple(checked(bare, statement, evidence, span, ids, label) for statement in clause.statements),
            has_subject=clause.has_subject,
            is_conclusion=clause.is_conclusion,
            is_idle=_is_idle(clause, plain, said, evidence.absent, labels),
        )
        said.update(clause.statements)


def _is_idle(
    clause: Clause, text: str, said: Collection[Statement], absent: Collection[Modality], labels: Sequence[Emotion]
) -> bool:
    if clause.is_conclusion and (_is_of(absent, text) or _is_of_another_feeling(text, labels)):
        return True
    if labels and labels[0].confidence >= SURE and DOUBT.search(text):
        return True
    return bool(clause.statements) and all(_is_said(statement, said) for statement in clause.statements)


def _is_of(absent: Collection[Modality], text: str) -> bool:
    return any(SHOWS[modality].search(text) for modality in SHOWS if modality in absent)


def _is_of_another_feeling(text: str, labels: Sequence[Emotion]) -> bool:
    """Whether it names feelings, and all of them of other families than the labels: "they seem content" of disgust."""
    told = {family for word in WORD.findall(text) if (family := family_of(word))}
    own = {family for label in labels if (family := family_of(label.label))}
    return bool(told and own) and not told & own


def _is_said(statement: Statement, said: Collection[Statement]) -> bool:
    """Whether it was said before, and no weaker: "narrows her eyes hard, then narrows her eyes"."""
    return any(
        replace(one, strength=statement.strength) == statement and RANK[one.strength] >= RANK[statement.strength]
        for one in said
    )


def _uncited(text: str) -> str:
    return CITATION.sub("", GLUED.sub(" ", text))


def _claims(sentences: Sequence[Sequence[_Piece]]) -> tuple[Claim, ...]:
    return tuple(claim for sentence in sentences for piece in sentence if not piece.is_idle for claim in piece.claims)


def _told(pieces: Sequence[_Piece]) -> str:
    """A sentence without what was not borne out; empty if nothing is left that can stand alone."""
    kept: Sequence[_Piece] = [piece for piece in pieces if piece.holds and any(map(str.isalnum, piece.text))]
    if not kept:
        return ""
    if any(piece.is_conclusion for piece in kept):
        kept = _conceded(kept)
    if not kept:
        return ""
    first, *others = kept
    opening = _opening(first, pieces)
    if opening is None:
        return _told([piece for piece in pieces if piece is not first])
    text = opening + "".join(_after(before.text, piece) for before, piece in zip(kept, others, strict=False))
    text = _capital(ECHO.sub(r"\1", text).rstrip(",; "))
    return text if text.endswith((".", "!", "?", '."', '!"', '?"')) else text + "."


def _opening(first: _Piece, pieces: Sequence[_Piece]) -> str | None:
    """The text of the first clause that is left, as it can stand alone; None if it cannot: "with a high pitch"."""
    if first not in pieces[1:]:
        return first.text
    if first.joint.strip(" ,") in grammar.SOFT_JOINTS:
        return None
    subject = "" if first.has_subject else _subject_of(first, pieces)
    return None if subject is None else f"{subject} {first.text}".lstrip()


def _subject_of(piece: _Piece, pieces: Sequence[_Piece]) -> str | None:
    """Who does what a clause without a subject tells, by the clause before that has one; None if it tells no deed."""
    if not piece.claims or not (IS.match(piece.text) or grammar.begins_with_movement(piece.text)):
        return None
    before = reversed(pieces[: pieces.index(piece)])
    return next((found[0] for other in before if (found := SUBJECT.match(other.text))), None)


def _after(before: str, piece: _Piece) -> str:
    """A clause behind another one: its joint, and its text."""
    gap = "" if piece.joint[:1] in ",;:" or before.endswith((" ", "(")) else " "
    return gap + piece.joint + piece.text


def _conceded(kept: Sequence[_Piece]) -> Sequence[_Piece]:
    """A sentence in which what speaks against the label is granted, not given as a reason for it: "although ...".

    Nothing is left of one that says nothing else.
    """
    against = [piece for piece in kept if piece.is_against]
    if not against or all(CONCESSION.search(piece.joint) for piece in against):
        return kept
    others = [piece for piece in kept if not piece.is_against]
    if not others:
        return []
    if REFERENCE.match(others[0].text):  # "it suggests grief": what speaks against grief does not
        return [piece for piece in kept if not piece.is_conclusion]
    subject = SUBJECT.match(kept[0].text)
    if not against[0].has_subject and subject is None:
        return others  # who does it was in a clause that is gone
    granted = " and ".join(_lower(piece.text.rstrip(".,; ")) for piece in against)
    if not against[0].has_subject and subject is not None:
        granted = f"{_lower(subject[0])} {granted}"
    main, *rest = others
    text = main.text if main.has_subject or subject is None else f"{subject[0]} {main.text}"
    return [replace(against[0], text=f"Although {granted}", claims=(), joint=""),
            replace(main, text=_lower(text), joint=", "), *rest]  # fmt: skip


def _lower(text: str) -> str:
    """Without the capital of a beginning, if it is that of a word that has none of its own."""
    return text[:1].lower() + text[1:] if grammar.is_subject(text.split(maxsplit=1)[0]) else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
