"""The kinds of clue: one table of all that is measured of face, voice and words, and how each kind is put into words.

``table`` holds a typed record a kind, from ``facial.toml``, ``head.toml``, ``micro.toml``, ``vocal.toml``,
``events.toml`` and ``verbal.toml``; ``inflection`` has their verbs agree with "they"; ``wording`` turns clues into
clauses and predicates, and recognises them in text. Perception measures by the table, prompts and answers speak by it,
the parser checks by it, and the report shows by it: a new kind is a row and, where its series or measure is new, a
function.
"""

from microemo.clues.table import (
    VERBS,
    ClueKind,
    EventKind,
    FacialAction,
    FacialKind,
    HeadKind,
    MicroKind,
    NonverbalKind,
    VerbalKind,
    VocalKind,
    clue_kinds,
    emotion_word_kinds,
    event_kinds,
    facial_actions,
    facial_kinds,
    head_kinds,
    micro_kinds,
    nonverbal_kinds,
    style_kinds,
    verbal_kinds,
    vocal_kinds,
)
from microemo.clues.wording import QUOTATION, clue_clause, clue_predicate, kinds_in, mentions, unquoted

__all__ = [
    "QUOTATION",
    "VERBS",
    "ClueKind",
    "EventKind",
    "FacialAction",
    "FacialKind",
    "HeadKind",
    "MicroKind",
    "NonverbalKind",
    "VerbalKind",
    "VocalKind",
    "clue_clause",
    "clue_kinds",
    "clue_predicate",
    "emotion_word_kinds",
    "event_kinds",
    "facial_actions",
    "facial_kinds",
    "head_kinds",
    "kinds_in",
    "mentions",
    "micro_kinds",
    "nonverbal_kinds",
    "style_kinds",
    "unquoted",
    "verbal_kinds",
    "vocal_kinds",
]
