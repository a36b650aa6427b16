"""Answers that list labels (bare, quoted, bulleted, numbered, headed or in JSON), separated from prose."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from microemo.evaluate.extraction.words import words
from microemo.lexicon.labels import Place, place

LONGEST = 60
"""Characters of the longest label, and of the longest line that may be a heading."""

TAG = re.compile(r"</?[a-z_]{1,20}>")
FENCE = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL)
HEADING = re.compile(
    r"\W{0,8}(?:\w+ ){0,4}?(?:emotions?|emotional states?|labels?|feelings?|moods?|answer)(?: \w+){0,6}"
    r"[*_\"' ]{0,4}(?::|$)"
)
KEY = re.compile(r"\W{0,8}[a-z][\w ]{0,30}[*_\"' ]{0,4}:(?!\S)")
MARK = re.compile(r"(?:#+|[-*+•·]|\d{1,2}[.)])\s+")
VERDICT = re.compile(r"(.{2,30}?)[*_ ]*:[*_ ]*(yes|true|present|no|false|absent|none)\W*")
BETWEEN = re.compile(r"[,;/|>&\n]|\s(?:and|or|as well as)\s|(?:^|\s)\d{1,2}[.)]\s")
ASIDE = re.compile(r"\([^()]*\)|\b(?:and|or|also|even|perhaps|possibly|probably|maybe|likely)\b")
END = re.compile(r"[.!?](?:\s|$)")
LABEL = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*(?: [^\W\d_]+(?:['-][^\W\d_]+)*){0,2}")
WRAPPING = " \t\"'`*_[]{}().!?:#\u2022"
NAMES_LABELS = re.compile(r"emotion|label|feeling|mood")
NAMES_ONE_OF_THEM = ("name", "primary", "secondary")


class Piece(NamedTuple):
    """A piece of an answer: one label of a list, or prose in which labels are yet to be found."""

    text: str
    is_label: bool


class Line(NamedTuple):
    """A line without its bullet or number, and whether it had one."""

    body: str
    marked: bool


def pieces(text: str) -> Iterator[Piece]:
    """The pieces of an answer in lower case, in their order.

    A list without a heading ("happy, excited") counts as one if the lexicon knows at least half of its items. The
    items of a list are labels whether the lexicon knows them or not: the vocabulary is open.
    """
    document = _document(text)
    if document is None:
        yield from _pieces_of_lines([_line(line) for line in _untagged(text).splitlines() if line.strip()])
    else:
        yield from _pieces_of_document(document)


@lru_cache(1 << 16)
def known(label: str) -> Place | None:
    """The place of a label in the lexicon; systems repeat theirs."""
    return place(label)


def _document(text: str) -> Any | None:
    """The object or array that a text in JSON holds, fenced or not; None if it is no JSON."""
    fenced = FENCE.fullmatch(text)
    body = fenced[1] if fenced else text.strip()
    if not body.startswith(("{", "[")):
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _untagged(text: str) -> str:
    """A text with what it tags on lines of its own, the answer after a heading ("<think>...</think><answer>sad")."""
    return TAG.sub(lambda tag: "\nanswer: " if tag[0] == "<answer>" else "\n", text) if "<" in text else text


def _pieces_of_document(document: Any) -> Iterator[Piece]:
    """Labels of the items of an array, and of what is under a key that names emotions; prose of other strings."""
    todo = [(document, isinstance(document, list))]
    while todo:
        value, are_labels = todo.pop()
        match value:
            case dict():
                todo += [(inner, _names_labels(key, are_labels)) for key, inner in reversed(value.items())]
            case list():
                todo += [(inner, are_labels) for inner in reversed(value)]
            case str():
                yield from _items_then_prose(value) if are_labels else [Piece(value, False)]


def _names_labels(key: str, among_labels: bool) -> bool:
    return bool(NAMES_LABELS.search(key)) or (among_labels and key in NAMES_ONE_OF_THEM)


def _pieces_of_lines(lines: Sequence[Line]) -> Iterator[Piece]:
    bare = _is_list(lines)
    headed = False  # whether the line stands under a heading that names emotions
    for body, marked in lines:
        heading = HEADING.match(body[: 2 * LONGEST]) if len(body) <= LONGEST or ":" in body[:LONGEST] else None
        verdict = VERDICT.fullmatch(body) if len(body) <= LONGEST and not heading else None
        if verdict:
            if verdict[2] in ("yes", "true", "present"):
                yield Piece(verdict[1].strip(WRAPPING), True)
        elif heading:
            headed = not body[heading.end() :].strip(WRAPPING)
            yield from _items_then_prose(body[heading.end() :])
        elif bare or headed or _is_list([Line(body, marked)], least_known=1):
            yield from _items_then_prose(body)
        else:
            yield from _key_then_prose(body)
        headed = headed and (bool(heading) or marked or _items(body) is not None)


def _is_list(lines: Sequence[Line], least_known: float = 0.5) -> bool:
    """Whether the lines are nothing but a list, of which at least that share is in the lexicon."""
    items: list[str] = []
    for line in lines:
        labels = _items(line.body)
        if labels is None:
            return False
        items += labels
    return bool(items) and sum(known(item) is not None for item in items) >= least_known * len(items)


def _line(text: str) -> Line:
    body = text.strip()
    mark = MARK.match(body)
    return Line(body[mark.end() :], True) if mark else Line(body, False)


def _key_then_prose(text: str) -> Iterator[Piece]:
    """The prose after a key ("voice: he shouts"); the key is a label if it is a feeling ("anger: he shouts")."""
    key = KEY.match(text)
    if not key:
        yield Piece(text, False)
        return
    name = key[0].strip(WRAPPING)
    if known(name) and name not in words("senses", "not_feelings") | words("lists", "keys"):
        yield Piece(name, True)
    yield Piece(text[key.end() :], False)


def _items_then_prose(text: str) -> Iterator[Piece]:
    """Labels up to the first full stop and prose after it; all is prose if that is no list."""
    end = END.search(text)
    head, tail = (text[: end.start()], text[end.end() :]) if end else (text, "")
    items = _items(head)
    if items is None:
        yield from _key_then_prose(text)
        return
    yield from (Piece(item, True) for item in items)
    if tail.strip():
        yield Piece(tail, False)


@lru_cache(1 << 12)
def _items(text: str) -> tuple[str, ...] | None:
    """The labels of a list, None if something in it is no label; what is denied ("no anger") is left out."""
    items: list[str] = []
    for between in BETWEEN.split(text):
        item = " ".join(ASIDE.sub(" ", between).strip(WRAPPING).split())
        if not item or item.split()[0] in words("lists", "denials"):
            continue
        if not _is_label(item):
            return None
        items.append(item)
    return tuple(items)


def _is_label(item: str) -> bool:
    looks_like_one = LABEL.fullmatch(item) and words("lists", "words_of_sentences").isdisjoint(item.split())
    return len(item) <= LONGEST and bool(known(item) or looks_like_one)
