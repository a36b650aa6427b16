"""Made clips with what was written about them, as examples: one prompt in time order, each answer behind its question.

Where nobody has written about an utterance the answer to learn is a word that the writers had for that feeling at that
strength, half of the time with what a grammar says of the clues (``told``). Clues that no answer cites are left out at
random; in some examples so are modalities, words and any clues, and an answer that speaks of what was left out is cut
down to its label. Half of the examples list the clues that a writer saw, half those that are told today (``renewed``),
with what was written where all of it is still told.
"""

import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple, get_args

from microemo.citations import cited
from microemo.data.manifest import Pronoun
from microemo.model.features import Features, frames_in
from microemo.model.language import Text
from microemo.model.prompt import SOMEBODY, PromptUtterance, numbered_from_one, prompt_utterances, question_about
from microemo.schema import Clue, Modality, Utterance
from microemo.spans import Span
from microemo.train.examples import Example, Turn, labelled_slots
from microemo.train.written import Annotation, answer
from recipes.descriptions.check import Written
from recipes.descriptions.table import Label, Table
from recipes.evidence import measure
from recipes.nano import made_clips
from recipes.nano.made_clips import Part, parts_of
from recipes.nano.renewed import renewed, still_so
from recipes.nano.shades import Shades
from recipes.nano.told import told

DESCRIPTIONS = made_clips.TABLES.with_name("descriptions.jsonl")
FACES = made_clips.TABLES.with_name("faces.jsonl")
WITHOUT: Mapping[Modality, float] = {"face": 0.12, "voice": 0.12, "words": 0.2}  # how often each is left out
VIEWS = 4  # of an utterance
WITHOUT_CLUES, WITHOUT_CLUE = 0.1, 0.1  # how often all are, and each
RENEWED = 0.5  # how often a prompt lists what is told today
WHOLE = 0.7  # how often nothing is left out that was written of


@dataclass(frozen=True)
class MadeClip:
    """A person in a table, what was encoded of them, and what was written: of an utterance, or of the whole (None)."""

    table: Table
    part: Part
    features: Features
    written: Mapping[int | None, Sequence[Written]]

    @property
    def modalities(self) -> set[Modality]:
        there: dict[Modality, bool] = {
            "face": bool(self.features.times_sec),
            "voice": self.features.audio is not None,
            "words": any(self.table.utterances[number].text for number in self.part.utterances),
        }
        return {modality for modality, is_there in there.items() if is_there}

    @property
    def who(self) -> str:
        """How a question calls them: by a name where they have one."""
        known = self.table.who[self.part.person]
        return SOMEBODY if known == "they" else known.partition(" (")[0]

    @property
    def pronoun(self) -> Pronoun:
        words = re.findall(r"\w+", self.table.who[self.part.person].lower())
        return next((pronoun for pronoun in get_args(Pronoun) if pronoun in words), "they")


class Versions(NamedTuple):
    """A made clip as the writers saw its table, and as it is told today."""

    seen: MadeClip
    today: MadeClip


