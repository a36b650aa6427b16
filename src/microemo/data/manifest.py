"""The manifest: one row a clip, with all that training needs to know of it; JSON Lines or Parquet.

Columns are named as ``microemo predict`` and ``microemo evaluate`` name theirs, so that a manifest is also a list of
clips for the one and a table of truth for the other. A row that cannot be used is named and counted; no other sample
takes its place.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from microemo import files, rows
from microemo.errors import InputError
from microemo.lexicon.label_lists import distinct
from microemo.schema import Clue, Record

Split = Literal["train", "validation", "test"]
Pronoun = Literal["he", "she", "they"]

MAX_FAILED_SHARE = 0.01
KINDS = {"split": "unknown split", "labels": "empty label", "name": "no name", "path": "no path"}
"""Kind of fault by the column that is at fault."""


def _words(labels: tuple[str, ...]) -> tuple[str, ...]:
    if not all(label.strip() for label in labels):
        raise ValueError("a label is empty")
    return distinct(labels)


Labels = Annotated[tuple[str, ...], AfterValidator(_words)]
"""Lower case, trimmed, each once, as ``microemo evaluate`` reads them."""


class Rejected(Record):
    """What a model had said that somebody corrected."""

    labels: Labels = ()
    description: str = ""


class AnnotatedUtterance(Record):
    """What one person says in a span of a clip, and how they feel in it, as far as these are known."""

    text: str = ""
    start_sec: float | None = Field(default=None, ge=0)
    end_sec: float | None = Field(default=None, ge=0)
    speaker: str | None = None
    labels: Labels = ()
    description: str = ""
    rejected: Rejected | None = Field(default=None, description="What the labels, and the description, correct")

    @model_validator(mode="after")
    def _time_runs(self) -> "AnnotatedUtterance":
        if (self.start_sec is None) != (self.end_sec is None):
            raise ValueError("an utterance has both a start and an end, or neither")
        if self.start_sec is not None and self.end_sec is not None and self.start_sec >= self.end_sec:
            raise ValueError("an utterance ends before it starts")
        return self


class Sample(Record):
    """A clip and what is known of it; a relative path in a file is relative to that file.

    intensity     how strong the emotion is, from 0 to 1, where the data set says so
    source        the data set that it comes from
    pronoun       by which descriptions speak of the person
    """

    name: str = Field(min_length=1)
    path: Path = Field(description="Video, with or without sound, or sound alone")
    audio: Path | None = Field(default=None, description="The sound, where it is a file of its own")
    subtitle: str = Field(default="", description="What is said, as one text")
    subtitle_file: Path | None = Field(default=None, description="SRT, WebVTT or ASS with what is said, and when")
    utterances: tuple[AnnotatedUtterance, ...] = ()
    labels: Labels = Field(default=(), description="What the person feels, the foremost first")
    description: str = Field(default="", description="What the person feels and from which clues, in sentences")
    clues: tuple[Clue, ...] = Field(default=(), description="What was measured; what [n] in the description refers to")
    intensity: float | None = Field(default=None, ge=0, le=1)
    speaker: str | None = None
    pronoun: Pronoun = "they"
    split: Split | None = None
    source: str = ""

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that the sample needs, its media first."""
        return tuple(file for file in (self.path, self.audio, self.subtitle_file) if file is not None)

    @property
    def is_corrected(self) -> bool:
        """Whether somebody corrected what a model had said of it."""
        return any(utterance.rejected for utterance in self.utterances)


@dataclass(frozen=True)
class Fault:
    """A row that cannot be used: where it stands, the kind of fault for counting, and what exactly is wrong."""

    place: str
    kind: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True)
class Manifest:
    """The samples that can be used, in the file's order, and the rows that cannot."""

    samples: tuple[Sample, ...]
    faults: tuple[Fault, ...] = ()

    def of(self, split: Split) -> tuple[Sample, ...]:
        return tuple(sample for sample in self.samples if sample.split == split)


def read(path: Path, max_failed_share: float = MAX_FAILED_SHARE, labelled: bool = True) -> Manifest:
    """The samples of a manifest. Rows fail that are malformed, lack a file, have an empty label, an unknown split, the
    name of an earlier row or, where they must be ``labelled``, neither labels nor a description.

    Raises ``InputError`` that names the first five where more than ``max_failed_share`` of the rows fail, and where
    the file cannot be read or has no rows.
    """
    found = _parquet_rows(path) if _is_parquet(path) else rows.read(path)
    return admit(path, ((place, _sample(row, path.parent)) for place, row in found), max_failed_share, labelled)


