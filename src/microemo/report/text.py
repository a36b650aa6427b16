"""The short summary that the command line prints: overall labels, a line per utterance, where the report is."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from microemo.report import wording
from microemo.report.people import moments, several
from microemo.report.printable import first_sentence, labels, printable, why
from microemo.report.side_by_side import SideBySide, overall_answers
from microemo.schema import ResultRecord, UtteranceAnswer

MAX_UTTERANCES = 30


def summary(result: ResultRecord, paths: Sequence[Path] = ()) -> RenderableType:
    """What a terminal shows of a result; ``paths`` are the files written, named in the last lines."""
    parts: list[RenderableType] = [Text(printable(Path(result.clip.path).name), style="bold")]
    if result.abstained:
        parts.append(Text(f"No judgement: {printable(result.overall.explanation)}", style="yellow"))
    elif several(result):
        parts.append(overall_answers(result.people))
    else:
        parts += [labels(result.overall), Text(printable(result.overall.explanation))]
    told = moments(result)
    if told and not several(result):
        parts.append(_utterances(result))
    elif told and not result.abstained:
        parts.append(SideBySide(result.people, told[:MAX_UTTERANCES], {clue.id: clue for clue in result.clues}))
    hidden = len(told) - MAX_UTTERANCES
    if hidden > 0:
        parts.append(Text(f"and {hidden} more in the report", style="dim"))
    parts += [Text(f"Note: {printable(warning)}", style="yellow") for warning in result.warnings]
    parts += [Text(printable(str(path)), style="dim", no_wrap=True, overflow="ignore") for path in paths]
    return Group(*parts)


def line(answer: UtteranceAnswer) -> Text:
    """What a terminal shows of an utterance as soon as it is answered: when, by whom, labels, the first sentence."""
    when = Text(f"{wording.span(answer.start_sec, answer.end_sec)}  {printable(answer.person or '')}  ", style="dim")
    return Text.assemble(when, labels(answer), "  ", first_sentence(answer.explanation))


def _utterances(result: ResultRecord) -> Table:
    clue_of = {clue.id: clue for clue in result.clues}
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(max_width=36)
    table.add_column()
    for utterance in result.utterances[:MAX_UTTERANCES]:
        table.add_row(
            wording.span(utterance.start_sec, utterance.end_sec),
            labels(utterance),
            Text(first_sentence(utterance.explanation)).append_text(why(utterance, clue_of)),
        )
    return table
