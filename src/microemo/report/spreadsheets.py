"""CSV: the tables of a result as files for R, SPSS, pandas and spreadsheets, and a codebook that explains them."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from microemo.report import tables
from microemo.report.tables import COLUMNS, FIRST, TableName
from microemo.schema import KeyFrame, ResultRecord

CODEBOOK = "codebook"


class Dialect(NamedTuple):
    """How a table is spelt: behind its name, before its first byte, between cells, and before decimals."""

    suffix: str
    mark: str
    delimiter: str
    decimal: str


PLAIN = Dialect(".csv", "", ",", ".")
EXCEL = Dialect(".excel.csv", "\N{ZERO WIDTH NO-BREAK SPACE}", ";", ",")  # where decimals have a comma

MEANINGS: Mapping[str, tuple[str, str]] = {
    "utterance": ("", "number of the utterance, from 0; empty: the whole clip"),
    "person": ("", "id of the person"),
    "role": ("", "speaking, listening, or wordless: nobody is known to say anything"),
    "start_sec": ("s", "from the clip's first moment"),
    "apex_sec": ("s", "moment of the strongest deviation"),
    "end_sec": ("s", "from the clip's first moment"),
    "speaker": ("", "who speaks, as subtitles name them, else the person's id"),
    "overlap_sec": ("s", "for how long others speak at once"),
    "language": ("ISO 639-1", "of what is said"),
    "source": ("", "where the words are from: subtitle, asr, or window: none"),
    "text": ("", "what is said; of a claim, its words in the explanation"),
    "label": ("", "what the person seems to feel, in free words"),
    "confidence": ("0 to 1", "how sure the model is of the label; of a clue, that it happened"),
    "labels": ("", "all labels, the foremost first"),
    "possible": ("", "families of emotion that together hold the truth in 90 % of cases, the likeliest first"),
    "explanation": ("", "the model's sentences, without what was not borne out"),
    "rank": ("", "of the label, 1 the foremost"),
    "id": ("", "of the clue"),
    "modality": ("", "face, voice or words"),
    "region": ("", "part of the face; voice; words"),
    "kind": ("", "of the clue, as the table of clues has it"),
    "value": ("the kind's", "at the apex"),
    "baseline": ("the kind's", "the person's usual value"),
    "strength": ("0 to 1", "how far from the baseline, on a scale that all kinds share"),
    "detail": ("", "of words: the words; of a pause: what it is before"),
    "side": ("", "the person's own, of a one-sided action"),
    "intensity": ("FACS A to E", "from trace to maximum; of a claim: slight, strong"),
    "outcome": ("", "borne_out, contradicted, unmeasurable or outside_knowledge"),
    "clue": ("", "id of the clue that bears the claim out, or was taken away"),
    "action": ("", "what the claim says that is done"),
    "direction": ("", "of the action"),
    "negated": ("", "whether the claim says that it is not so"),
    "weight": ("ln", "log of the likelihood ratio for the label: above 0 it speaks for it"),
    "change": ("-1 to 1", "by how much the label is less sure without the clue"),
    "name": ("", "as subtitles name them"),
    "main": ("", "whether it is the main person"),
    "face_seconds": ("s", "for how long the face was seen"),
    "speech_seconds": ("s", "for how long the person speaks"),
    "key_frame_sec": ("s", "of the picture that shows the person best"),
}


def render(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    return _table(result, FIRST, PLAIN)


def beside(result: ResultRecord) -> dict[str, bytes]:
    return dict(_others(result, PLAIN))


def render_excel(result: ResultRecord, key_frames: Sequence[KeyFrame] = ()) -> bytes:
    return _table(result, FIRST, EXCEL)


def beside_excel(result: ResultRecord) -> dict[str, bytes]:
    return dict(_others(result, EXCEL))


def _others(result: ResultRecord, dialect: Dialect) -> Iterator[tuple[str, bytes]]:
    yield from ((name + dialect.suffix, _table(result, name, dialect)) for name in COLUMNS if name != FIRST)
    rows = [(table, column, *MEANINGS[column]) for table, columns in COLUMNS.items() for column in columns]
    yield CODEBOOK + dialect.suffix, _written(("table", "column", "unit", "meaning"), rows, dialect)


def _table(result: ResultRecord, name: TableName, dialect: Dialect) -> bytes:
    return _written(COLUMNS[name], [tuple(row.values()) for row in tables.rows(result, name)], dialect)


def _written(header: Sequence[str], rows: Sequence[Sequence[object]], dialect: Dialect) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=dialect.delimiter, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(cell, dialect) for cell in row] for row in rows)
    return (dialect.mark + file.getvalue()).encode(errors="replace")


def _cell(value: object, dialect: Dialect) -> str:
    """Nothing is an empty cell, truth a word; text that a spreadsheet would calculate is kept from that."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.9g}".replace(".", dialect.decimal)
    text = str(value)
    return f"'{text}" if dialect is EXCEL and text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
