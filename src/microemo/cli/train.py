"""``microemo train``: a run from its configuration file."""

from pathlib import Path
from typing import Annotated

import typer

from microemo.cli.terminal import Debug


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The run's configuration, in YAML.")],
    overrides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...", help="What differs, as data=my.jsonl or optimizer.learning_rate=1e-4."
        ),
    ] = None,
    debug: Debug = False,
) -> None:
    """Train, or go on with a run that was interrupted. Its output folder is then a model for analyze --model.

    On several processes or devices: accelerate launch -m microemo train CONFIG [KEY=VALUE]...
    """
    from accelerate import PartialState

    from microemo import progress
    from microemo.train import config as configs
    from microemo.train.run import train as run

    settings = configs.load(config, overrides or [])
    with progress.shown() as hook:
        outcome = run(settings, hook)
    if PartialState().is_main_process:
        print(f"{settings.output}: {outcome.num_steps} steps, best validation {settings.best_by} {outcome.best:.4f}")
