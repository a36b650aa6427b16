"""Descriptions from labels and measured clues, by a small grammar: who does what, when, how strongly, and what it
suggests. For labs that have labels only.

    She frowns [1] and pushes her lower lip up [2], then looks down [3]; her voice is very rough [4]. She seems sad,
    perhaps downcast.

What is told is what was measured: every clause cites its clue, in the order of time, as strong as it was, and counted
where it comes again. What speaks against the label is granted ("although"), not given as a reason for it. Variety
comes from the measures, not from openings; the style is that of ``recipes/descriptions/STYLE.md``.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from microemo.claims.grammar import read
from microemo.clues import FacialKind, VerbalKind, clue_kinds, nonverbal_kinds, plural
from microemo.data.association import Association, family
from microemo.data.manifest import Pronoun
from microemo.lexicon import FAMILIES, emotion_families
from microemo.lexicon.labels import lexicon, normalised, place
from microemo.parse import LABEL
from microemo.schema import Clue
from microemo.told import UNMEASURED

MAX_LABELS = 3
MAX_TOLD = 4  # clues of a description
MAX_KIN = 8  # words of a lexicon's group that may stand in for another; later ones are rarer
SLIGHT_BELOW, STRONG_FROM = 0.35, 0.75  # of ``Clue.strength``
THEN_SEC = 0.5  # between onsets, from which on one thing comes after another
CLEAR, SOME = 1.5, 0.3  # evidence, in log odds: "clearly" sad, "seems" sad
TIMED_FROM_SEC = 6.0  # length of a clip in which one would like to know when
TIMES = {2: "twice", 3: "three times"}
POSSESSIVES: dict[Pronoun, str] = {"she": "her", "he": "his", "they": "their"}


@dataclass(frozen=True)
class Description:
    """What a description says: labels, the foremost first, and sentences that cite clues by their ids."""

    labels: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


class Fact(NamedTuple):
    """One thing that is told: its clues, the earliest first, its predicate, and whether that has a subject."""

    clues: tuple[Clue, ...]
    predicate: str
    has_subject: bool

    @property
    def start_sec(self) -> float:
        return self.clues[0].start_sec

    @property
    def strength(self) -> float:
        return max(clue.strength for clue in self.clues)

    @property
    def citation(self) -> str:
        return "".join(f"[{clue.id}]" for clue in self.clues)


class Describer:
    """Describes one span after another; the same seed and the same spans give the same descriptions."""

    def __init__(self, association: Association, rng: random.Random) -> None:
        self._association, self._rng = association, rng

    def describe(
        self,
        label: str,
        intensity: float | None,
        clues: Sequence[Clue],
        later: bool = False,
        who: Pronoun = "they",
        length_sec: float = 0.0,
    ) -> Description:
        """Labels and sentences about a span that is labelled ``label``, in which ``clues`` were measured.

        ``intensity`` in [0, 1] shades the labels; None takes the strength of the clues that are told. Up to
        ``MAX_TOLD`` kinds of clue are told, those first that are strong and speak for the label, and the plainest that
        speaks against it. In a span of ``length_sec`` and more than ``TIMED_FROM_SEC`` it says when.
        """
        timed = length_sec >= TIMED_FROM_SEC
        weighed = [(self._weight(fact, label), fact) for fact in _facts(clues, who, timed)]
        ranked = sorted(weighed, key=lambda pair: (-pair[0], -pair[1].strength))
        fitting = [pair for pair in ranked if pair[0] >= 0][:MAX_TOLD]
        against = [pair for pair in ranked if pair[0] < -SOME and pair[1].strength >= SLIGHT_BELOW][-1:]
        if intensity is None:
            intensity = sum(fact.strength for _, fact in fitting) / len(fitting) if fitting else 0.0
        labels = self._labels(label, intensity)
        facts = sorted((fact for _, fact in fitting), key=lambda fact: fact.start_sec)
        evidence = sum(weight for weight, _ in (*fitting, *against))
        granted = [fact for _, fact in against]
        observed = [_observation(facts, who, later)] if facts else []
        return Description(labels, (*observed, _conclusion(labels, granted, facts, evidence, who)))

    def _labels(self, label: str, intensity: float) -> tuple[str, ...]:
        """The label itself and one or two of its kin, shaded by intensity."""
        strong = self._rng.random() < intensity
        others = list(dict.fromkeys(self._rng.choice(words) for words in kin(label, strong) if words))
        return (label, *others)[: self._rng.choice((2, 2, MAX_LABELS))]

    def _weight(self, fact: Fact, label: str) -> float:
        return fact.strength * self._association.get(fact.clues[0].kind, {}).get(family(label), 0.0)


def answer(spans: Sequence[tuple[str, float, Sequence[Clue]]], association: Association, rng: random.Random) -> str:
    """The answer "labels. Sentences." about one or more spans in time order, each (label, intensity, its clues)."""
    describer = Describer(association, rng)
    descriptions = [
        describer.describe(label, intensity, clues, later=number > 0)
        for number, (label, intensity, clues) in enumerate(spans)
    ]
    firsts = tuple(dict.fromkeys(description.labels[0] for description in descriptions))
    labels = descriptions[0].labels if len(descriptions) == 1 else firsts
    return f"{', '.join(labels[:MAX_LABELS])}. {' '.join(description.text for description in descriptions)}"


def _facts(clues: Sequence[Clue], who: Pronoun, timed: bool) -> list[Fact]:
    """What there is to tell; a kind that comes again is told once, and counted."""
    by_kind: dict[tuple[str, str, str | None], list[Clue]] = {}
    for clue in sorted(clues, key=lambda clue: clue.start_sec):
        by_kind.setdefault((clue.kind, clue.detail if clue.modality == "words" else "", clue.side), []).append(clue)
    return [_fact(tuple(same), who, timed) for same in by_kind.values()]


def _fact(clues: tuple[Clue, ...], who: Pronoun, timed: bool) -> Fact:
    strongest = max(clues, key=lambda clue: clue.strength)
    text = predicate(strongest, who)
    has_subject = text.startswith((POSSESSIVES[who], "the "))
    if len(clues) > 1:
        text += f" {TIMES.get(len(clues), 'several times')}"
    elif timed:
        start, end = math.floor(clues[0].start_sec), math.ceil(clues[0].end_sec)
        text += f" ({start // 60}:{start % 60:02}\N{EN DASH}{end // 60}:{end % 60:02})"
    return Fact(clues, text, has_subject)


def predicate(clue: Clue, who: Pronoun) -> str:
    """What one says of who shows a clue, as strong as it is: "frowns hard", "her voice is a little rough"."""
    kind = clue_kinds()[clue.kind]
    if isinstance(kind, VerbalKind):
        return _agreeing(kind.predicate, who).format(words=clue.detail)
    words = nonverbal_kinds()[clue.kind]
    if clue.side and isinstance(kind, FacialKind) and words.one_sided:
        return words.one_sided[0].format(side=clue.side)
    plain, slight, strong = words.predicates
    text = slight if clue.strength < SLIGHT_BELOW else strong if clue.strength >= STRONG_FROM else plain
    detail = f' before "{clue.detail.removeprefix("before ")}"' if clue.detail else ""  # of a long pause
    return _agreeing(text, who).format(their=POSSESSIVES[who]) + detail


def _agreeing(text: str, who: Pronoun) -> str:
    """A predicate in the third person singular, as the pronoun wants it."""
    first, space, rest = text.partition(" ")
    return text if who != "they" or first.startswith(("{their}", "the")) else plural(first) + space + rest


def _observation(facts: Sequence[Fact], who: Pronoun, later: bool) -> str:
    """One sentence of all that was observed, the person's doings joined, the voice's behind a semicolon."""
    text, subject = "", ""
    for number, fact in enumerate(facts):
        before, after = facts[number - 1] if number else None, facts[number + 1] if number + 1 < len(facts) else None
        same = subject == _subject(fact, who)
        subject = _subject(fact, who)
        ends = after is None or _subject(after, who) != subject
        then = "then " if before is not None and fact.start_sec - before.start_sec >= THEN_SEC else ""
        if before is None:
            text = f"{subject} "
        elif not same:
            text += f"; {then}{subject} "
        else:
            text += f", {then}" if then else " and " if ends else ", "
        text += f"{_told_of(fact, subject)} {fact.citation}"
    return _sentence(f"then {text}" if later else text)


def _subject(fact: Fact, who: Pronoun) -> str:
    """Of whom or what a fact is told; several of a voice share theirs."""
    if not fact.has_subject:
        return who
    voice = f"{POSSESSIVES[who]} voice is"
    return (
        voice
        if fact.predicate.startswith(f"{voice} ")
        else fact.predicate.split(" ", 2)[0] + " " + fact.predicate.split(" ", 2)[1]
    )


def _told_of(fact: Fact, subject: str) -> str:
    return fact.predicate.removeprefix(subject).strip() if fact.has_subject else fact.predicate


def _conclusion(
    labels: Sequence[str], granted: Sequence[Fact], facts: Sequence[Fact], evidence: float, who: Pronoun
) -> str:
    """What it suggests, and how surely; first what speaks against it."""
    named = adjective(labels[0])
    shade = f", perhaps {adjective(labels[1])}" if len(labels) > 1 and adjective(labels[1]) != named else ""
    verb = _agreeing(_verb(facts), who)
    if not facts and not granted:
        return _sentence(f"{who} may be {named}, though {UNMEASURED}")
    if evidence >= CLEAR:
        text = f"{who} clearly {verb} {named}{shade}"
    elif evidence >= SOME:
        text = f"{who} {verb} {named}{shade}"
    else:
        text = f"{who} may be {named}, but there is little to go by"
    if not granted:
        return _sentence(text)
    fact = granted[0]
    subject = "" if fact.has_subject else f"{who} "
    return _sentence(f"although {subject}{fact.predicate} {fact.citation}, {text}")


def _verb(facts: Sequence[Fact]) -> str:
    """One looks, sounds or seems so by what was told."""
    modalities = {clue.modality for fact in facts for clue in fact.clues}
    return "looks" if modalities == {"face"} else "sounds" if modalities and "face" not in modalities else "seems"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def kin(label: str, strong: bool) -> tuple[tuple[str, ...], ...]:
    """Words that may stand beside a label: for a family's own name, its strong or mild shades, and its plain words; for
    any other, those of its group in the lexicon. None of them speaks of a clue.
    """
    word = adjective(label)
    if word in FAMILIES:
        words = emotion_families()[word]
        return _usable(words.strong if strong else words.mild, word), _usable(words.words[1:], word)
    found = place(label)
    return (_usable(_group(found.group, found.family), word),) * 2 if found else ()


def adjective(label: str) -> str:
    """A label in the form that the lexicon has, mostly an adjective ("anger" is "angry"); others as they are."""
    found = place(label)
    return label if found is None or found.word == normalised(label) else found.word


@cache
def _group(group: str, of_family: str) -> tuple[str, ...]:
    places = dict.fromkeys(place for place in lexicon().values() if (place.group, place.family) == (group, of_family))
    return tuple(place.word for place in places)[:MAX_KIN]


def _usable(words: Sequence[str], label: str) -> tuple[str, ...]:
    return tuple(word for word in words if word != label and LABEL.fullmatch(word) and not any(_observed(word)))


def _observed(text: str) -> Iterator[str]:
    """The actions that a text speaks of."""
    return (action for clause in read(text) for statement in clause.statements for action in statement.actions)
