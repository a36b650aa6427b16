"""``microemo evaluate``: predictions against ground truth. Running the systems is another command, ``predict``."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from microemo.cli.llm import agreement, chat_at
from microemo.cli.terminal import Debug
from microemo.errors import InputError
from microemo.extras import require

if TYPE_CHECKING:
    from microemo.evaluate.evaluation import Evaluation

PRED_HELP = (
    "Predictions of a system: CSV, TSV, JSONL, NPZ, a folder of results of analyze, or a folder of MER-UniBench. "
    "Repeat to compare; the first is the baseline. NAME=FILE names the system."
)
GROUPS_HELP = "Groups of labels made before (zip, folder or JSON): one for all systems, or one for each in order."


def evaluate(
    pred: Annotated[list[str], typer.Option(metavar="[NAME=]FILE", help=PRED_HELP)],
    gt: Annotated[Path, typer.Option(metavar="FILE", help="The truth, in the same layouts.")],
    groups: Annotated[list[Path] | None, typer.Option(metavar="FILE", help=GROUPS_HELP)] = None,
    wheels: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Published wheel tables. Default: our own table.")
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="URL[#MODEL]", help="LLM that extracts and groups labels, as http://localhost:8000/v1#NAME."
        ),
    ] = None,
    prices: Annotated[
        str | None,
        typer.Option(metavar="IN,OUT", help="Prices of a million tokens read and written, for the cost shown."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask the LLM without asking you first.")] = False,
    task: Annotated[
        str | None,
        typer.Option(help="Score as this task of MER-UniBench, as mer2023 or mosi. Default: by what the truth holds."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="Only rows of this split of the truth.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the report, its plots, groups and labels there.")
    ] = None,
    plots: Annotated[Literal["svg", "png"], typer.Option(help="Kind of the plots.")] = "svg",
    resamples: Annotated[int, typer.Option(min=100, help="Of the bootstrap and of the paired tests.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the resampling.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the evaluation as JSON.")] = False,
    debug: Debug = False,
) -> None:
    """Score predictions against the truth: Accuracy_S, Recall_S, wheels, hit rate, sentiment; with intervals.

    Exit code 1 if clips of the truth have no prediction: they count as empty, and are named.
    """
    from rich.console import Console

    from microemo import progress
    from microemo.evaluate import LLMJudge, Resampling, artefacts, comparison, run
    from microemo.evaluate.comparison import pictures, text

    if out is not None:
        require("matplotlib", extra="eval")  # before any work that the plots would come after
    agree, named = agreement(prices, yes), _named(pred)
    with progress.shown() as hook:
        scored = run.evaluate(
            named,
            gt,
            groups=groups or (),
            judge=LLMJudge(chat_at(judge), hook, agree) if judge else None,
            wheels=wheels,
            task=task,
            split=split,
            resampling=Resampling(resamples=resamples, seed=seed),
            command=shlex.join(["microemo", *sys.argv[1:]]),
            hook=hook,
        )
    evaluation = scored.evaluation
    if out is not None:
        evaluation = pictures.draw(evaluation, out, f".{plots}")
        written = [*comparison.save(evaluation, out), *artefacts.save(scored, out)]
    if as_json:
        print(evaluation.model_dump_json())
    else:
        Console().print(text.table(evaluation))
        if out is not None:
            Console().print("Written:", *map(str, written), sep="\n", soft_wrap=True, markup=False, highlight=False)
    raise typer.Exit(_exit_code(evaluation))


def _exit_code(evaluation: "Evaluation") -> int:
    """1 where a clip that counts was not answered, as for any input that failed."""
    from microemo.evaluate.scoring import NO_PREDICTION

    unanswered = [
        system.name for system in evaluation.systems if any(notice.reason == NO_PREDICTION for notice in system.notices)
    ]
    if unanswered:
        print(f"microemo: {', '.join(unanswered)}: clips without a prediction count as empty", file=sys.stderr)
    return int(bool(unanswered))


def _named(predictions: Sequence[str]) -> dict[str, Path]:
    """Each system's name and file; without a name, the file's stem or, if that is taken, its whole path."""
    named: dict[str, Path] = {}
    for given in predictions:
        name, equals, path = given.partition("=")
        if not equals or Path(given).exists():
            name, path = Path(given).stem, given
        if name in named and not equals:
            name = given
        if name in named:
            raise InputError(f"{given}: a second system called {name}; name it otherwise, as NAME=FILE")
        named[name] = Path(path)
    return named
