"""``microemo batch``: a whole study into one folder, resumable, and one Parquet data set of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from microemo.cli.terminal import Debug, Device, Excel, format_list, print_failure

if TYPE_CHECKING:
    from microemo.batch import Batch

SHARD_HELP = "The i-th of n shares of the clips, from 1, for n runs side by side, as in an array of SLURM."
WORKERS_HELP = (
    "Processes that analyze side by side, each with a model of its own. Default: as processors and memory allow."
)


def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT", help="Folders, files and globs in quotes; or one manifest, .jsonl or .parquet."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Results, and the data set in DIR/dataset/.")] = Path("out"),
    model: Annotated[str, typer.Option(metavar="nano|PATH", help="The built-in model or a checkpoint.")] = "nano",
    language: Annotated[str, typer.Option(metavar="auto|CODE", help="What is spoken, as en, de, zh.")] = "auto",
    diarize: Annotated[
        bool | None,
        typer.Option("--diarize/--no-diarize", help="Tell speakers apart by their voices, as analyze does."),
    ] = None,
    audio_track: Annotated[
        int | None, typer.Option(metavar="N", help="Which of several audio tracks, from 1; else one with a voice.")
    ] = None,
    formats: Annotated[
        str, typer.Option(metavar="LIST", help="What to write of each clip, comma-separated.")
    ] = "json,html",
    excel: Excel = False,
    columns: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Also write what was measured frame by frame, as analyze does."),
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="What each label hangs on, as analyze says it.")] = False,
    no_asr: Annotated[bool, typer.Option("--no-asr", help="No speech recognition: fixed windows instead.")] = False,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="Who works: this machine, or a Ray cluster.")
    ] = "local",
    workers: Annotated[int | None, typer.Option(metavar="N", min=1, help=WORKERS_HELP)] = None,
    shard: Annotated[str, typer.Option(metavar="i/n", help=SHARD_HELP)] = "1/1",
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Analyze again what failed before.")] = False,
    device: Device = "auto",
    debug: Debug = False,
) -> None:
    """Analyze a whole study, each content once, into DIR, and go on there after whatever stopped it.

    Exit code 1 if some clips failed, 2 if all did. The reasons are on stderr, and in DIR/dataset/clips.parquet.
    """
    from microemo import progress
    from microemo.batch import Settings, Stages, run
    from microemo.perception.spoken_language import language_code
    from microemo.report.columns import check_scheme

    settings = Settings(
        asr=not no_asr,
        language=language_code(language),
        diarize=diarize,
        audio_track=audio_track,
        why=why,
        formats=tuple(format_list(formats, excel)),
        columns=check_scheme(columns) if columns is not None else None,
    )
    folder = model if model == "nano" else str(Path(model).absolute())
    with progress.shown(rate=True) as hook:
        finished = run(
            inputs, out, Stages(folder, settings, device), engine, workers, _numbers(shard), retry_failed, hook
        )
    _print(finished, out)
    raise typer.Exit((1 if finished.done else 2) if finished.failed else 0)


def _numbers(shard: str) -> tuple[int, int]:
    try:
        number, of = map(int, shard.split("/"))
    except ValueError:
        raise typer.BadParameter(f"--shard {shard}: give the number of the share and of all, as 3/16") from None
    return number, of


def _print(finished: "Batch", out: Path) -> None:
    from microemo import rows

    for name, reason in finished.failed.items():
        print_failure(name, reason)
    if finished.left_alone:
        named = rows.some([str(path) for path in finished.left_alone])
        print(f"microemo: no video or audio by their names, left alone: {named}", file=sys.stderr)
    if finished.dataset is None:
        print(f"microemo: {finished.num_missing} clips are not done yet, so no data set is written", file=sys.stderr)
    where = out if finished.dataset is None else out / finished.dataset.name
    print(f"{where}: {len(finished.done)} clips, {finished.num_new} analyzed now, {len(finished.failed)} failed")
