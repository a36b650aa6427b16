"""Labels as tables hold them: a list in one cell."""

import ast
from collections.abc import Iterable

NOTHING = ("", "none", "nan", "null")


def labels_of(cell: str) -> tuple[str, ...]:
    """The labels in a cell: a list in Python's or JSON's spelling, or words between commas; each once, lower case.

    Raises ``ValueError`` on a list that does not close.
    """
    text = cell.strip()
    if text.lower() in NOTHING:
        return ()
    if text.startswith("["):
        return distinct(_listed(text))
    return distinct(text.split(","))


def _listed(text: str) -> Iterable[str]:
    """A stringified list, whether its items are quoted (EMER) or bare (AffectGPT's replies)."""
    try:
        items = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        if not text.endswith("]"):
            raise ValueError(f"a list that does not close: {text[:40]}") from None
        return (item.strip(" '\"") for item in text[1:-1].split(","))
    if not all(isinstance(item, str) for item in items):
        raise ValueError(f"not a list of words: {text[:40]}")
    return items


def distinct(items: Iterable[str]) -> tuple[str, ...]:
    cleaned = (" ".join(item.lower().split()) for item in items)
    return tuple(dict.fromkeys(item for item in cleaned if item))
