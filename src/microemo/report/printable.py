"""Labels, sentences and names as a terminal shows them: in colour, and without anything that would steer it."""

import re
import unicodedata
from collections.abc import Mapping

from rich.text import Text

from microemo.report import wording
from microemo.report.valence import valence
from microemo.schema import Answer, Clue, Person

STYLES = {"positive": "cyan", "negative": "dark_orange", "neutral": "bold"}
TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # characters that set a direction


def labels(answer: Answer) -> Text:
    text = Text()
    for emotion in answer.emotions:
        text.append(", " if text else "")
        text.append(printable(emotion.label), style=STYLES[valence(emotion.label)])
        text.append(f" {wording.percent(emotion.confidence)}", style="dim")
    return text


def first_sentence(explanation: str) -> str:
    return re.split(r"(?<=[.!?])\s", printable(explanation).strip(), maxsplit=1)[0]


def why(answer: Answer, clue_of: Mapping[int, Clue]) -> Text:
    """The clue on which the label hangs most, in a line of its own; empty where nobody asked."""
    greatest = next(iter(wording.weights(answer, clue_of)), None)
    return Text(printable(f"\n{wording.name(greatest.clue)}, {greatest}"), style="dim") if greatest else Text()


def who(person: Person) -> Text:
    """The id and the name, without line breaks; a name from right to left does not turn what follows it."""
    text = Text(printable(person.id), style="bold", no_wrap=True, overflow="ellipsis")
    if person.name:
        name = "".join(char for char in printable(person.name) if unicodedata.bidirectional(char) not in TURNING)
        turns = any(unicodedata.bidirectional(char) in ("R", "AL") for char in name)
        text.append(f" {wording.isolated(name) if turns else name}")
    return text


def printable(text: str) -> str:
    """Without control characters: file names and transcripts must not steer the terminal."""
    return "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
