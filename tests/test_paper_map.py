"""``docs/paper.md``: every sentence of the paper's sections 3 and 4.1, and the lines that are its."""

import re

import pytest
from paper_map import DOCUMENT, LINK, ROOT, corrected

TEXT = DOCUMENT.read_text()
SENTENCES = {"3": 3, "3.1": 5, "3.2": 13, "3.3": 7, "3.4": 9, "4.1": 4}
ROWS = {match[1]: match[0] for match in re.finditer(r"^\| (\S+ \(\d+\)) \|.*$", TEXT, flags=re.MULTILINE)}


def test_every_sentence_is_there_once_and_in_order() -> None:
    expected = [f"{section} ({number})" for section, count in SENTENCES.items() for number in range(1, count + 1)]
    assert list(ROWS) == expected
    assert len(re.findall(r"^\| \S+ \(\d+\) \|", TEXT, flags=re.MULTILINE)) == len(expected)


@pytest.mark.parametrize("sentence", ROWS)
def test_a_sentence_has_a_place_or_says_why_not(sentence: str) -> None:
    assert LINK.search(ROWS[sentence]) or "claim" in ROWS[sentence] or "not here" in ROWS[sentence]


@pytest.mark.parametrize("match", LINK.finditer(TEXT), ids=lambda match: match["symbol"])
def test_the_lines_exist_and_hold_what_is_named(match: re.Match[str]) -> None:
    lines = (ROOT / match["file"]).read_text().splitlines()
    first, last = int(match["first"]), int(match["last"])
    assert 1 <= first <= last <= len(lines)
    assert match["symbol"].rpartition(".")[2] in lines[first - 1], "run: python tests/paper_map.py"


def test_the_lines_are_all_of_it_and_nothing_else() -> None:
    assert corrected(TEXT) == TEXT, "run: python tests/paper_map.py"


def test_every_reference_to_the_code_is_checked() -> None:
    assert TEXT.count(".py#L") == len(LINK.findall(TEXT))
