"""What three pages say is so: messages that the code has, figures that are measured elsewhere."""

import ast
import re

import pytest
from documents import ROOT

MESSAGE = re.compile(r"^\| `([^`]*…[^`]*|the worker[^`]*)` \|", re.MULTILINE)
FIGURE = re.compile(r"\d+\.\d+(?: \[[\d., ]+\])?|\d+ of \d+")


def said_in(source: str) -> list[str]:
    """The literal texts of a module, joined ones too, with … for what is filled in."""
    texts = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
            texts.append("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.append(node.value)
    return texts


def test_the_messages_of_troubleshooting_are_in_the_code() -> None:
    code = [text for file in (ROOT / "src").rglob("*.py") for text in said_in(file.read_text())]
    page = (ROOT / "docs" / "troubleshooting.md").read_text()
    messages = MESSAGE.findall(page)
    assert len(messages) > 25
    absent = [message for message in messages if not any(is_like(message, text) for text in code)]
    assert absent == []


def is_like(message: str, text: str) -> bool:
    """Whether what the page has between its … comes in this order in a text of the code."""
    parts = [part.strip(" :;()") for part in re.split(r"…|config\.json|model\.safetensors|\(killed.*", message)]
    return re.search(".*".join(re.escape(part) for part in parts if len(part) > 2), text, re.DOTALL) is not None


@pytest.mark.parametrize("name", ["limits.md", "kin.md"])
def test_the_figures_of_a_page_are_measured_where_its_links_lead(name: str) -> None:
    page = (ROOT / "docs" / name).read_text()
    links = set(re.findall(r"\]\(([^)#]+\.md)", page))
    texts = "\n".join((ROOT / "docs" / link).read_text() for link in links)
    figures = FIGURE.findall(page)
    assert len(figures) > 20
    assert [figure for figure in figures if figure not in texts] == []


def test_the_actions_that_are_borne_out_are_counted() -> None:
    page = (ROOT / "docs" / "validity.md").read_text()
    outcomes = re.findall(r"^\| AU\d+ .*\| (yes|partly|no) \|$", page, re.MULTILINE)
    counts = [outcomes.count(outcome) for outcome in ("yes", "partly", "no")]
    assert "Borne out are {} of {}, {} in part, {} not.".format(counts[0], len(outcomes), *counts[1:]) in page
