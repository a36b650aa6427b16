"""The short summary that the command line prints: overall labels, a line per utterance, where the report is."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from microemo.report import wording
from microemo.report.valence import valence
from microemo.schema import Answer, ResultRecord

MAX_UTTERANCES = 30
STYLES = {"positive": "cyan", "negative": "dark_orange", "neutral": "bold"}


def summary(result: ResultRecord, paths: Sequence[Path] = ()) -> RenderableType:
    """What a terminal shows of a result; ``paths`` are the files written, named in the last lines."""
    parts: list[RenderableType] = [Text(_printable(Path(result.clip.path).name), style="bold")]
    if result.abstained:
        parts.append(Text(f"No judgement: {_printable(result.overall.explanation)}", style="yellow"))
    else:
        parts += [_labels(result.overall), Text(_first_sentence(result.overall.explanation))]
    if result.utterances:
        parts.append(_utterances(result))
    hidden = len(result.utterances) - MAX_UTTERANCES
    if hidden > 0:
        parts.append(Text(f"and {hidden} more in the report", style="dim"))
    parts += [Text(f"Note: {_printable(warning)}", style="yellow") for warning in result.warnings]
    parts += [Text(_printable(str(path)), style="dim", no_wrap=True, overflow="ignore") for path in paths]
    return Group(*parts)


def _utterances(result: ResultRecord) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(max_width=36)
    table.add_column()
    for utterance in result.utterances[:MAX_UTTERANCES]:
        table.add_row(
            wording.span(utterance.start_sec, utterance.end_sec),
            _labels(utterance),
            Text(_first_sentence(utterance.explanation)),
        )
    return table


def _labels(answer: Answer) -> Text:
    text = Text()
    for emotion in answer.emotions:
        text.append(", " if text else "")
        text.append(_printable(emotion.label), style=STYLES[valence(emotion.label)])
        text.append(f" {wording.percent(emotion.confidence)}", style="dim")
    return text


def _first_sentence(explanation: str) -> str:
    return re.split(r"(?<=[.!?])\s", _printable(explanation).strip(), maxsplit=1)[0]


def _printable(text: str) -> str:
    """Without control characters: file names and transcripts must not steer the terminal."""
    return "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
