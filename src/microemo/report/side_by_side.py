"""Several people in a terminal: what each feels overall, and what each shows while one of them speaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from microemo.report import wording
from microemo.report.people import Moment, Part
from microemo.report.printable import first_sentence, labels, who, why
from microemo.schema import Clue, PersonAnswer

GAP = 2
MIN_COLUMN = 14  # a narrower column breaks labels
EXPLAINED_COLUMN = 24  # a narrower column has no room for a sentence
MAX_NAME = 20


def overall_answers(people: Sequence[PersonAnswer]) -> Table:
    """A person a row: who, the labels, how long they are seen and heard, why."""
    table = Table.grid(padding=(0, GAP))
    table.add_column(max_width=MAX_NAME)
    table.add_column()
    for person in people:
        told = labels(person.overall)
        told.append(("  " if told else "") + wording.presence(person), style="dim")
        if sentence := first_sentence(person.overall.explanation):
            told.append(f"\n{sentence}")
        table.add_row(who(person), told)
    return table


@dataclass(frozen=True)
class SideBySide:
    """Utterances with what everybody shows: a column a person, or a row where the terminal is too narrow for that."""

    people: Sequence[PersonAnswer]
    moments: Sequence[Moment]
    clue_of: Mapping[int, Clue]  # by id

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield ""
        times = max(len(_when(moment)) for moment in self.moments)
        column = (options.max_width - times) // len(self.people) - GAP
        yield self._columns(times, column) if column >= MIN_COLUMN else self._rows()

    def _columns(self, times: int, column: int) -> Table:
        table = Table.grid(padding=(0, GAP))
        table.add_column(width=times, style="dim")
        for _ in self.people:
            table.add_column(width=column)
        table.add_row("", *map(who, self.people))
        for moment in self.moments:
            parts = (moment.part(person.id) for person in self.people)
            table.add_row(_when(moment), *(self._cell(part, explained=column >= EXPLAINED_COLUMN) for part in parts))
        return table

    def _rows(self) -> Table:
        table = Table.grid(padding=(0, GAP))
        table.add_column(no_wrap=True, style="dim")
        table.add_column(max_width=MAX_NAME)
        table.add_column()
        for moment in self.moments:
            shown = [(person, part) for person in self.people if (part := moment.part(person.id))]
            for index, (person, part) in enumerate(shown):
                cell = self._cell(part, explained=part.role == "speaking")
                table.add_row("" if index else _when(moment), who(person), cell)
        return table

    def _cell(self, part: Part | None, *, explained: bool) -> Text:
        """What one person shows; a dash for who was not judged."""
        if part is None:
            return Text("\N{EN DASH}", style="dim")
        text = Text()
        if part.role == "speaking":
            text.append("speaks: ", style="bold")
        text.append(labels(part.answer))
        if explained:
            text.append(f"\n{first_sentence(part.answer.explanation)}", style="dim")
            text.append_text(why(part.answer, self.clue_of))
        return text


def _when(moment: Moment) -> str:
    return wording.span(moment.utterance.start_sec, moment.utterance.end_sec)
