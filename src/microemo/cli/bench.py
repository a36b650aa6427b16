"""``microemo bench``: what the whole path takes on this machine, stage by stage."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microemo.cli.terminal import Debug, Device

if TYPE_CHECKING:
    from rich.table import Table

    from microemo.bench import Benchmark


def bench(
    video: Annotated[
        Path | None, typer.Argument(metavar="[VIDEO]", help="A video or audio file; by default the demonstration clip.")
    ] = None,
    model: Annotated[str, typer.Option(metavar="nano|PATH", help="The built-in model or a checkpoint.")] = "nano",
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    device: Device = "auto",
    debug: Debug = False,
) -> None:
    """Measure the stages of analyze on this machine: seconds, times the clip's length, memory. Imports count."""
    from microemo import bench as benching
    from microemo import progress

    with progress.shown() as hook:
        found = benching.measure(video or benching.demonstration(), model, device, hook)
    if as_json:
        print(json.dumps(asdict(found)))
        return

    from rich.console import Console

    Console().print(_table(found))
    print(
        f"{found.clip}: {found.clip_sec:.1f} s, {found.people} people, {found.utterances} utterances; "
        f"{found.cores} cores ({found.machine}), microemo {found.microemo_version}"
    )


def _table(found: "Benchmark") -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    table.add_column("stage")
    for name in ("seconds", "of all cores", "times the clip", "MB at most"):
        table.add_column(name, justify="right")
    for stage in (*found.stages, found.whole):
        of_clip = stage.seconds / found.clip_sec if found.clip_sec else 0.0
        figures = (f"{stage.seconds:.2f}", f"{stage.cpu_seconds:.2f}", f"{of_clip:.2f}", f"{stage.peak_mb:,.0f}")
        table.add_row(stage.name, *figures, style="bold" if stage.name == "all" else None)
    return table
