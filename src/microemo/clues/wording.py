"""Clues in words: the clauses by which prompts speak of them. What texts say is read by ``claims``."""

import zlib

from microemo.clues.table import VERBS, VerbalKind, clue_kinds, nonverbal_kinds
from microemo.schema import Clue

PLURALS = {"is": "are", "has": "have", "does": "do", "goes": "go"}


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


def _verbs(kind: str) -> tuple[str, ...]:
    known = clue_kinds().get(kind)
    return known.verbs if isinstance(known, VerbalKind) else VERBS


def plural(verb: str) -> str:
    """frowns -> frown, pushes -> push, cries -> cry, is -> are; a colon stays behind it."""
    bare = verb.rstrip(":")
    if bare in PLURALS:
        base = PLURALS[bare]
    elif bare.endswith("ies"):
        base = bare[:-3] + "y"
    elif bare.endswith(("shes", "ches", "sses", "xes", "oes")):
        base = bare[:-2]
    else:
        base = bare.removesuffix("s")
    return base + verb[len(bare) :]
