"""The emotion-wheel metric (MER-UniBench, MER2025): labels replaced by their cluster on a wheel, no judge needed.

A wheel has three levels, from few broad words to many narrow ones. A label is led to a word of the wheel and counts
as the broad (level 1) or the middle (level 2) word above it. Precision and recall of the sets of clusters are
averaged over clips, F1 is theirs per wheel, and the score is the mean over the wheels.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol
from zipfile import BadZipFile

import numpy as np

from microemo.errors import InputError
from microemo.evaluate.metrics import Labels, Metric, harmonic_mean, overlap, ratio
from microemo.extras import require
from microemo.lexicon.label_lists import labels_of

Level = Literal[1, 2]
LEVELS: tuple[Level, ...] = (1, 2)
Clusters = Mapping[str, str]
"""Labels to clusters; a label that is not there is outside the table, and does not count."""

NUM_WHEELS = 5
FILES = ("format.csv", "synonym.xlsx", *(f"wheel{number}.xlsx" for number in range(1, NUM_WHEELS + 1)))


class Wheels(Protocol):
    """A table of one or more wheels."""

    @property
    def name(self) -> str:
        """For reports."""

    def clusters(self, labels: Iterable[str], level: Level) -> list[Clusters]:
        """For each wheel, the clusters of the labels."""


@dataclass(frozen=True)
class PublishedWheels:
    """The five wheels of MER2025 or MER2026, read from a folder of the published files.

    A label goes to its base forms (``format.csv``), these to the wheel words that have them as synonyms
    (``synonym.xlsx``); of all these words in alphabetical order, the first that is on a wheel decides there.
    """

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    def clusters(self, labels: Iterable[str], level: Level) -> list[Clusters]:
        on_wheels = self._words[level]
        candidates = {label: self._candidates(label) for label in labels}
        return [
            {label: wheel[word] for label, words in candidates.items() if (word := _first(words, wheel)) is not None}
            for wheel in on_wheels
        ]

    def _candidates(self, label: str) -> list[str]:
        return sorted({word for base in self._bases.get(label, ()) for word in self._synonyms.get(base, ())})

    @cached_property
    def _bases(self) -> dict[str, set[str]]:
        bases: dict[str, set[str]] = defaultdict(set)
        with (self.folder / FILES[0]).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                for form in (row["name"], *labels_of(row["format"])):
                    bases[form].add(row["name"])
        return bases

    @cached_property
    def _synonyms(self) -> dict[str, set[str]]:
        words: dict[str, set[str]] = defaultdict(set)
        header, *rows = _sheet(self.folder / FILES[1])
        columns = {str(title): number for number, title in enumerate(header)}
        runs = [title.removeprefix("word_") for title in columns if title.startswith("word_")]
        for row in rows:
            for run in runs:
                word = _word(row[columns[f"word_{run}"]])
                for synonym in (word, *labels_of(row[columns[f"synonym_{run}"]])):
                    words[synonym].add(word)
        return words

    @cached_property
    def _words(self) -> dict[Level, list[Clusters]]:
        wheels = [_sheet(self.folder / name)[1:] for name in FILES[2:]]
        return {1: [_broad(rows) for rows in wheels], 2: [_middle(rows) for rows in wheels]}


def published(folder: Path) -> PublishedWheels:
    """The wheels in a folder.

    Raises ``InputError`` if one of the published files is not there, and ``MicroEmoError`` without openpyxl.
    """
    require("openpyxl", extra="eval")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder}: no {', '.join(missing)}; --wheels takes a folder with {', '.join(FILES)}")
    return PublishedWheels(folder)


def wheel_metrics(truth: Labels, predicted: Labels, wheels: Wheels, level: Level) -> tuple[Metric, Metric, Metric]:
    """F1, precision and recall, each the mean over the wheels.

    A clip counts on a wheel if its truth has a label there; the columns are, wheel by wheel, its precision, its
    recall, and whether it counts.
    """
    clips = tuple(truth)
    columns = np.concatenate(
        [_overlaps(truth, predicted, clusters) for clusters in _clusters(truth, predicted, wheels, level)]
    )
    columns = columns.reshape(-1, len(clips), 3).transpose(1, 0, 2).reshape(len(clips), -1)
    return (
        Metric(f"Wheel F1, level {level}", clips, columns, lambda means: harmonic_mean(*_shares(means)).mean(axis=-1)),
        Metric(f"Wheel precision, level {level}", clips, columns, lambda means: _shares(means)[0].mean(axis=-1)),
        Metric(f"Wheel recall, level {level}", clips, columns, lambda means: _shares(means)[1].mean(axis=-1)),
    )


def clip_shares(truth: Sequence[str], predicted: Sequence[str], wheels: Wheels, level: Level) -> tuple[float, ...]:
    """F1, precision and recall of one clip's labels, each the mean over the wheels that have a true one; else 0."""
    clip = {"": truth}, {"": predicted}
    shares = [
        overlap(true, answered)
        for clusters in _clusters(*clip, wheels, level)
        for true, answered in _pairs(*clip, clusters)
        if true
    ]
    if not shares:
        return 0.0, 0.0, 0.0
    precision, recall = np.array(shares).T
    return float(harmonic_mean(precision, recall).mean()), float(precision.mean()), float(recall.mean())


