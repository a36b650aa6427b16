"""Precision, recall and F1 of the labels that are extracted from descriptions, and how fast.

    python benchmarks/extraction.py [develop | check | fresh | FILE.csv with labels and text] [--errors]

Labels are compared as the lexicon's base words and counted over all descriptions (micro); 95 % intervals by resampling
descriptions. Without a set, all three of ours are scored, and the speed on texts of 60 words is measured. ``--errors``
prints each description that is not as labelled: not for the sets that check.
"""

import argparse
import time
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from microemo.evaluate import tables
from microemo.evaluate.extraction import extract_labels
from microemo.evaluate.extraction.words import plain, sentences
from microemo.lexicon.labels import place

FOLDER = Path(__file__).parents[1] / "tests" / "evaluate" / "descriptions"
OWN = ("develop", "check", "fresh")
RESAMPLES = 2000
NUM_TEXTS, WORDS_A_TEXT = 100_000, 60


Extract = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Item:
    text: str
    labels: frozenset[str]


class Scores(NamedTuple):
    precision: float
    recall: float
    f1: float


def items_of(name: str) -> list[Item]:
    """Descriptions of one of our sets or of a csv file, with their labels as base words."""
    if name in OWN:
        rows = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["description"]
        return [_item(row["text"], row["labels"]) for row in rows]
    return [_item(row.text, row.labels or ()) for row in tables.read(Path(name)).values()]


def scores_of(items: Sequence[Item]) -> Scores:
    return Scores(*_scores(_counts(items, extract_labels).sum(axis=0)).tolist())


def seconds_for(texts: Sequence[str]) -> float:
    """Processor time to extract labels from all texts, on one core."""
    extract_labels("He is happy.")  # reads the tables
    start = time.process_time()
    for text in texts:
        extract_labels(text)
    return time.process_time() - start


def texts_of_60_words() -> Iterator[str]:
    """Texts cut from our descriptions, strung together, at ever other places."""
    words = [word for name in OWN for item in items_of(name) for word in item.text.split(" ")]
    for start in range(0, 7 * NUM_TEXTS, 7):
        first = start % (len(words) - WORDS_A_TEXT)
        yield " ".join(words[first : first + WORDS_A_TEXT])


def base(label: str) -> str:
    known = place(label)
    return known.word if known else label


def _item(text: str, labels: Sequence[str]) -> Item:
    return Item(text, frozenset(map(base, labels)))


def words_alone(text: str) -> Iterator[str]:
    """The baseline: every word outside quotation marks that may be a feeling, whosever and denied or not."""
    return (unit.place.word for sentence in sentences(plain(text)) for unit in sentence if unit.place)


def _counts(items: Sequence[Item], extract: Extract) -> Int[np.ndarray, "N 3"]:
    """Of each description: labels found and true, labels found, labels true."""
    found = [frozenset(map(base, extract(item.text))) for item in items]
    return np.array([(len(f & i.labels), len(f), len(i.labels)) for f, i in zip(found, items, strict=True)])


def _scores(totals: Int[np.ndarray, "*S 3"]) -> Float[np.ndarray, "*S 3"]:
    hits, found, true = np.moveaxis(totals.astype(float), -1, 0)
    return np.stack([hits / found, hits / true, 2 * hits / (found + true)], axis=-1)


def _report(name: str) -> None:
    items = items_of(name)
    draws = np.random.default_rng(0).integers(len(items), size=(RESAMPLES, len(items)))
    print(f"{name}: n = {len(items)} descriptions, {sum(len(item.labels) for item in items)} labels")
    for method, extract in {"extracted": extract_labels, "words alone": words_alone}.items():
        rows = _counts(items, extract)
        low, high = np.percentile(_scores(rows[draws].sum(axis=1)), [2.5, 97.5], axis=0)
        columns = zip(Scores._fields, _scores(rows.sum(axis=0)), low, high, strict=True)
        print(f"  {method:<11}", *("{} {:.3f} [{:.3f}, {:.3f}]".format(*column) for column in columns))


def _print_errors(name: str) -> None:
    for item in items_of(name):
        found = frozenset(map(base, extract_labels(item.text)))
        missed, wrong = item.labels - found, found - item.labels
        if missed or wrong:
            print(f"\n{item.text}\n  not found: {sorted(missed)}; wrong: {sorted(wrong)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", nargs="?")
    parser.add_argument("--errors", action="store_true")
    arguments = parser.parse_args()
    for name in [arguments.set] if arguments.set else OWN:
        _report(name)
        if arguments.errors:
            _print_errors(name)
    if not arguments.set:
        texts = list(texts_of_60_words())
        print(f"{len(texts)} texts of {WORDS_A_TEXT} words: {seconds_for(texts):.1f} s on one core")


if __name__ == "__main__":
    main()
