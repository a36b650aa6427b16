"""Which of the measured clues a description tells, and how sure they make one: by how far each speaks for the label."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from microemo.data.association import Association, family
from microemo.schema import Clue

MAX_FACTS = 3  # that are told for what they suggest
FEW = 2  # facts, with fewer than which others are told as well
SPEAKS = 0.1  # log odds from which on a kind speaks for a family or, below zero, against it
NOTICED = 0.5  # strength from which on what does not fit is told
LIKELY, CLEAR = 0.35, 1.1  # log odds of all that is told: one good sign; three times as likely as without

Certainty = Literal["nothing", "unclear", "perhaps", "likely", "clear"]


@dataclass(frozen=True)
class Fact:
    """What one or several clues of a kind say; the strongest of them says how strong it is."""

    clues: tuple[Clue, ...]

    @property
    def start_sec(self) -> float:
        return min(clue.start_sec for clue in self.clues)

    @property
    def end_sec(self) -> float:
        return max(clue.end_sec for clue in self.clues)

    @property
    def strongest(self) -> Clue:
        return max(self.clues, key=lambda clue: clue.strength)


@dataclass(frozen=True)
class Evidence:
    """What is told.

    facts        those that fit the label, or say nothing of it
    num_support  how many of them, which come first, speak for it
    against      the plainest that speaks against it, if one is noticed
    log_odds     of all of these together
    """

    facts: tuple[Fact, ...]
    num_support: int
    against: Fact | None
    log_odds: float

    @property
    def supporting(self) -> tuple[Fact, ...]:
        return self.facts[: self.num_support]

    @property
    def certainty(self) -> Certainty:
        """How sure the label can be, by how strong and of how one mind the evidence is."""
        if not self.supporting and self.against is None:
            return "unclear" if self.facts else "nothing"
        if self.log_odds < LIKELY:
            return "perhaps"
        return "clear" if self.log_odds >= CLEAR and self.num_support > 1 and self.against is None else "likely"


def weigh(label: str, clues: Sequence[Clue], association: Association) -> Evidence:
    """Up to ``MAX_FACTS`` facts that speak for the label, strong ones first and each part of the face once before any
    twice; where these are few, what else is noticed most; and what speaks against it.
    """
    weighed = [
        _Weighed(fact, association.get(fact.strongest.kind, {}).get(family(label), 0.0)) for fact in _facts(clues)
    ]
    weighed.sort(key=lambda each: -each.fact.strongest.strength)
    fitting = [each for each in weighed if each.odds > SPEAKS and each.worth > 0]
    support = _spread(sorted(fitting, key=lambda each: -each.worth))[:MAX_FACTS]
    others = [each for each in weighed if abs(each.odds) <= SPEAKS or each.worth == 0][: max(0, FEW - len(support))]
    contrary = [each for each in weighed if each.odds < -SPEAKS and each.worth < 0]
    noticed = [each for each in contrary if each.fact.strongest.strength >= NOTICED or not (support or others)]
    against = min(noticed, key=lambda each: each.worth, default=None)
    return Evidence(
        facts=tuple(each.fact for each in (*support, *others)),
        num_support=len(support),
        against=against.fact if against else None,
        log_odds=sum(each.worth for each in support) + (against.worth if against else 0.0),
    )


@dataclass(frozen=True)
class _Weighed:
    """A fact and how far its kind speaks for the label, in log odds; what it is worth grows with its strength."""

    fact: Fact
    odds: float

    @property
    def worth(self) -> float:
        return self.odds * self.fact.strongest.strength


def _facts(clues: Iterable[Clue]) -> list[Fact]:
    """Clues of a kind are one fact; each word that is said is one of its own."""
    kinds: defaultdict[tuple[str, str], list[Clue]] = defaultdict(list)
    for clue in clues:
        kinds[clue.kind, clue.detail if clue.modality == "words" else ""].append(clue)
    return [Fact(tuple(sorted(alike, key=lambda clue: clue.start_sec))) for alike in kinds.values()]


def _spread(weighed: Sequence[_Weighed]) -> list[_Weighed]:
    """The first of each region before the others."""
    regions: dict[str, _Weighed] = {}
    for each in weighed:
        regions.setdefault(each.fact.strongest.region, each)
    return [*regions.values(), *(each for each in weighed if each not in regions.values())]
