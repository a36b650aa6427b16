"""``microemo doctor``: what is installed, what is missing and how to get it, and whether the whole path runs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from microemo.cli.terminal import Debug

if TYPE_CHECKING:
    from rich.table import Table

    from microemo.doctor import Check

MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "fails": "[red]fails[/]"}


def doctor(
    self_test: Annotated[
        bool, typer.Option("--self-test/--no-self-test", help="Run the model on a made clip (some ten seconds).")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
    debug: Debug = False,
) -> None:
    """Say what is installed, what is missing and how to get it, and try the whole path on a made clip.

    Exit code 0 if analyze will work, 1 if not.
    """
    from rich.console import Console

    from microemo import doctor as doctoring
    from microemo import progress

    with progress.shown() as hook:
        hook("examine", 0, None)
        checks = doctoring.examine(self_test)
        hook("examine", 1, 1)
    works = doctoring.works(checks)
    if as_json:
        print(json.dumps({"works": works, "checks": [asdict(check) for check in checks]}, ensure_ascii=False))
    else:
        Console().print(_table(checks))
        print("microemo analyze will work." if works else "microemo analyze will not work: see what fails above.")
    raise typer.Exit(0 if works else 1)


def _table(checks: Sequence["Check"]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("", "", "found", "what to do"):
        table.add_column(name, overflow="fold")
    for group, of_group in groupby(checks, key=lambda check: check.group):
        table.add_row(f"[bold]{group}[/]")
        for check in of_group:
            table.add_row(f"  {escape(check.name)}", MARKS[check.state], escape(check.found), escape(check.advice))
    return table
