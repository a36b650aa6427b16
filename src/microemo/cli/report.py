"""``microemo report``: a folder of results as one study, by person and condition."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microemo.cli.terminal import Debug, one_line
from microemo.extras import require

if TYPE_CHECKING:
    from pandas import DataFrame

    from microemo.study import Study


def report(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with result.json files, as analyze --out or batch wrote it.")
    ],
    design: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of who is in which clip: clip (file name, path or folder), optionally id (P1, …) and person; "
            "all other columns are conditions.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where study.html, tables and plots go. Default: DIR/study.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Report on a whole study: feelings, transitions, valence and arousal, clues, by person and condition.

    Exit code 1 if a result or a row of the design cannot be used: each is named.
    """
    for package in ("pandas", "matplotlib", "statsmodels"):
        require(package, "study")  # before any work
    from microemo import progress, study
    from microemo.study import saving

    with progress.shown() as hook:
        hook("read", 0, None)
        found = study.load(directory, design)
        hook("read", 1, 1)
        hook("report", 0, None)
        command = shlex.join(["microemo", *sys.argv[1:]])
        written, contrasts = saving.save(found, out or directory / "study", command)
        hook("report", 1, 1)
    for fault in found.faults:
        print(f"microemo: {one_line(fault)}", file=sys.stderr)
    _print(found, contrasts, written)
    raise typer.Exit(int(bool(found.faults)))


def _print(found: "Study", contrasts: "DataFrame | None", written: list[Path]) -> None:
    from rich.console import Console

    from microemo.study import page

    console = Console()
    console.print(" · ".join(page.facts(found)), markup=False, highlight=False)
    for remark in found.remarks:
        console.print(f"Note: {one_line(remark)}", markup=False, highlight=False)
    sure = [] if contrasts is None else contrasts[contrasts["p_adjusted"] < page.SURE].to_dict("records")
    if contrasts is not None:
        console.print(
            f"{len(sure)} of {len(contrasts)} contrasts with an adjusted p below {page.SURE}", highlight=False
        )
    for row in sure:
        console.print(f"  {page.told(row)}", markup=False, highlight=False)
    console.print("Written:", *map(str, written), sep="\n", soft_wrap=True, markup=False, highlight=False)
