"""The command line: what the user types, what is printed, and the exit code.

Exit codes: 0 all went well; 1 some of the inputs failed, or something unexpected happened (a bug); 2 wrong usage, or
no input could be used; 130 interrupted. Every error is one line on stderr; results and paths go to stdout.
"""

import itertools
import json
import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microemo.errors import MicroEmoError

if TYPE_CHECKING:
    from microemo.schema import Result

app = typer.Typer(
    help="A video of a person in; what they feel, when, in free words, with the evidence, out.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
weights_app = typer.Typer(help="The pretrained parts: what they are, fetch them, check them.")
app.add_typer(weights_app, name="weights")

Parts = Annotated[list[str] | None, typer.Argument(metavar="PART", help="Names as in the list. Default: all.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback with each error.")]


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
    line = " ".join("".join(char if char.isprintable() else " " for char in message).split())
    print("microemo: error:", line, file=sys.stderr)


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


@app.command()
def analyze(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO", help="Video or audio files of a person.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Results go to DIR/<name of the video>/.")] = Path("out"),
    model: Annotated[str, typer.Option(metavar="nano|PATH", help="The built-in model or a checkpoint.")] = "nano",
    subtitles: Annotated[
        Path | None, typer.Option(metavar="FILE", help="SRT or VTT with what is said; replaces speech recognition.")
    ] = None,
    formats: Annotated[str, typer.Option(metavar="LIST", help="What to write, comma-separated.")] = "json,html",
    no_asr: Annotated[bool, typer.Option("--no-asr", help="No speech recognition: fixed windows instead.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON; an array of results for several videos.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Say what the person in each VIDEO feels, when, and from which clues."""
    from rich.console import Console

    from microemo import pipeline, progress, report
    from microemo.report.text import summary

    if subtitles is not None and len(videos) > 1:
        raise typer.BadParameter("--subtitles goes with a single VIDEO")
    chosen = formats.replace(" ", "").split(",")
    report.check_formats(chosen)

    with progress.shown() as hook:
        analyzer = pipeline.load(model, hook=hook)
    results: list[Result] = []
    failures: list[Exception] = []
    for video, directory in zip(videos, directories(out, videos), strict=True):
        try:
            with progress.shown() as hook:
                clip = analyzer.perceive(video, subtitles=subtitles, asr=not no_asr, hook=hook)
                result = analyzer.understand(clip, hook=hook)
            written = report.save(result, clip, directory, chosen)
        except Exception as error:
            failures.append(error)
            print_error(error, debug=debug, source=video)
            continue
        results.append(result)
        if not as_json:
            Console().print(summary(result, written))
    if as_json:
        print_json(results, several=len(videos) > 1)
    raise typer.Exit(exit_code(len(videos), failures))


def directories(out: Path, videos: list[Path]) -> list[Path]:
    """Each video's own folder: ``out/stem``, or ``out/stem-2`` and on where an earlier video has taken that."""
    from microemo.report import folder_name

    taken: dict[str, Path] = {}
    for video in videos:
        stem = folder_name(str(video))
        names = (stem if count == 1 else f"{stem}-{count}" for count in itertools.count(1))
        name = next(name for name in names if name.casefold() not in taken)  # to some file systems A and a are one
        taken[name.casefold()] = out / name
    return list(taken.values())


def print_json(results: list["Result"], *, several: bool) -> None:
    """One JSON document: the result, or an array of those that succeeded where several were asked for."""
    documents = [result.model_dump(mode="json") for result in results]
    if several:
        print(json.dumps(documents, ensure_ascii=False))
    elif documents:
        print(json.dumps(documents[0], ensure_ascii=False))


def exit_code(num_videos: int, failures: list[Exception]) -> int:
    if not failures:
        return 0
    unusable = [error for error in failures if isinstance(error, MicroEmoError)]
    return 2 if len(unusable) == num_videos else 1


@app.command()
def schema() -> None:
    """Print the JSON Schema of result.json."""
    from microemo.schema import Result

    print(json.dumps(Result.model_json_schema(mode="serialization"), indent=2))


@app.command()
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


@weights_app.command("list")
def list_weights() -> None:
    """Name every part: whether it is here, what a fetch loads, its licence, what it is for."""
    from microemo import weights

    for part in weights.status():
        state = "here" if part.present else "absent"
        print(f"{part.name:24}{state:8}{part.download_bytes / 1e6:6.1f} MB  {part.licence:28}{part.purpose}")


@weights_app.command("fetch")
def fetch_weights(parts: Parts = None, debug: Debug = False) -> None:
    """Fetch the parts that are absent or damaged, and print each part's folder."""
    from microemo import progress, weights

    with progress.shown() as hook:
        folders = weights.fetch(parts, hook)
    print(*folders, sep="\n")


@weights_app.command("verify")
def verify_weights(parts: Parts = None) -> None:
    """Check every file of the parts against its checksum; exit code 1 if one is damaged, or absent though named."""
    from microemo import weights

    states = weights.verify(parts)
    for name, state in states:
        print(f"{name:24}{state}")
    raise typer.Exit(int(any(state != "ok" and (parts or state != "absent") for _, state in states)))


@weights_app.command("convert")
def convert_weights(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A published .pth, .bin or .safetensors file.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="Where model.safetensors is written.")],
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="What SOURCE is, where its keys do not tell. Default: they do.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Convert a checkpoint of InstructBLIP, Video-LLaMA, TimeChat, EVA, ImageBind or peft LoRA to our names."""
    from microemo.weights.convert import upstream

    found, file = upstream.convert(source, to, kind)
    print(found, file, sep="\t")
