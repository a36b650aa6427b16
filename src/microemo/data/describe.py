"""Descriptions from labels and measured clues, as the style guide has them (recipes/descriptions/STYLE.md).

What EMER's annotators do by eye, and other data engines by a language model: labels beyond the class name, then
sentences whose every observation cites the clue that bears it out ("she frowns [3]"), and what that suggests, as sure
as the evidence is. Nothing is said without a clue, and nothing is drawn at random: variety is in what was measured.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from microemo.clues import kinds_in
from microemo.data.association import Association
from microemo.data.evidence import FEW, Evidence, weigh
from microemo.data.grammar import Person, aside, sentences, subject_of
from microemo.data.manifest import Pronoun
from microemo.lexicon import FAMILIES, emotion_families
from microemo.lexicon.labels import lexicon, normalised, place
from microemo.parse import LABEL, MAX_LABELS
from microemo.schema import Clue
from microemo.spans import Span

MAX_KIN = 8  # words of a lexicon's group that may stand in for another; later ones are rarer
MILD, STRONG = 0.35, 0.65  # intensity below and above which a label is shaded
QUIET = ("neutral", "calm")  # what fits that little was measured
BEFORE_QUIET = {"nothing": "there is little to go by; ", "unclear": "otherwise "}
IMPRESSIONS = {"face": "looks", "voice": "sounds"}  # where all that speaks for a label is of one modality


@dataclass(frozen=True)
class Scene:
    """What a description is about: a span, its labels, the foremost first, and the clues that were measured in it.

    ``intensity`` in [0, 1] shades the labels; None takes the strength of the clues that speak for them.
    """

    labels: tuple[str, ...]
    intensity: float | None
    clues: Sequence[Clue]
    span: Span
    pronoun: Pronoun = "they"


@dataclass(frozen=True)
class Description:
    """What a description says: labels, the foremost first, and sentences that cite clues by their ids."""

    labels: tuple[str, ...]
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def describe(scene: Scene, association: Association) -> Description:
    """Labels and sentences about a scene; the same measures give the same words."""
    evidence, person = weigh(scene.labels[0], scene.clues, association), Person(scene.pronoun)
    labels = scene.labels if len(scene.labels) > 1 else _labels(scene, evidence)
    told = sentences(evidence.facts, scene.span, person)
    is_short = len(told) == 1 and len(evidence.facts) <= FEW and evidence.against is None
    if is_short and evidence.certainty != "clear":
        told = [_continued(told[0], labels, evidence, person)]
    else:
        told.append(_conclusion(labels, evidence, person))
    if evidence.against:
        told[-1] += f", although {aside(evidence.against, scene.span, person)}"
    return Description(labels, tuple(sentence[0].upper() + sentence[1:] + "." for sentence in told))


def answer(scene: Scene, association: Association) -> str:
    """The answer "labels. Sentences." about a scene."""
    description = describe(scene, association)
    return f"{', '.join(description.labels[:MAX_LABELS])}. {description.text}"


def _labels(scene: Scene, evidence: Evidence) -> tuple[str, ...]:
    """The label itself and, where something speaks for it, another: as mild or strong as the feeling is, and which of
    several, as the clues have it.
    """
    (label,) = scene.labels
    strengths = [fact.strongest.strength for fact in evidence.supporting]
    if not strengths:
        return (label,)
    others = kin(label, sum(strengths) / len(strengths) if scene.intensity is None else scene.intensity)
    measures = " ".join(f"{clue.kind} {clue.strength:.1f}" for fact in evidence.facts for clue in fact.clues)
    return (label, others[zlib.crc32(measures.encode()) % len(others)]) if others else (label,)


def kin(label: str, intensity: float) -> tuple[str, ...]:
    """Words that may stand beside a label: for a family's own name its mild, plain or strong shades; for any other,
    those of its group in the lexicon. None of them speaks of a clue.
    """
    word = adjective(label)
    if word in FAMILIES:
        words = emotion_families()[word]
        shade = words.mild if intensity < MILD else words.strong if intensity > STRONG else words.words
        return _usable(shade, word)
    found = place(label)
    return _usable(_group(found.group, found.family), word) if found else ()


def adjective(label: str) -> str:
    """A label in the form that the lexicon has, mostly an adjective ("anger" is "angry"); others as they are."""
    found = place(label)
    return label if found is None or found.word == normalised(label) else found.word


def _continued(told: str, labels: Sequence[str], evidence: Evidence, person: Person) -> str:
    """One short observation and what it suggests."""
    if evidence.certainty != "likely":
        return f"{told}; {_conclusion(labels, evidence, person)}"
    if len(evidence.facts) == 1 and not subject_of(evidence.facts[0]):
        return f"{told} and {_seems(labels, evidence, person)}"
    return f"{told}, and {_conclusion(labels, evidence, person)}"


def _conclusion(labels: Sequence[str], evidence: Evidence, person: Person) -> str:
    """What is suggested, as sure as the evidence is strong and of one mind."""
    certainty, label, shade, they = evidence.certainty, adjective(labels[0]), _shade(labels), person.they()
    if certainty == "likely" or (label in QUIET and certainty != "clear"):
        return f"{BEFORE_QUIET.get(certainty, '')}{they} {_seems(labels, evidence, person)}"
    is_label = f"{they} {person.does('is')} {label}"
    if certainty == "clear":
        return f"{they} {person.does('is')} clearly {label}" + (f", perhaps {shade}" if shade else "")
    if certainty == "unclear":
        return f"it is hard to tell from this whether {is_label}"
    if certainty == "nothing":
        return f"there is little to go by; perhaps {is_label}"
    return f"perhaps {is_label}" + (f" or {shade}" if shade else "")


def _seems(labels: Sequence[str], evidence: Evidence, person: Person) -> str:
    """ "looks angry, perhaps furious": by the one modality that speaks for it, if it is one."""
    label, shade = adjective(labels[0]), _shade(labels)
    modalities = {fact.strongest.modality for fact in evidence.supporting}
    verb = IMPRESSIONS.get(min(modalities), "seems") if len(modalities) == 1 else "seems"
    if kinds_in(f"looks {label}") or kinds_in(f"look {label}"):
        verb = "seems"
    return f"{person.does(verb)} {label}" + (f", perhaps {shade}" if shade else "")


def _shade(labels: Sequence[str]) -> str:
    """What the second label adds to the first; a plain word for the same adds nothing."""
    label, *others = map(adjective, labels[:2])
    plain = emotion_families()[label].words if label in FAMILIES else ()
    return next((other for other in others if other not in plain), "")


@cache
def _group(group: str, of_family: str) -> tuple[str, ...]:
    places = dict.fromkeys(place for place in lexicon().values() if (place.group, place.family) == (group, of_family))
    return tuple(place.word for place in places)[:MAX_KIN]


def _usable(words: Sequence[str], label: str) -> tuple[str, ...]:
    return tuple(word for word in words if word != label and LABEL.fullmatch(word) and not kinds_in(word))
