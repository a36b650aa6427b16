"""Progress on a terminal: one line per step of the pipeline, drawn with rich on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from microemo.hooks import Hook, silent

SPEED_SEC = 3600.0  # over which a rate is taken: of clips, one may take minutes


@contextmanager
def shown(rate: bool = False) -> Iterator[Hook]:
    """Give a hook that draws a bar per step while any is unfinished; silent where stderr is not a terminal.

    ``rate`` adds how many are done, of how many, how many an hour, and the time that is left.
    """
    if not sys.stderr.isatty():
        yield silent
        return

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TaskID,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    class RateColumn(ProgressColumn):
        def render(self, task: Task) -> str:
            return "" if task.speed is None else f"{3600 * task.speed:.3g}/h"

    columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()]
    columns += [MofNCompleteColumn(), RateColumn()] if rate else []
    columns += [TimeElapsedColumn(), *([TimeRemainingColumn()] if rate else [])]
    progress = Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),  # what is printed meanwhile goes above the bars, unless it goes elsewhere
        speed_estimate_period=SPEED_SEC if rate else 30,
    )
    tasks: dict[str, TaskID] = {}

    def hook(step: str, completed: float, total: float | None, /) -> None:
        if step not in tasks:
            tasks[step] = progress.add_task(step, total=total)
        progress.update(tasks[step], completed=completed, total=total)
        if progress.finished:
            progress.stop()  # whoever asks the user something in between has the terminal
        else:
            progress.start()

    try:
        yield hook
    finally:
        progress.stop()
