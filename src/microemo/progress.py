"""Progress on a terminal: one line per step of the pipeline, drawn with rich on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from microemo.hooks import Hook, silent


@contextmanager
def shown() -> Iterator[Hook]:
    """Give a hook that draws a bar per step while any is unfinished; silent where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield silent
        return

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
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