def hit_rate(truth: Labels, predicted: Labels, wheels: Wheels) -> Metric:
    """How many of a clip's clusters of level 1 are predicted: 0 or 1 where the truth is a single label."""
    clips = tuple(truth)
    columns = [
        [(len(true & answered), 1.0) if true else (0.0, 0.0) for true, answered in _pairs(truth, predicted, clusters)]
        for clusters in _clusters(truth, predicted, wheels, 1)
    ]
    table = np.array(columns, dtype=float).transpose(1, 0, 2).reshape(len(clips), -1)
    return Metric("Hit rate", clips, table, _mean_hits)


def off_wheels(truth: Labels, wheels: Wheels) -> tuple[str, ...]:
    """Clips of which no label is on any wheel: they count for nothing there."""
    labels = dict.fromkeys(label for several in truth.values() for label in several)
    known = {label for clusters in wheels.clusters(labels, 1) for label in clusters}
    return tuple(clip for clip, several in truth.items() if known.isdisjoint(several))


def _mean_hits(means: np.ndarray) -> np.ndarray:
    wheels = means.reshape(*means.shape[:-1], -1, 2)
    return ratio(wheels[..., 0], wheels[..., 1]).mean(axis=-1)


def _shares(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and recall per wheel (..., W), of the clips that count on it."""
    wheels = means.reshape(*means.shape[:-1], -1, 3)
    return ratio(wheels[..., 0], wheels[..., 2]), ratio(wheels[..., 1], wheels[..., 2])


def _clusters(truth: Labels, predicted: Labels, wheels: Wheels, level: Level) -> list[Clusters]:
    labels = {label: None for table in (truth, predicted) for clip in truth for label in table[clip]}
    return wheels.clusters(labels, level)


def _overlaps(truth: Labels, predicted: Labels, clusters: Clusters) -> np.ndarray:
    """(N, 3): precision, recall, and whether the clip counts on this wheel."""
    pairs = _pairs(truth, predicted, clusters)
    return np.array([(*overlap(true, answered), 1.0) if true else (0.0, 0.0, 0.0) for true, answered in pairs])


def _pairs(truth: Labels, predicted: Labels, clusters: Clusters) -> Iterable[tuple[set[str], set[str]]]:
    for clip, labels in truth.items():
        yield (
            {clusters[label] for label in labels if label in clusters},
            {clusters[label] for label in predicted[clip] if label in clusters},
        )


def _first(words: Sequence[str], wheel: Clusters) -> str | None:
    return next((word for word in words if word in wheel), None)


def _broad(rows: Sequence[Sequence[str]]) -> Clusters:
    return {word: level1 for level1, level2, level3 in _filled(rows) for word in (level1, level2, level3)}


def _middle(rows: Sequence[Sequence[str]]) -> Clusters:
    """A broad word stands for the first, by the alphabet, of the middle words below it."""
    wheel: dict[str, str] = {}
    below: dict[str, set[str]] = defaultdict(set)
    for level1, level2, _ in _filled(rows):
        below[level1].add(level2)
    for level1, level2, level3 in _filled(rows):
        wheel.setdefault(level1, min(below[level1]))
        wheel[level2] = wheel[level3] = level2
    return wheel


def _filled(rows: Sequence[Sequence[str]]) -> Iterable[tuple[str, str, str]]:
    """The three levels of each row; an empty cell means the same as above it."""
    levels = ["", "", ""]
    for row in rows:
        levels = [_word(cell) or above for cell, above in zip(row[:3], levels, strict=True)]
        yield levels[0], levels[1], levels[2]


def _sheet(path: Path) -> list[list[str]]:
    """The first sheet's rows as text. Raises ``InputError`` on a file that is no workbook."""
    openpyxl = require("openpyxl", extra="eval")
    unreadable = require("openpyxl.utils.exceptions", extra="eval").InvalidFileException
    try:
        sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).worksheets[0]
        return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    except (BadZipFile, unreadable, KeyError, OSError) as error:
        raise InputError(f"{path}: not an xlsx workbook ({error})") from error


def _word(cell: str) -> str:
    return cell.strip().lower()
