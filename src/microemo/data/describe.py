"""Descriptions from labels and measured clues, in the style of the task (EMER): what training answers look like.

What EMER's annotators do by eye, and other data engines by a language model: labels beyond the class name, then
sentences whose every observation cites the clue that bears it out ("the brows are pulled down [3]"). Nothing is said
without a clue. Frames of sentences are dealt like cards, so that none returns before all have been used.
"""

import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from microemo.clues import QUOTATION, clue_clause, kinds_in, nonverbal_kinds, verbal_kinds
from microemo.data.association import Association, family
from microemo.lexicon import FAMILIES, emotion_families
from microemo.lexicon.labels import lexicon, normalised, place
from microemo.parse import CITATION, LABEL
from microemo.schema import Clue

MAX_LABELS = 3
MAX_CLAUSES = 3
MAX_KIN = 8  # words of a lexicon's group that may stand in for another; later ones are rarer


@dataclass(frozen=True)
class Description:
    """What a description says: labels, the foremost first, and sentences that cite clues by their ids."""

    labels: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


class Deck:
    """Draws from a list in random order, each item as often as any other."""

    def __init__(self, cards: Sequence[str], rng: random.Random) -> None:
        self._cards, self._rng = cards, rng
        self._left: list[str] = []

    def deal(self) -> str:
        if not self._left:
            self._left = self._rng.sample(self._cards, len(self._cards))
        return self._left.pop()


class Describer:
    """Describes one span after another; the same seed and the same spans give the same descriptions."""

    def __init__(self, association: Association, rng: random.Random) -> None:
        self._association, self._rng = association, rng
        table = frames()
        nothing = [start + end for start in table["nothing"]["starts"] for end in table["nothing"]["ends"]]
        lists = {name: cards for name, cards in table.items() if name != "nothing"} | {"nothing": nothing}
        self._decks = {name: Deck(cards, rng) for name, cards in lists.items()}
        self._words: dict[tuple[str, ...], Deck] = {}

    def describe(self, label: str, intensity: float | None, clues: Sequence[Clue], later: bool = False) -> Description:
        """Labels and sentences about a span that is labelled ``label``, in which ``clues`` were measured.

        ``intensity`` in [0, 1] shades the labels; None takes the strength of the clues that are cited. Up to
        ``MAX_CLAUSES`` clues are cited, those first that are strong and speak for the label; if none does, one that
        does not, with reserve.
        """
        weights = {clue.id: clue.strength * self._weight(clue, label) for clue in clues}
        supporting = sorted((clue for clue in clues if weights[clue.id] > 0), key=lambda clue: -weights[clue.id])
        cited = supporting[: self._rng.choice((1, 2, 2, MAX_CLAUSES))]
        if intensity is None:
            intensity = sum(clue.strength for clue in cited) / len(cited) if cited else 0.0
        labels = self._labels(label, intensity)
        named = adjective(labels[self._rng.randrange(len(labels))])
        if cited:
            self._rng.shuffle(cited)
            return Description(labels, self._sentences(cited, named, "conclusions", later))
        if clues:
            strongest = max(clues, key=lambda clue: clue.strength)
            return Description(labels, self._sentences([strongest], named, "reservations", later))
        return Description(labels, (self._sentence(self._deal("nothing", named)),))

    def _labels(self, label: str, intensity: float) -> tuple[str, ...]:
        """The label itself and one or two of its kin, shaded by intensity."""
        strong = self._rng.random() < intensity
        decks = [self._words.setdefault(words, Deck(words, self._rng)) for words in kin(label, strong) if words]
        others = list(dict.fromkeys(deck.deal() for deck in decks))
        self._rng.shuffle(others)
        return (label, *others)[: self._rng.choice((2, 2, MAX_LABELS))]

    def _sentences(self, cited: Sequence[Clue], named: str, ending: str, later: bool) -> tuple[str, ...]:
        """One or two sentences; the feeling is named at the end of the last."""
        cut = self._rng.choice((0, 1)) if len(cited) == 2 else self._rng.choice((1, 2)) if len(cited) > 2 else 0
        groups = [group for group in (cited[:cut], cited[cut:]) if group]
        openings = ["laters" if later else "openings", "continuations"]
        return tuple(
            self._sentence(
                self._deal(opening) + self._clauses(group) + (self._deal(ending, named) if group is groups[-1] else "")
            )
            for opening, group in zip(openings, groups, strict=False)
        )

    def _clauses(self, clues: Sequence[Clue]) -> str:
        text = _clause(clues[0])
        for clue in clues[1:]:
            text += self._deal("joints") + _clause(clue)
        return text

    def _deal(self, deck: str, label: str = "") -> str:
        return self._decks[deck].deal().format(label=label)

    def _sentence(self, text: str) -> str:
        return text[0].upper() + text[1:] + "."

    def _weight(self, clue: Clue, label: str) -> float:
        return self._association.get(clue.kind, {}).get(family(label), 0.0)


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


def frame_of(sentence: str, labels: Sequence[str]) -> str:
    """A sentence without what it says of this clip: its clues, quotations and labels. Variety is counted in these."""
    text = CITATION.sub("", sentence.lower())
    text = _clauses_pattern().sub("CLUE", QUOTATION.sub('""', text))
    words = {word for label in labels for word in (label.lower(), adjective(label))}
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, "LABEL")
    return text


@cache
def _clauses_pattern() -> re.Pattern[str]:
    clauses = [clause for kind in nonverbal_kinds().values() for clause in kind.clauses]
    clauses += [f'{verb} ""' for kind in verbal_kinds() for verb in kind.verbs]
    return re.compile("|".join(re.escape(clause) for clause in sorted(clauses, key=len, reverse=True)))


@cache
def frames() -> dict[str, Any]:
    """The frames of sentences, by their place in a description (``sentences.toml``)."""
    return tomllib.loads(files(__package__).joinpath("sentences.toml").read_text(encoding="utf-8"))


@cache
def _group(group: str, of_family: str) -> tuple[str, ...]:
    places = dict.fromkeys(place for place in lexicon().values() if (place.group, place.family) == (group, of_family))
    return tuple(place.word for place in places)[:MAX_KIN]


def _usable(words: Sequence[str], label: str) -> tuple[str, ...]:
    return tuple(word for word in words if word != label and LABEL.fullmatch(word) and not kinds_in(word))


def _clause(clue: Clue) -> str:
    return f"{clue_clause(clue)} [{clue.id}]"