def admit(
    path: Path,
    found: Iterable[tuple[str, Sample | Fault | str]],
    max_failed_share: float = MAX_FAILED_SHARE,
    labelled: bool = True,
) -> Manifest:
    """The manifest of samples as they are found, each with its place; text in place of a sample says what is wrong.

    Raises ``InputError``, about ``path``, as ``read`` does.
    """
    samples: dict[str, Sample] = {}
    places: dict[str, str] = {}
    faults: list[Fault] = []
    for place, item in found:
        fault = _fault(place, item, places, labelled)
        if fault is not None:
            faults.append(fault)
        elif isinstance(item, Sample):
            samples[item.name], places[item.name] = item, place
    num_rows = len(samples) + len(faults)
    if not num_rows:
        raise InputError(f"{path}: no samples; a manifest has a row a clip")
    refuse(path, faults, num_rows, max_failed_share)
    return Manifest(tuple(samples.values()), tuple(faults))


def refuse(path: Path, faults: Sequence[Fault], num_rows: int, max_failed_share: float) -> None:
    """Raises ``InputError`` that names the first five faults where more than a share of the rows has one."""
    if len(faults) > max_failed_share * num_rows:
        raise InputError(
            f"{path}: {len(faults)} of {num_rows} rows cannot be used, and {max_failed_share:.1%} may fail: "
            f"{rows.some([str(fault) for fault in faults])}; mend or remove such rows"
        )


def write(path: Path, samples: Iterable[Sample]) -> Path:
    """Write a manifest, as Parquet if that is the path's suffix, else as JSON Lines; return its path.

    Files in the manifest's own folder are written relative to it, so that the folder can move; others absolute.
    """
    table = [_row(sample, path.parent.absolute()) for sample in samples]
    if _is_parquet(path):
        from microemo.data import parquet

        return files.write(path, parquet.encode(table, Sample))
    return files.write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table).encode())


def _is_parquet(path: Path) -> bool:
    """Raises ``InputError`` where the name is neither of a Parquet nor of a JSON Lines file."""
    suffix = path.suffix.lower()
    if suffix not in (".parquet", *rows.JSON_LINES):
        raise InputError(f"{path}: a manifest is .jsonl or .parquet; microemo data import makes one of a table")
    return suffix == ".parquet"


def _fault(place: str, item: Sample | Fault | str, places: dict[str, str], labelled: bool) -> Fault | None:
    if isinstance(item, Fault):
        return Fault(place, item.kind, item.reason)
    if isinstance(item, str):
        return Fault(place, "malformed row", item)
    if item.name in places:
        return Fault(place, "duplicate name", f"{item.name} again, after {places[item.name]}")
    absent = next((file for file in item.files if not file.is_file()), None)
    if absent is not None:
        return Fault(place, "no file", f"{item.name} has no file {absent}")
    if labelled and not _is_labelled(item):
        return Fault(place, "no label", f"{item.name} has neither labels nor a description")
    return None


def _is_labelled(sample: Sample) -> bool:
    return bool(sample.labels or sample.description.strip() or any(said.labels for said in sample.utterances))


def _sample(row: rows.Fields | str, folder: Path) -> Sample | Fault | str:
    """A row as a sample, or what is wrong with it. What a table leaves empty is unknown."""
    if isinstance(row, str):
        return row
    known = _known(row)
    for column in ("path", "audio", "subtitle_file"):
        if isinstance(known.get(column), str) and known[column]:
            known[column] = folder / known[column]
    try:
        return Sample.model_validate(known)
    except ValidationError as error:
        first = error.errors()[0]
        column = ".".join(map(str, first["loc"])) or "row"
        said = first["msg"].removeprefix("Value error, ")
        name = f"{row.get('name')}: " if row.get("name") else ""
        return Fault("", KINDS.get(column, "malformed row"), f"{name}{column}: {said}")


def _known(value: Any) -> Any:
    """Without the entries that a table leaves empty."""
    if isinstance(value, dict):
        return {key: _known(entry) for key, entry in value.items() if entry is not None}
    return [_known(entry) for entry in value] if isinstance(value, list) else value


def _row(sample: Sample, folder: Path) -> dict[str, Any]:
    """A sample as JSON, without what is not known."""
    row = sample.model_dump(mode="json", exclude_defaults=True)
    for column in ("path", "audio", "subtitle_file"):
        if column in row:
            file = Path(row[column]).absolute()  # links stay links: a folder of them can move as well
            row[column] = (file.relative_to(folder) if file.is_relative_to(folder) else file).as_posix()
    return row


def _parquet_rows(path: Path) -> Iterator[tuple[str, rows.Fields]]:
    from microemo.data import parquet

    return ((f"row {number}", row) for number, row in enumerate(parquet.read(path), start=1))
