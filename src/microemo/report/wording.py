"""Times, numbers, kinds of clues and answers as people read them; shared by the page and the terminal."""

from microemo.schema import Answer, Clue


def clock(seconds: float) -> str:
    """A time on the clip's clock, such as 0:03.5 or 1:02:03.5."""
    tenths = round(max(seconds, 0.0) * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    rest = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{hours}:{minutes:02d}:{rest}" if hours else f"{minutes}:{rest}"


def span(start_sec: float, end_sec: float) -> str:
    return f"{clock(start_sec)}\N{EN DASH}{clock(end_sec)}"


def percent(share: float) -> str:
    return f"{share:.0%}"


def number(value: float) -> str:
    """Three significant digits, never in exponent notation for what a clue measures."""
    text = f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def plain(kind: str) -> str:
    """A clue's kind in plain words: brow_lowerer -> brow lowerer."""
    return kind.replace("_", " ")


def tooltip(clue: Clue) -> str:
    detail = f" “{clue.detail}”" if clue.detail else ""
    return (
        f"{plain(clue.kind)}{detail} · {span(clue.start_sec, clue.end_sec)}, strongest at {clock(clue.apex_sec)} · "
        f"{number(clue.value)} against {number(clue.baseline)}"
    )


def labels(answer: Answer) -> str:
    """The answer's labels in a line, such as "worried 71%, sad 40%"."""
    return ", ".join(f"{emotion.label} {percent(emotion.confidence)}" for emotion in answer.emotions)


def num_unsupported(answer: Answer) -> int:
    return sum(not claim.verified for claim in answer.claims)
