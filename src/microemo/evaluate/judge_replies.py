"""What an LLM judge replied, read leniently and then held to what was asked."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from microemo.evaluate.metrics import Groups

THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
STRAIGHT_QUOTES = str.maketrans("\u201c\u201d", '""')
LIST_OF_WORDS = 'a JSON list of words, as in ["sad"] or []'
LIST_OF_LISTS = 'a JSON list of lists of words, as in [["sad", "unhappy"], ["angry"]]'


def as_labels(words: Iterable[str]) -> tuple[str, ...]:
    """Words as tables spell labels: lower case, single spaces, each once."""
    spelled = (" ".join(word.lower().split()) for word in words)
    return tuple(dict.fromkeys(word for word in spelled if word))


def read_labels(reply: str) -> tuple[str, ...]:
    """The labels in a reply: its last list of words. Raises ``ValueError`` if it has none."""
    lists = [listed for listed in _lists(reply) if _are_words(listed)]
    if not lists:
        raise ValueError(f"it holds no {LIST_OF_WORDS[2:]}")
    return as_labels(lists[-1])


def read_groups(reply: str, labels: Sequence[str]) -> tuple[Groups, Counter[str]]:
    """The labels as the reply's last list of lists groups them, and what had to be mended to make that a partition.

    A label that the reply forgot is a group of its own, one that it invented is dropped, and one that it repeated
    stays where it was first; counted as ``forgotten``, ``invented`` and ``repeated``. Raises ``ValueError`` if the
    reply has no list of lists of words.
    """
    lists = [
        groups for groups in _lists(reply) if all(isinstance(group, list) and _are_words(group) for group in groups)
    ]
    if not any(lists):
        raise ValueError(f"it holds no {LIST_OF_LISTS[2:]}")
    return _partition([groups for groups in lists if groups][-1], labels)


def _partition(replied: Sequence[Sequence[str]], labels: Sequence[str]) -> tuple[Groups, Counter[str]]:
    repairs: Counter[str] = Counter()
    left = dict.fromkeys(labels)
    groups: list[tuple[str, ...]] = []
    for words in replied:
        group = []
        for word in (spelled for spoken in words for spelled in as_labels([spoken])):
            if word in left:
                del left[word]
                group.append(word)
            else:
                repairs["repeated" if word in labels else "invented"] += 1
        groups.append(tuple(group))
    repairs["forgotten"] += len(left)
    return (*filter(None, groups), *((label,) for label in left)), +repairs


def _lists(reply: str) -> Iterator[list[Any]]:
    """The lists in a reply, in JSON or as Python spells them, whatever stands around them."""
    for text in _bracketed(THOUGHT.sub("", reply).translate(STRAIGHT_QUOTES)):
        for read in (json.loads, ast.literal_eval):
            try:
                yield read(text)
                break
            except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
                continue


def _bracketed(text: str) -> Iterator[str]:
    """The outermost pairs of brackets. Those in quotation marks count as well: labels have none."""
    depth = start = 0
    for position, character in enumerate(text):
        if character == "[":
            depth, start = depth + 1, position if depth == 0 else start
        elif character == "]" and depth:
            depth -= 1
            if depth == 0:
                yield text[start : position + 1]


def _are_words(items: Sequence[Any]) -> bool:
    return all(isinstance(word, str) for word in items)
