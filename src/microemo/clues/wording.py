"""Clues in words: the clauses by which prompts and answers speak of them, and recognising them in text."""

import re
import zlib

from microemo.clues.table import SAYS, VERBS, NonverbalKind, VerbalKind, clue_kinds, nonverbal_kinds
from microemo.schema import Clue

QUOTATION = re.compile(r'"([^"]*)"')
SLIGHT, STRONG = 0.3, 0.7  # strength below and above which a clue is told as slight or strong


def clue_clause(clue: Clue) -> str:
    """A clue as a clause: "the brows are pulled down". Kinds have several; which one it is, is the same every time.

    The prompt lists clues by it and answers are taught to repeat it, so that no model has to reword what was measured.
    """
    digest = zlib.crc32(f"{clue.kind} {clue.strength} {clue.value} {clue.detail}".encode())
    if clue.modality == "words":
        verbs = _verbs(clue.kind)
        return f'{verbs[digest % len(verbs)]} "{clue.detail}"'
    kind = nonverbal_kinds()[clue.kind]
    if clue.side and kind.one_sided:
        return kind.one_sided[digest % len(kind.one_sided)].format(side=clue.side)
    return kind.clauses[digest % len(kind.clauses)]


def clue_predicate(clue: Clue, sided: bool = True) -> tuple[str, str]:
    """A clue as people would write it: its subject, empty for the person, and its predicate, "purses {their} lips".

    The verb is in the third person singular where the person is the subject; the slot ``{their}`` is left open. Which
    predicate it is depends on how strong the clue is. ``sided`` tells the side on which it acts alone.
    """
    if clue.modality == "words":
        known = clue_kinds().get(clue.kind)
        predicate = known.predicate if isinstance(known, VerbalKind) else SAYS
        return "", predicate.replace("{words}", clue.detail)
    kind = nonverbal_kinds()[clue.kind]
    if sided and clue.side and kind.one_sided_predicate:
        return "", kind.one_sided_predicate.replace("{side}", clue.side)
    return kind.subject, kind.predicates[_degree(clue) if len(kind.predicates) > 1 else 0]


def _degree(clue: Clue) -> int:
    """0 slight, 1 plain, 2 strong: by FACS's letter where there is one."""
    if clue.intensity:
        return {"A": 0, "B": 0, "C": 1}.get(clue.intensity, 2)
    return int(clue.strength >= SLIGHT) + int(clue.strength > STRONG)


def _verbs(kind: str) -> tuple[str, ...]:
    known = clue_kinds().get(kind)
    return known.verbs if isinstance(known, VerbalKind) else VERBS


def mentions(text: str, clue: Clue) -> bool:
    """Whether a text speaks of what a clue measured: by its keywords, and of no other side, or by quoting the word."""
    if clue.modality == "words":
        detail = re.compile(rf"(?<!\w){re.escape(clue.detail.lower())}(?!\w)")
        return any(detail.search(quotation) for quotation in QUOTATION.findall(text.lower()))
    kind, plain = nonverbal_kinds()[clue.kind], unquoted(text)
    return kind.pattern.search(plain) is not None and _sides(kind, plain) <= {clue.side}


def _sides(kind: NonverbalKind, text: str) -> set[str]:
    """The sides of which a text says that they act alone."""
    if kind.side_pattern is None:
        return set()
    return {side for match in kind.side_pattern.finditer(text) for side in match.groups() if side}


def kinds_in(text: str) -> set[str]:
    """The kinds of facial and vocal clues that a text speaks of."""
    plain = unquoted(text)
    return {kind.kind for kind in nonverbal_kinds().values() if kind.pattern.search(plain)}


def unquoted(text: str) -> str:
    """A text in lower case and without what it quotes: 'says "stop smiling"' speaks of no smile."""
    return QUOTATION.sub('""', text.lower())
