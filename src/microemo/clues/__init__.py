"""The kinds of clue: one table of all that is measured of face, voice and words, and how each kind is put into words.

``table`` holds a typed record a kind, from ``facial.toml``, ``head.toml``, ``micro.toml``, ``vocal.toml``,
``events.toml`` and ``verbal.toml``; ``wording`` turns clues into clauses and recognises them in text. Perception
measures by the table, prompts and answers speak by it, the parser checks by it, and the report shows by it: a new kind
is a row and, where its series or measure is new, a function.
"""

from microemo.clues.table import (
    ONSET_STRENGTH,
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
from microemo.clues.wording import clue_clause, plural

__all__ = [
    "ONSET_STRENGTH",
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
    "emotion_word_kinds",
    "event_kinds",
    "facial_actions",
    "facial_kinds",
    "head_kinds",
    "micro_kinds",
    "nonverbal_kinds",
    "plural",
    "style_kinds",
    "verbal_kinds",
    "vocal_kinds",
]
