"""``microemo train``: a run from its configuration file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from microemo.cli.terminal import Debug

if TYPE_CHECKING:
    from microemo.train.stage import Stage


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The run's configuration, in YAML.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...", help="What differs, as data=my.jsonl or optimizer.learning_rate=1e-4."
        ),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda", "mps"] | None,
        typer.Option(help="In place of the configuration's; auto: the GPU, if there is one."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Train, or resume a run that was interrupted. Its output folder is then a model for analyze --model.

    On several processes or devices: accelerate launch -m microemo train CONFIG [KEY=VALUE]...
    """
    run_from(config, [*(overrides or []), *([f"device={device}"] if device else [])])


def run_from(config: Path, overrides: Sequence[str], stages: "Mapping[str, Stage] | None" = None) -> None:
    """The run of a configuration file, with progress and a line at its end; ``stages``, if not ``microemo``'s own."""
    from microemo import progress
    from microemo.train import config as configs
    from microemo.train import run
    from microemo.train.stage import STAGES

    settings = configs.load(config, overrides)
    with progress.shown() as hook:
        result = run.train(settings, hook, stages or STAGES)
    from accelerate import PartialState

    if PartialState().is_main_process:
        print(f"{settings.output}: {result.num_steps} steps, best validation {settings.best_by} {result.best:.4f}")
    PartialState().destroy_process_group()  # its threads, left to the interpreter's end, abort a process now and then
