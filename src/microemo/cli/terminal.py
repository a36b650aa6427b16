"""What every command shares: errors as one line on stderr, quiet libraries, the exit code."""

import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from microemo.errors import MicroEmoError

Device = Annotated[
    Literal["auto", "cpu", "cuda", "mps"],
    typer.Option(help="Where the model runs; auto: the GPU, if there is one."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback with each error.")]


Excel = Annotated[
    bool,
    typer.Option("--excel", help="Also tables for spreadsheets where decimals have a comma: the format excel."),
]


FORMATS_HELP = (
    "What to write, comma-separated: json, html; csv, excel, parquet (tables); eaf, textgrid, bids (annotations); "
    "srt, vtt (captions); png, svg, pdf, summary (pages)."
)


def format_list(formats: str, excel: bool = False) -> list[str]:
    """The names of report formats in a comma-separated list, and that of ``excel``.

    Raises ``InputError`` on the first unknown one.
    """
    from microemo import report

    names = formats.replace(" ", "").split(",")
    report.check_formats(names)
    return names if not excel or "excel" in names else [*names, "excel"]


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep the libraries' chatter off stderr, which is for our errors and progress, and their telemetry off.

    MediaPipe and TensorFlow Lite log from C++ to file descriptor 2 and cannot be told not to, so the descriptor leads
    nowhere for the time, and Python's stderr writes to a copy of the original.
    """
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    stderr = sys.stderr
    with (
        os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace") as copy,
        Path(os.devnull).open("w") as nowhere,
    ):
        os.dup2(nowhere.fileno(), 2)
        sys.stderr = copy if stderr is sys.__stderr__ else stderr
        try:
            yield
        finally:
            os.dup2(copy.fileno(), 2)
            sys.stderr = stderr


def print_error(error: Exception, *, debug: bool, source: Path | None = None) -> None:
    """One line on stderr: the message meant for the user or, for a bug, the exception's type, and where it happened."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, MicroEmoError):
        message = str(error)
    elif isinstance(error, typer.TyperException):
        message = f"{error.format_message()} (see microemo --help)"
    else:
        where = f"{source}: " if source else ""
        message = f"{where}{type(error).__name__}: {error} (unexpected; --debug shows the traceback)"
    print("microemo: error:", one_line(message), file=sys.stderr)


def print_failure(name: str, reason: str) -> None:
    """One line on stderr: which of many inputs failed, and why."""
    print("microemo: failed:", one_line(f"{name}: {reason}"), file=sys.stderr)


def one_line(message: str) -> str:
    """Without line breaks, and without what would steer the terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in message).split())


def exit_code(num_inputs: int, failures: list[Exception]) -> int:
    if not failures:
        return 0
    unusable = [error for error in failures if isinstance(error, MicroEmoError)]
    return 2 if len(unusable) == num_inputs else 1