class Described:
    """The parts in a file of ``made_clips.write``, with the descriptions of their tables."""

    def __init__(self, features: Path) -> None:
        tables = made_clips.tables()
        faces = {clip.name: clip for clip in measure.read(FACES)}
        rows = [Written.model_validate_json(line) for line in DESCRIPTIONS.read_text(encoding="utf-8").splitlines()]
        by_table: dict[str, list[Written]] = defaultdict(list)
        for row in rows:
            by_table[row.table].append(row)

        @cache
        def versions(table: str) -> tuple[tuple[Table, Mapping[int | None, list[Written]]], ...]:
            seen = tables[table]
            today = renewed(seen, faces)
            still = [row for row in by_table[table] if still_so(row, seen, today)]
            return (seen, _by_place(by_table[table], seen)), (today, _by_place(still, today))

        self.clips: list[Versions] = []
        for index, encoded in made_clips.read(features):
            part = next(part for part in parts_of(tables[index["table"]]) if part.person == index["person"])
            self.clips.append(
                Versions(*(MadeClip(table, part, encoded, own) for table, own in versions(index["table"])))
            )
        self.shades = Shades(rows, tables)

    def __len__(self) -> int:
        return len(self.clips)

    def example(self, index: int, rng: random.Random) -> Example:
        clip = self.clips[index].today if rng.random() < RENEWED else self.clips[index].seen
        asked: list[int | None] = [*range(len(clip.part.utterances)), None]
        if len(asked) == 2:  # an only utterance is the whole
            asked = [rng.choice(asked)]
        written = {place: self._written(clip, place, rng) for place in asked}
        needed = {id_ for one in written.values() if one for id_ in cited(one.text)}
        without: set[Modality] = set()
        if rng.random() >= WHOLE:
            without, needed = {modality for modality, share in WITHOUT.items() if rng.random() < share}, set()
        if without >= clip.modalities:
            without = set()
        utterances, clues = self._told(clip, without, needed, rng)
        entries, own = numbered_from_one(prompt_utterances(utterances, clues))
        prompted = [
            _shown(entry, clip, number, without) for entry, number in zip(entries, clip.part.utterances, strict=True)
        ]
        numbers = {old: new for new, old in own.items()}
        return Example(
            _features(clip, without, [entry.span for entry in prompted], rng),
            prompted,
            [
                Turn(question_about(prompted, place, clip.who), self._answer(clip, place, one, numbers, without, rng))
                for place, one in written.items()
            ],
            labelled_slots(
                [self._label(clip, place).family for place in range(len(prompted))],
                [_carries(self._label(clip, place), entry) for place, entry in enumerate(prompted)],
            ),
        )

    def _told(
        self, clip: MadeClip, without: set[Modality], needed: set[int], rng: random.Random
    ) -> tuple[list[Utterance], list[Clue]]:
        several = len(clip.table.who) > 1
        utterances = [clip.table.utterances[number] for number in clip.part.utterances]
        if several:
            utterances = [one.model_copy(update={"speaker": one.person}) for one in utterances]
        if "words" in without:
            utterances = [one.model_copy(update={"text": ""}) for one in utterances]
        left = 0.0 if rng.random() < WITHOUT_CLUES else 1 - WITHOUT_CLUE
        own = [clue for clue in clip.table.clues if clue.person == clip.part.person and clue.modality not in without]
        return utterances, [clue for clue in own if clue.id in needed or rng.random() < left]

    def _label(self, clip: MadeClip, place: int) -> Label:
        labels = clip.table.labels[clip.part.utterances[place]]
        return next(label for label in labels if label.person == clip.part.person)

    def _written(self, clip: MadeClip, place: int | None, rng: random.Random) -> Written | None:
        """One of the descriptions of an utterance, or of the whole; None where nobody has written."""
        index = None if place is None else clip.part.utterances[place]
        written = clip.written.get(index)
        return rng.choice(written) if written else None

    def _answer(
        self,
        clip: MadeClip,
        place: int | None,
        one: Written | None,
        numbers: Mapping[int, int],
        without: set[Modality],
        rng: random.Random,
    ) -> Text:
        """What was written, if the prompt lists all that it cites; else a label."""
        if one is not None:
            if not without and set(cited(one.text)) <= numbers.keys():
                return Text(answer(Annotation(one.labels, one.text), numbers))
            return Text(one.labels[0].lower(), is_whole=False)
        labels = [self._label(clip, each) for each in range(len(clip.part.utterances))]
        if place is None and len(labels) > 1:
            names = list(dict.fromkeys(self.shades.draw(label, rng) for label in labels))
            return Text(", ".join(names[:2]), is_whole=False)
        utterance = clip.table.utterances[clip.part.utterances[place or 0]]
        inside = [clue for clue in clip.table.clues if clue.id in numbers and _begins_in(clue, utterance)]
        length_sec = utterance.end_sec - utterance.start_sec
        said = told(labels[place or 0], self.shades, inside, length_sec, rng, clip.pronoun)
        return Text(answer(said, numbers)) if said.description else Text(said.labels[0], is_whole=False)


def _by_place(rows: Sequence[Written], table: Table) -> dict[int | None, list[Written]]:
    """Descriptions by the utterance that they are about; that of an only utterance is of the whole as well."""
    found: dict[int | None, list[Written]] = defaultdict(list)
    if len(table.who) == 1:  # of two people a description tells both, and a prompt one
        for row in rows:
            found[row.utterance].append(row)
            if len(table.utterances) == 1:
                found[None if row.utterance is not None else 0].append(row)
    return found


def _begins_in(clue: Clue, utterance: Utterance) -> bool:
    return utterance.start_sec <= clue.start_sec < utterance.end_sec


def _shown(entry: PromptUtterance, clip: MadeClip, number: int, without: set[Modality]) -> PromptUtterance:
    """The entry with whether the person is seen and heard in it."""
    times = () if "face" in without else clip.features.times_sec
    speaks = clip.table.utterances[number].person == clip.part.person and clip.features.audio is not None
    return replace(
        entry,
        seen=any(entry.start_sec <= time < entry.end_sec for time in times),
        heard=speaks and "voice" not in without,
    )


def _carries(label: Label, entry: PromptUtterance) -> frozenset[Modality]:
    """The modalities that show an utterance's label: a face that contradicts it does not."""
    shown: dict[Modality, bool] = {"face": entry.seen and label.shows is None, "voice": entry.heard}
    return frozenset(modality for modality, is_there in shown.items() if is_there)


def _features(clip: MadeClip, without: set[Modality], spans: Sequence[Span], rng: random.Random) -> Features:
    features = clip.features
    if "voice" in without:
        features = replace(features, audio=None)
    return Features(audio=features.audio) if "face" in without else _some_views(features, spans, rng)


def _some_views(features: Features, spans: Sequence[Span], rng: random.Random) -> Features:
    """At most ``VIEWS`` of each utterance, others each time: it is learnt from fewer than it is judged by."""
    if features.frames is None or features.faces is None or features.region_masks is None:
        return features
    inside = [frames_in(features.times_sec, span) for span in spans]
    rows = sorted({row for own in inside for row in rng.sample(own, min(VIEWS, len(own)))})
    return replace(
        features,
        times_sec=tuple(features.times_sec[row] for row in rows),
        frames=features.frames[rows],
        faces=features.faces[rows],
        region_masks=features.region_masks[rows],
    )
