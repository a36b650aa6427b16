"""Are descriptions by hand what STYLE.md asks for, and true to their tables?

    python -m recipes.descriptions.check TABLES.jsonl DESCRIPTIONS.jsonl [--doubts]

A fault is a line: what is wrong, in which description. Exit code 1 where there is any.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from microemo.citations import CITATION, cited
from microemo.claims.readings import Evidence
from microemo.parse import LABEL, claims_in
from microemo.schema import Record
from microemo.spans import Span
from microemo.told import SENTENCE
from recipes.descriptions.table import Table, listed

MAX_LABELS, MAX_SENTENCES, NUM_WORDS = 4, 4, range(4, 91)
EMPTY = re.compile(
    r"\b(?:it (?:can|is to) be (?:observed|noted|seen)|notably|what stands out|it stands out|one (?:notices|finds) that"
    r"|it is (?:striking|noticeable|plain) that|worth noting|lip corner pull|brow lowerer|chin boss)",
    re.IGNORECASE,
)


class Written(Record):
    """A description of a table, or of one of its utterances: labels, the foremost first, and one to four sentences."""

    table: str
    utterance: int | None = None
    labels: tuple[str, ...]
    text: str


def faults(one: Written, table: Table) -> Iterator[str]:
    """What is wrong with a description by the style guide, and what it cites that is not there."""
    if not 1 <= len(one.labels) <= MAX_LABELS or not all(LABEL.fullmatch(label) for label in one.labels):
        yield f"labels {one.labels}"
    sentences = SENTENCE.findall(one.text)
    if not 1 <= len(sentences) <= MAX_SENTENCES:
        yield f"{len(sentences)} sentences"
    if len(CITATION.sub("", one.text).split()) not in NUM_WORDS:
        yield f"{len(one.text.split())} words"
    if found := EMPTY.search(one.text):
        yield f"says nothing: {found[0]}"
    if one.utterance is not None and one.utterance >= len(table.utterances):
        return (yield f"no utterance {one.utterance}")
    ids = {clue.id for clue in listed(table)}
    if unlisted := set(cited(one.text)) - ids:
        yield f"cites {sorted(unlisted)}, which the table does not list"


def doubts(one: Written, table: Table) -> Iterator[str]:
    """Claims that the checker bears out of nobody in the table; it may be wrong."""
    span = table.utterances[one.utterance].span if one.utterance is not None else Span(0.0, table.duration_sec)
    people = [
        Evidence(person, [clue for clue in table.clues if clue.person == person],
                 [one for one in table.utterances if one.person == person])
        for person in table.who
    ]  # fmt: skip
    by_person = [claims_in(one.text, evidence, span) for evidence in people]
    for claims in zip(*by_person, strict=True):
        if not any(claim.is_borne_out for claim in claims):
            yield f"{claims[0].outcome}: {claims[0].text}"


def read(path: Path) -> list[Written]:
    return [Written.model_validate_json(line) for line in path.read_text().splitlines() if line.strip()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", type=Path)
    parser.add_argument("descriptions", type=Path)
    parser.add_argument("--doubts", action="store_true", help="also claims that the checker does not bear out")
    arguments = parser.parse_args()
    tables = {table.id: table for table in map(Table.model_validate_json, arguments.tables.read_text().splitlines())}
    try:
        written = read(arguments.descriptions)
    except ValidationError as error:
        sys.exit(f"{arguments.descriptions}: {error}")
    texts = Counter(one.text for one in written)
    keys = Counter((one.table, one.utterance) for one in written)
    found = 0
    for one in written:
        told = list(faults(one, tables[one.table])) if one.table in tables else ["no such table"]
        told += ["the same text twice"] * (texts[one.text] > 1) + ["described twice"] * (
            keys[one.table, one.utterance] > 1
        )
        for fault in told:
            print(f"{one.table} {'' if one.utterance is None else one.utterance}: {fault}")
        found += len(told)
        for doubt in doubts(one, tables[one.table]) if arguments.doubts else ():
            print(f"{one.table} {'' if one.utterance is None else one.utterance}: {doubt}?")
    print(f"{len(written)} descriptions, {found} faults")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
