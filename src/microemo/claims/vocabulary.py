"""``vocabulary.toml``: the words in which English speaks of what can be seen and heard of a person."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from microemo.claims.words import GAP, WordList
from microemo.clues import nonverbal_kinds, plural

ALL = ("parts", "movements", "alone", "strength", "extent", "part_of_time", "times", "negation", "joints", "conclusion",
       "plain", "saying")  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """``vocabulary.toml``, ready to be looked up."""

    parts: WordList
    movements: WordList
    alone: WordList
    uninstrumented: WordList
    strength: WordList
    extent: WordList
    part_of_time: WordList
    times: WordList
    negation: WordList
    bound: WordList
    conclusion: WordList
    outside: WordList
    known: WordList
    plain: WordList
    saying: WordList
    life: WordList
    meanings: Mapping[str, tuple[str, ...]]
    joints: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    table: dict[str, dict[str, list[str]]] = tomllib.loads(
        files(__package__).joinpath("vocabulary.toml").read_text(encoding="utf-8")
    )
    alone = {
        kind: [*table["alone"].get(kind, ()), *(_phrases(kind) if kind in nonverbal_kinds() else ())]
        for kind in {**table["alone"], **nonverbal_kinds()}
    }
    joints = [joint for joint in table["joints"]["joint"] if " " not in joint]
    return Vocabulary(
        **{
            name: WordList(table[name])
            for name in ("parts", "movements", "uninstrumented", "strength", "extent", "part_of_time", "times",
                         "negation", "plain", "saying", "life")
        },
        alone=WordList(alone),
        bound=WordList({"none": table["joints"]["none"], "between": ["between ... and"]}),
        conclusion=WordList({"conclusion": table["conclusion"]["conclusion"]}),
        outside=WordList({"outside": table["conclusion"]["outside"]}),
        known=WordList({
            name: [phrase for phrases in table[name].values() for phrase in phrases]
            for name in ALL
        } | {"kinds": [phrase for phrases in alone.values() for phrase in phrases]}),
        meanings={words: tuple(actions) for words, actions in table["meanings"].items()},
        joints=frozenset(joints),
    )  # fmt: skip


def _phrases(kind: str) -> list[str]:
    """What the table of clues says of a kind, and what it is known by."""
    of = nonverbal_kinds()[kind]
    sided = [clause.format(side=side) for clause in of.one_sided for side in ("left", "right")]
    said = [words.removeprefix("{their} ").replace("{their}", GAP) for words in of.predicates]
    of_many = [plural(first) + space + rest for first, space, rest in (words.partition(" ") for words in said)]
    return [of.phrase, *of.clauses, *sided, *of.keywords, *said, *of_many]
