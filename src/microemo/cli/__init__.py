"""The command line: what the user types, what is printed, and the exit code. One command a file.

Exit codes: 0 all went well; 1 some of the inputs failed, or something unexpected happened (a bug); 2 wrong usage, or
no input could be used; 130 interrupted. Every error is one line on stderr; results and paths go to stdout.
"""

import os
import sys
from contextlib import nullcontext
from importlib.metadata import version
from typing import Annotated

import typer

from microemo.cli import data, weights
from microemo.cli.analyze import analyze
from microemo.cli.batch import batch
from microemo.cli.bench import bench
from microemo.cli.convert import convert
from microemo.cli.doctor import doctor
from microemo.cli.evaluate import evaluate
from microemo.cli.predict import predict
from microemo.cli.report import report
from microemo.cli.schema import schema
from microemo.cli.serve import serve
from microemo.cli.terminal import print_error, quiet_libraries
from microemo.cli.train import train
from microemo.errors import MicroEmoError

app = typer.Typer(
    help="A video of a person in; what they feel, when, in free words, with the evidence, out.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(analyze)
app.command()(convert)
app.command()(batch)
app.command()(predict)
app.command()(evaluate)
app.command()(report)
app.command()(train)
app.command()(serve)
app.command()(schema)
app.command()(doctor)
app.command()(bench)
app.add_typer(data.app, name="data")
app.add_typer(weights.app, name="weights")


def main() -> None:
    """The console script: runs the command that the arguments name, and exits with its code."""
    debug = "--debug" in sys.argv
    with nullcontext() if debug else quiet_libraries():
        code = run(debug=debug)
    sys.exit(code)


def run(*, debug: bool) -> int:
    try:
        code: int | None = app(standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of stdout has gone; point it elsewhere, or Python complains at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        print_error(error, debug=debug)
        return 2 if isinstance(error, MicroEmoError | typer.TyperException) else 1
    return code or 0


def print_version(asked: bool) -> None:
    if asked:
        print("microemo", version("microemo"))
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass
