"""``vocabulary.toml``: the words in which English speaks of what can be seen and heard of a person."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from microemo.claims.words import GAP, WordList
from microemo.clues import nonverbal_kinds, plural, style_kinds
from microemo.lexicon.labels import lexicon

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
    styles = {kind.kind: [_bare(verb) for verb in kind.verbs] for kind in style_kinds()}
    known = {kind: _phrases(kind) for kind in nonverbal_kinds()} | styles
    alone = {kind: [*table["alone"].get(kind, ()), *known.get(kind, ())] for kind in {**table["alone"], **known}}
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
        } | {"kinds": [phrase for phrases in alone.values() for phrase in phrases], "feelings": list(lexicon())}),
        meanings={words: tuple(actions) for words, actions in table["meanings"].items()},
        joints=frozenset(joints),
    )  # fmt: skip


def _bare(verb: str) -> str:
    """What clauses say of words, without its subject: "hesitates"."""
    return verb.removeprefix("the person ").rstrip(":")


def _phrases(kind: str) -> list[str]:
    """What the table of clues says of a kind, and what it is known by."""
    of = nonverbal_kinds()[kind]
    sided = [clause.format(side=side) for clause in of.one_sided for side in ("left", "right")]
    plainly, *_ = of.predicates  # what else they have is how strongly, which is read beside it
    said = plainly.removeprefix("{their} ").replace("{their}", GAP)
    verb, space, rest = said.partition(" ")
    return [of.phrase, *of.clauses, *sided, *of.keywords, said, plural(verb) + space + rest]
