"""The table of clues, read and validated once: how each kind is measured, called and put into words.

The columns are explained at the head of each table (``facial.toml`` and so on).
"""

import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self, TypeVar

from pydantic import Field, field_validator, model_validator

from microemo.lexicon import FAMILIES
from microemo.schema import Modality, Record

Range = tuple[float, float]

OF_BOTH_DIRECTIONS = ("measure", "unit", "scale", "neutral", "neutral_high_voice", "span")  # columns of vocal kinds
VERBS = ("the person says", "the words include", "the speaker says")  # of verbal kinds that have none of their own


class ClueKind(Record):
    """What all kinds have: a name, where they show, the unit of their values, the families that they speak for."""

    kind: str = Field(pattern=r"^[a-z]+(_[a-z]+)*$")
    modality: Modality
    region: str
    unit: str = ""
    families: tuple[str, ...]

    @field_validator("families")
    @classmethod
    def _known(cls, families: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(families) - set(FAMILIES):
            raise ValueError(f"no such family of emotion: {', '.join(sorted(unknown))}")
        return families


AnyKind = TypeVar("AnyKind", bound=ClueKind)


class NonverbalKind(ClueKind):
    """A kind in words: a short phrase, clauses for sentences, also for one side alone, keywords that recognise it.

    ``predicates`` are what descriptions say of a person who shows it plainly, slightly or strongly: "{their}" is a
    place for his, her or their; one that begins with such has a subject of its own.
    """

    phrase: str
    clauses: tuple[str, ...] = Field(min_length=1)
    one_sided: tuple[str, ...] = ()
    predicates: tuple[str, str, str]
    keywords: tuple[str, ...]


ONSET_STRENGTH = 0.2  # from which on an action is seen, on the scale of ``Clue.strength``


class FacialAction(ClueKind):
    """An action of the face by its FACS name and how its series is told; levels in [0, 1]."""

    modality: Literal["face"] = "face"
    action_unit: str = Field(pattern=r"^AU\d+$")
    blendshapes: tuple[str, ...] = ()
    series: str = "mean"
    measure: str | None = None
    span: Range | None = None
    appearance: str | None = None
    side_measure: str | None = None
    side_span: float | None = Field(default=None, gt=0)
    witnesses: Mapping[str, Range] = {}
    neutral: Range
    peak: float
    least: float = Field(default=ONSET_STRENGTH, gt=0, lt=1)
    held_sec: float = Field(default=0.0, ge=0)
    must_rise: bool = False

    @property
    def has_sides(self) -> bool:
        """Whether something tells the left from the right; blendshapes do not."""
        return not (self.measure is None and self.appearance is None and self.side_measure is None)

    @model_validator(mode="after")
    def _told_by_something(self) -> Self:
        if not (self.blendshapes or self.measure or self.appearance):
            raise ValueError("blendshapes, a measure or an appearance must tell the action")
        if (self.measure is None and self.appearance is None) != (self.span is None):
            raise ValueError("a measure or an appearance goes with a span")
        if (self.side_measure is None) != (self.side_span is None):
            raise ValueError("a side_measure goes with a side_span")
        return self


class FacialKind(FacialAction, NonverbalKind):
    """A facial action that clues tell of, in words."""

    min_sec: float
    articulation: bool = False
    is_told: bool = True


class HeadKind(NonverbalKind):
    """A movement or position of the head or the gaze; numbers in ``unit``."""

    modality: Literal["face"] = "face"
    measure: str
    series: str
    resting: Range = (0.0, 0.0)
    least: float
    full: float
    min_sec: float = 0.0


class MicroKind(NonverbalKind):
    """A movement of the face that comes and goes within half a second; ``points`` are of the face's shape."""

    modality: Literal["face"] = "face"
    action_units: tuple[str, ...] = Field(min_length=1)
    points: tuple[tuple[int, ...], ...] = Field(min_length=1)
    up: bool
    peak: float = Field(gt=0)
    articulation: bool = False


class VocalKind(NonverbalKind):
    """A measure of an utterance's voice that is raised or lowered; numbers in ``unit`` or, if so scaled, semitones."""

    modality: Literal["voice"] = "voice"
    region: str = "voice"
    measure: str
    lowered: bool = False
    scale: Literal["linear", "semitones"] = "linear"
    neutral: Range | None = None
    neutral_high_voice: Range | None = None
    span: float = Field(gt=0)
    least: float | None = None


class EventKind(NonverbalKind):
    """A sound of the voice that is no word; its value is the probability with which it is heard."""

    modality: Literal["voice"] = "voice"
    region: str = "voice"
    unit: str = "probability"
    sounds: tuple[int, ...] = Field(min_length=1)
    threshold: float = Field(gt=0, lt=1)


class VerbalKind(ClueKind):
    """That words are said which name or show a feeling (emotion words), or a way of speaking, which has a ``strength``.

    ``verbs`` are what a clause has before the quotation of the words; ``predicate`` is what descriptions say.
    """

    modality: Literal["words"] = "words"
    region: str = "words"
    polarity: Literal[-1, 0, 1]
    strength: float | None = Field(default=None, gt=0, le=1)
    verbs: tuple[str, ...] = Field(default=VERBS, min_length=1)
    predicate: str = 'says "{words}"'

    @property
    def negated(self) -> "VerbalKind":
        """The kind of the same words behind a negation, which speak for no family."""
        return self.model_copy(update={"kind": f"negated_{self.kind}", "families": ()})


@cache
def facial_actions() -> tuple[FacialAction, ...]:
    """All actions that are measured; those that have words are kinds of clue."""
    return tuple(
        (FacialKind if "clauses" in row else FacialAction).model_validate({"kind": kind, **row})
        for kind, row in _rows("facial.toml").items()
    )


@cache
def facial_kinds() -> tuple[FacialKind, ...]:
    return tuple(action for action in facial_actions() if isinstance(action, FacialKind))


@cache
def head_kinds() -> tuple[HeadKind, ...]:
    return _kinds(HeadKind, "head.toml")


@cache
def micro_kinds() -> tuple[MicroKind, ...]:
    return _kinds(MicroKind, "micro.toml")


@cache
def vocal_kinds() -> tuple[VocalKind, ...]:
    rows = _rows("vocal.toml")
    return tuple(VocalKind.model_validate({"kind": kind, **_measured(row, rows)}) for kind, row in rows.items())


@cache
def event_kinds() -> tuple[EventKind, ...]:
    return _kinds(EventKind, "events.toml")


@cache
def verbal_kinds() -> tuple[VerbalKind, ...]:
    """Emotion words and ways of speaking."""
    return _kinds(VerbalKind, "verbal.toml")


def emotion_word_kinds() -> tuple[VerbalKind, ...]:
    return tuple(kind for kind in verbal_kinds() if kind.strength is None)


def style_kinds() -> tuple[VerbalKind, ...]:
    """The ways of speaking."""
    return tuple(kind for kind in verbal_kinds() if kind.strength is not None)


def _nonverbal() -> tuple[NonverbalKind, ...]:
    return (*facial_kinds(), *head_kinds(), *micro_kinds(), *vocal_kinds(), *event_kinds())


@cache
def nonverbal_kinds() -> Mapping[str, NonverbalKind]:
    """Kinds of face, head and voice by name, micro-expressions and vocal events among them."""
    return {kind.kind: kind for kind in _nonverbal()}


@cache
def clue_kinds() -> Mapping[str, ClueKind]:
    """All kinds by name, in the order of the tables; of emotion words, the negated kinds as well. Raises ``ValueError``
    on a name that stands in two tables.
    """
    emotion_words = [each for kind in emotion_word_kinds() for each in (kind, kind.negated)]
    kinds: list[ClueKind] = [*_nonverbal(), *emotion_words, *style_kinds()]
    if twice := [kind for kind, count in Counter(kind.kind for kind in kinds).items() if count > 1]:
        raise ValueError(f"kinds of clue in more than one table: {', '.join(twice)}")
    return {kind.kind: kind for kind in kinds}


def regions() -> tuple[str, ...]:
    """Where clues show, in the order of the tables."""
    return tuple(dict.fromkeys(kind.region for kind in clue_kinds().values()))


def _measured(row: dict[str, Any], rows: dict[str, Any]) -> dict[str, Any]:
    """A row of the vocal table; the opposite of another kind has that one's measure and numbers."""
    if "opposite_of" not in row:
        return row
    raised = rows[row["opposite_of"]]
    own = {column: value for column, value in row.items() if column != "opposite_of"}
    return {column: raised[column] for column in OF_BOTH_DIRECTIONS if column in raised} | own | {"lowered": True}


def _kinds(record: type[AnyKind], name: str) -> tuple[AnyKind, ...]:
    """A table each of whose rows has all of its record."""
    return tuple(record.model_validate({"kind": kind, **row}) for kind, row in _rows(name).items())


def _rows(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
