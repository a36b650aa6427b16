"""Which sentences of an answer are told, and how: clause by clause, what was measured and speaks for the label.

What the measures do not bear out is left out, of a face what no clue stands for, and what was said before; what speaks
against the label is granted ("although ..."), never its reason. What is left of a sentence is a sentence.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from microemo.citations import cited, uncited, within_sentences
from microemo.claims import grammar
from microemo.claims.check import checked
from microemo.claims.grammar import Clause, Statement
from microemo.claims.readings import STATE_REGIONS, Evidence, overlaps
from microemo.claims.states import ABSENCES
from microemo.claims.weights import speaks_against
from microemo.clues import clue_kinds, plural
from microemo.config import SURE
from microemo.lexicon import family_of
from microemo.lexicon.families import Valence
from microemo.lexicon.labels import felt, place
from microemo.lexicon.seeming import SEEMING
from microemo.schema import Claim, Clue, Emotion, Modality
from microemo.spans import Span

WORD = re.compile(r"[\w'-]+")
SENTENCE = re.compile(r'(?:"[^"]*"|[^.!?]|[.!?](?=\S))+[.!?]*')  # a stop in a quotation or a number ends nothing
REFERENCE = re.compile(r"(?:it|this|that|these|which|suggest\w*|point\w*|hint\w*|indicat\w*|a sign)\b", re.IGNORECASE)
CONCESSION = re.compile(r"\b(?:although|though|but|even though|yet)\b")
SUBJECT = re.compile(
    r"(?:he|she|they|it|(?:the|his|her|their) (?:person|man|woman|speaker|voice|face|eyes|brows|lips|mouth|gaze))\b",
    re.IGNORECASE,
)
RANK = {"slight": 0, None: 1, "strong": 2, "extreme": 3}  # of strengths; None: none is said
IS = re.compile(r"(?:is|are|was|were|has|have|stays?|keeps?)\b")
PERHAPS = re.compile(r"\b([a-z]+), perhaps(?: (?:even )?([a-z]+))?(?=[.,;])")  # "they look sad, perhaps even sad"
DOUBT = re.compile(r"(?:little|not much) to go (?:by|on)|hard to (?:tell|say|put)", re.IGNORECASE)
FEELS = re.compile(r"(?:may|might|must|is|are|looks?|seems?|appears?|sounds?)\b")  # what a conclusion says of whom
SEEMS = re.compile(r"\b(?:look|seem|appear|sound)s? ([a-z-]+)", re.IGNORECASE)
NOTHING = re.compile(r"\bnothing (?:much )?stands out(?: from the usual)?", re.IGNORECASE)
WHOLES = {"inner_brow_raiser": "outer_brow_raiser"}  # together they are the brows, raised
UNMEASURED = "no clear sign was measured"  # half of what is there is not
SHOWS: Mapping[Modality, re.Pattern[str]] = {  # what concludes from a modality
    modality: re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE) for modality, words in SEEMING.items()
}


@dataclass(frozen=True)
class Piece:
    """A clause: its text behind the joint, the joint, the claims that it makes, and whether it concludes a feeling."""

    joint: str
    text: str
    claims: tuple[Claim, ...]
    has_subject: bool
    is_conclusion: bool
    is_idle: bool  # says again what was said, doubts what is sure, or concludes something else, or from nothing
    is_contrary: bool = False  # tells of the other valence than the label: a smile of sadness

    @property
    def holds(self) -> bool:
        return not self.is_idle and all(claim.is_borne_out and _is_seen(claim) for claim in self.claims)

    @property
    def strength(self) -> int:
        """The rank of the strongest thing that it tells."""
        return max((RANK[claim.intensity] for claim in self.claims), default=RANK[None])

    @property
    def is_against(self) -> bool:
        """Whether all that it tells speaks against the label."""
        return bool(self.claims) and all(speaks_against(claim.weight) for claim in self.claims)


def read(text: str, evidence: Evidence, span: Span, labels: Sequence[Emotion]) -> list[list[Piece]]:
    """The clauses of each sentence; ``labels`` are what they are to explain, the first above all."""
    said: set[Statement] = set()
    found = SENTENCE.findall(PERHAPS.sub(_without_echo, within_sentences(text)))
    clues = {clue.id: clue for clue in evidence.clues}
    sentences = [list(_pieces(sentence.strip(), evidence, clues, span, labels, said)) for sentence in found]
    told = [piece for pieces in sentences for piece in pieces if piece.holds]
    idle = {id(piece) for at, piece in enumerate(told) if _is_outdone(piece, told[:at], told[at + 1 :], clues)}
    return [[replace(one, is_idle=True) if id(one) in idle else one for one in pieces] for pieces in sentences]


def _is_outdone(piece: Piece, before: Sequence[Piece], after: Sequence[Piece], clues: Mapping[int, Clue]) -> bool:
    """Whether others tell as much of the same moment, or more: "frowns and frowns hard"; or it doubts a plain sign."""
    if DOUBT.search(piece.text):
        return any(other.strength > RANK[None] and not other.is_against for other in before)
    if not piece.claims or not all(claim.clues for claim in piece.claims):
        return False
    as_much = [other for other in before if other.strength >= piece.strength]
    more = [other for other in after if other.strength > piece.strength and "then" not in other.joint]
    told = _clue_ids([*as_much, *more])
    wholes = _clue_ids([other for other in (*before, *after) if piece.is_against or not other.is_against])
    return all(id_ in told or any(_is_part(clues[id_], clues[whole]) for whole in wholes) for id_ in _clue_ids([piece]))


def _clue_ids(pieces: Sequence[Piece]) -> set[int]:
    return {id_ for piece in pieces for claim in piece.claims for id_ in claim.clues}


def _is_part(one: Clue, whole: Clue) -> bool:
    return WHOLES.get(one.kind) == whole.kind and overlaps(one, Span(whole.start_sec, whole.end_sec))


def _pieces(
    sentence: str,
    evidence: Evidence,
    clues: Mapping[int, Clue],
    span: Span,
    labels: Sequence[Emotion],
    said: set[Statement],
) -> Iterator[Piece]:
    """The clauses of a sentence; ``said`` are the statements of those before, to which theirs are added."""
    label = labels[0].label if labels else ""
    clauses = grammar.read(sentence)
    if not clauses:
        return
    is_anything = any(overlaps(clue, span) for clue in evidence.clues)
    ends = [clause.start for clause in clauses[1:]] + [len(sentence)]
    for clause, end in zip(clauses, ends, strict=True):
        whole = sentence[clause.start : end]
        plain = uncited(sentence[clause.body : end]).rstrip()
        bare, ids = plain.rstrip(".!?;, "), cited(whole)
        claims = tuple(checked(bare, statement, evidence, span, ids, label) for statement in clause.statements)
        yield Piece(
            joint=uncited(sentence[clause.start : clause.body]),
            text=plain,
            claims=claims,
            has_subject=clause.has_subject,
            is_conclusion=clause.is_conclusion,
            is_idle=_is_idle(clause, plain, said, evidence.absent, labels)
            or (is_anything and NOTHING.search(plain) is not None),
            is_contrary=any(_is_contrary(clues[id_].kind, label) for claim in claims for id_ in claim.clues),
        )
        said.update(clause.statements)


def _is_idle(
    clause: Clause, text: str, said: Collection[Statement], absent: Collection[Modality], labels: Sequence[Emotion]
) -> bool:
    if clause.is_conclusion and (_is_of(absent, text) or _is_of_another_feeling(text, labels)):
        return True
    if DOUBT.search(text):
        return bool(labels) and labels[0].confidence >= SURE
    if not clause.statements and not clause.is_conclusion:
        return True  # "it's all in the mouth"
    return bool(clause.statements) and all(_is_said(statement, said) for statement in clause.statements)


def _is_of(absent: Collection[Modality], text: str) -> bool:
    return any(SHOWS[modality].search(text) for modality in SHOWS if modality in absent)


def _is_of_another_feeling(text: str, labels: Sequence[Emotion]) -> bool:
    """Whether it names feelings, and all of them of other families than the labels: "they seem content" of disgust;
    or has who is happy look unhappy in a word of no family: "they look sullen".
    """
    told = {family for word in WORD.findall(text) if (family := family_of(word))}
    own = {family for label in labels if (family := family_of(label.label))}
    if told and own:
        return not told & own
    is_glad = bool(labels) and _valence(labels[0].label) == "positive"
    return is_glad and any(_valence(word) == "negative" for word in SEEMS.findall(text))


def _is_contrary(kind: str, label: str) -> bool:
    """Whether a kind of clue is known for pleasant feelings and the label is none, or the other way round."""
    known_for = {_valence(family) for family in clue_kinds()[kind].families}
    return {*known_for, _valence(label)} == {"positive", "negative"} and len(known_for) == 1


def _valence(word: str) -> Valence | None:
    found = place(word)
    return found.valence if found else None


def _is_said(statement: Statement, said: Collection[Statement]) -> bool:
    """Whether it was said before, and no weaker: "smiles broadly, then lifts the corners of her mouth"."""
    return any(
        _movements(statement) <= _movements(one)
        and replace(one, actions=statement.actions, region=statement.region, strength=statement.strength) == statement
        and RANK[one.strength] >= RANK[statement.strength]
        for one in said
    )


def _movements(statement: Statement) -> frozenset[str]:
    """The actions that a statement is of, but for the brief ones beside others."""
    return frozenset(action for action in statement.actions if not action.startswith("micro_")) or frozenset(
        statement.actions
    )


def _without_echo(match: re.Match[str]) -> str:
    """A feeling without the same one behind it, in whatever word: "disgusted, perhaps disgusting"."""
    one, other = match.groups()
    return one if other is None or felt(one) == felt(other) else match[0]


def _is_seen(claim: Claim) -> bool:
    """Whether what is said of face, head or gaze could be seen: an action by a clue of it, or a state. Of what series
    alone bear out, coders saw two of five; and what does not happen is not known where half of what does is not told.
    """
    if claim.modality != "face" or claim.clues:
        return True
    return claim.action in STATE_REGIONS and claim.action not in ABSENCES


def claims(sentences: Sequence[Sequence[Piece]]) -> tuple[Claim, ...]:
    """What sentences claim, but for clauses that say nothing new."""
    return tuple(claim for sentence in sentences for piece in sentence if not piece.is_idle for claim in piece.claims)


def explanation(sentences: Sequence[Sequence[Piece]]) -> str:
    """Sentences as one text, without those that it has already: "..., and they may be calm. They may be calm."."""
    text = ""
    for sentence in map(_told, sentences):
        if sentence.rstrip(".!?").lower() not in text.lower():
            text = f"{text} {sentence}".lstrip()
    return text


def _told(pieces: Sequence[Piece]) -> str:
    """A sentence without what was not borne out; empty if nothing is left that can stand alone."""
    kept: Sequence[Piece] = [piece for piece in pieces if piece.holds and any(map(str.isalnum, piece.text))]
    if not kept:
        return ""
    if any(piece.is_conclusion for piece in kept):
        kept = _conceded(kept)
    if not kept:
        return ""
    first, *others = kept = _doubted_last(_listed(_agreeing(kept)))
    opening = _opening(first, pieces)
    if opening is None:
        rest = [piece for piece in pieces if piece != first]
        return _told(rest) if len(rest) < len(pieces) else ""
    text = opening + "".join(_after(before.text, piece) for before, piece in zip(kept, others, strict=False))
    text = _capital(NOTHING.sub(UNMEASURED, text.rstrip(",; ")))
    return text if text.endswith((".", "!", "?", '."', '!"', '?"')) else text + "."


def _doubted_last(kept: Sequence[Piece]) -> Sequence[Piece]:
    """That nothing was measured, behind what is concluded all the same: "they may be sad, though ..."."""
    nothing, *others = kept
    if others and NOTHING.fullmatch(nothing.text.rstrip(",; ")) and all(piece.is_conclusion for piece in others):
        first, *rest = [piece for piece in others if not DOUBT.search(piece.text)] or others
        *before, last = replace(first, joint=""), *rest
        return [*before, replace(last, text=last.text.rstrip(".,; ")), replace(nothing, joint=", though ")]
    return kept


def _agreeing(kept: Sequence[Piece]) -> Sequence[Piece]:
    """What several do, or somebody who is called "they", in the plural: "they smile and purses their lips"."""
    if not kept[0].text.lower().startswith("they "):
        return kept
    return [kept[0], *(piece if piece.has_subject else replace(piece, text=_plural(piece.text)) for piece in kept[1:])]


def _plural(text: str) -> str:
    first, space, rest = text.partition(" ")
    is_one_s = first.endswith("s") and not first.endswith("ss") and grammar.begins_with_deed(text)
    return plural(first) + space + rest if is_one_s else text


def _listed(kept: Sequence[Piece]) -> Sequence[Piece]:
    """A list of deeds with its "and": "they raise their brows, open their mouth" has none."""
    *before, last = kept
    if not before or last.has_subject or last.joint.strip() != "," or not grammar.begins_with_deed(last.text):
        return kept
    return [*before, replace(last, joint="and " if len(before) == 1 else ", and ")]


def _opening(first: Piece, pieces: Sequence[Piece]) -> str | None:
    """The text of the first clause that is left, as it can stand alone; None if it cannot: "with a high pitch"."""
    if first not in pieces[1:]:
        return first.text
    if first.joint.strip(" ,") in grammar.SOFT_JOINTS:
        return None
    subject = "" if first.has_subject else _subject_of(first, pieces)
    return None if subject is None else f"{subject} {first.text}".lstrip()


def _subject_of(piece: Piece, pieces: Sequence[Piece]) -> str | None:
    """Who does what a clause without a subject tells, by the clause before that has one; None if it tells no deed."""
    if not piece.claims or not (IS.match(piece.text) or grammar.begins_with_movement(piece.text)):
        return None
    before = reversed(pieces[: pieces.index(piece)])
    return next((found[0] for other in before if (found := SUBJECT.match(other.text))), None)


def _after(before: str, piece: Piece) -> str:
    """A clause behind another one: its joint, and its text."""
    gap = "" if piece.joint[:1] in ",;:" or before.endswith((" ", "(")) else " "
    return gap + piece.joint + piece.text


def _conceded(kept: Sequence[Piece]) -> Sequence[Piece]:
    """A sentence in which what speaks against the label is no reason for it: what is of the other valence is granted
    ("although they smile"), the rest left out. Nothing is left of a sentence that says nothing else.
    """
    against = [piece for piece in kept if piece.is_against]
    if not against or all(CONCESSION.search(piece.joint) for piece in against):
        return kept
    others = [piece for piece in kept if not piece.is_against]
    if not others:
        return []
    if REFERENCE.match(others[0].text):  # "it suggests grief": what speaks against grief does not
        return [piece for piece in kept if not piece.is_conclusion]
    subject, main = SUBJECT.match(kept[0].text), others[0]
    if subject is not None and (not main.has_subject or FEELS.match(main.text)):
        main = replace(main, text=f"{subject[0]} {main.text}")
    against = [piece for piece in against if piece.is_contrary]
    if not against or (not against[0].has_subject and subject is None):
        return [replace(main, joint=""), *others[1:]]  # who does it was in a clause that is gone
    granted = " and ".join(_lower(piece.text.rstrip(".,; ")) for piece in against)
    if not against[0].has_subject and subject is not None:
        granted = f"{_lower(subject[0])} {granted}"
    return [replace(against[0], text=f"Although {granted}", claims=(), joint=""),
            replace(main, text=_lower(main.text), joint=", "), *others[1:]]  # fmt: skip


def _lower(text: str) -> str:
    """Without the capital of a beginning, if it is that of a word that has none of its own."""
    return text[:1].lower() + text[1:] if grammar.is_subject(text.split(maxsplit=1)[0]) else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
