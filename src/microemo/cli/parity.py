"""``microemo parity``: our modules against outputs recorded from upstream's."""

from pathlib import Path
from typing import Annotated

import typer

from microemo.cli.terminal import Debug


def parity(
    fixture: Annotated[Path, typer.Argument(metavar="FIXTURE", help="A safetensors file of recorded outputs.")],
    debug: Debug = False,
) -> None:
    """Compare our modules with outputs recorded from upstream's; exit code 1 where one is further off than 1e-4."""
    from microemo.parity import compare

    comparisons = compare(fixture)
    for comparison in comparisons:
        print(comparison.name, f"{comparison.difference:.2e}", "ok" if comparison.ok else "off")
    raise typer.Exit(int(not all(comparison.ok for comparison in comparisons)))
