"""Citations of clues in a text: "the brows are pulled down [3]", "[2, 5]"."""

import re
from collections.abc import Mapping

CITATION = re.compile(r"\s*\[([^\]]*)\]?")  # "[3]", "[2, 5]", or what is left of one at the end of a cut text
NUMBER = re.compile(r"[0-9]{1,9}")
LATE = re.compile(r"([.!?]+)((?:\s*\[[\d,; ]+\])+)")  # "The brows are lowered. [3]"
GLUED = re.compile(r"\[[^\]]*\](?=\w)")  # with no space behind it


def cited(text: str) -> list[int]:
    """The numbers of the clues that a text cites, in its order: "[2, 5]"."""
    return [int(number) for group in CITATION.findall(text) for number in NUMBER.findall(group)]


def renumbered(text: str, ids: Mapping[int, int]) -> str:
    """The text with each clue that it cites by another number; by 0 where it has none."""
    return CITATION.sub(lambda group: NUMBER.sub(lambda n: str(ids.get(int(n[0]), 0)), group[0]), text)


def uncited(text: str) -> str:
    """The text without its citations."""
    return CITATION.sub("", GLUED.sub(" ", text))


def within_sentences(text: str) -> str:
    """The text with citations that follow a sentence's stop put before it."""
    return LATE.sub(r"\2\1", text)
