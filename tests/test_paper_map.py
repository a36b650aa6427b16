"""``docs/paper.md``: every sentence of the paper's sections 3 and 4.1, and the code that is its."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "paper.md").read_text()
LINK = re.compile(r"\[`(?P<symbol>[\w.]+)`\]\(\.\./(?P<file>[\w/.]+\.py)\)")
SENTENCES = {"3": 3, "3.1": 5, "3.2": 13, "3.3": 7, "3.4": 9, "4.1": 4}
ROWS = {match[1]: match[0] for match in re.finditer(r"^\| (\S+ \(\d+\)) \|.*$", TEXT, flags=re.MULTILINE)}


def symbols(body: list[ast.stmt], prefix: str = "") -> set[str]:
    """A module's classes, functions and constants, and its classes' methods and fields as ``Class.name``."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(prefix + node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found |= {prefix + target.id for target in targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.ClassDef):
            found |= symbols(node.body, f"{prefix}{node.name}.")
    return found


def test_every_sentence_is_there_once_and_in_order() -> None:
    expected = [f"{section} ({number})" for section, count in SENTENCES.items() for number in range(1, count + 1)]
    assert list(ROWS) == expected
    assert len(re.findall(r"^\| \S+ \(\d+\) \|", TEXT, flags=re.MULTILINE)) == len(expected)


@pytest.mark.parametrize("sentence", ROWS)
def test_a_sentence_has_a_place_or_says_why_not(sentence: str) -> None:
    assert LINK.search(ROWS[sentence]) or "claim" in ROWS[sentence] or "not here" in ROWS[sentence]


@pytest.mark.parametrize("file", sorted({match["file"] for match in LINK.finditer(TEXT)}))
def test_the_symbols_are_where_the_links_lead(file: str) -> None:
    named = {match["symbol"] for match in LINK.finditer(TEXT) if match["file"] == file}
    assert named <= symbols(ast.parse((ROOT / file).read_text()).body)


def test_every_reference_to_the_code_is_checked() -> None:
    assert TEXT.count(".py)") == len(LINK.findall(TEXT))
