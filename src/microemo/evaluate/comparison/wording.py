"""Figures in words: per cent as in papers, intervals in brackets, a dash for what is not defined."""

from collections.abc import Sequence

from microemo.evaluate.statistics import Estimate, Interval

UNDEFINED = "\N{EN DASH}"
MAX_NAMED = 5


def percent(share: float | None, digits: int = 2) -> str:
    return UNDEFINED if share is None else f"{100 * share:.{digits}f}"


def points(difference: float | None) -> str:
    """A difference of two shares in percentage points."""
    return UNDEFINED if difference is None else f"{100 * difference:+.2f}".replace("-", "\N{MINUS SIGN}")


def interval(bounds: Interval | None) -> str:
    return f"[{percent(bounds.low)}, {percent(bounds.high)}]".replace("-", "\N{MINUS SIGN}") if bounds else ""


def estimate(figure: Estimate | None) -> str:
    return f"{percent(figure.value)} {interval(figure.interval)}".strip() if figure else UNDEFINED


def p_value(p: float | None) -> str:
    if p is None:
        return UNDEFINED
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(map(line, names[:MAX_NAMED])) + more


def line(text: str) -> str:
    """Somebody's text in one line, without what steers a terminal or turns the direction of writing."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
