"""``microemo evaluate``: predictions against ground truth. Running the systems is another command, ``predict``."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from microemo.cli.terminal import Debug
from microemo.errors import InputError

if TYPE_CHECKING:
    from microemo.chat import Cost
    from microemo.evaluate.grouping import Judge
    from microemo.evaluate.inputs import Source
    from microemo.evaluate.llm_judge import Agree, LLMJudge
    from microemo.evaluate.run import Outcome
    from microemo.evaluate.scoring import Instruments
    from microemo.evaluate.systems import Candidate
    from microemo.hooks import Hook

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
    from microemo.evaluate import artefacts, comparison, inputs, run
    from microemo.evaluate.comparison import pictures, text

    if groups and judge:
        raise typer.BadParameter("--groups and --judge: give one of them, the labels are grouped once")
    agree = _agreement(prices, yes)
    truths = inputs.truths(gt, task, split)
    named = _named(pred)
    with progress.shown() as hook:
        llm = _llm(judge, agree, hook) if judge else None
        candidates = _candidates(named, truths, _judges(groups or [], llm, len(named), hook))
        outcome = run.evaluate(
            truths, candidates, _instruments(wheels, hook), llm.extract if llm else _extract,
            resamples=resamples, seed=seed, command=shlex.join(["microemo", *sys.argv[1:]]), hook=hook,
        )  # fmt: skip
    evaluation = outcome.evaluation
    if out is not None:
        evaluation = pictures.draw(evaluation, out, f".{plots}")
        written = [*comparison.save(evaluation, out), *artefacts.save(outcome, out)]
    if as_json:
        print(evaluation.model_dump_json())
    else:
        Console().print(text.table(evaluation))
        if out is not None:
            Console().print("Written:", *map(str, written), sep="\n", soft_wrap=True, markup=False, highlight=False)
    raise typer.Exit(_exit_code(outcome))


def _exit_code(outcome: "Outcome") -> int:
    """1 where a clip that counts was not answered, as for any input that failed."""
    from microemo.evaluate.scoring import NO_PREDICTION

    systems = outcome.evaluation.systems
    unanswered = [system.name for system in systems if any(notice.reason == NO_PREDICTION for notice in system.notices)]
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


def _candidates(named: dict[str, Path], truths: "list[Source]", judges: "Sequence[Judge]") -> "list[Candidate]":
    from microemo.evaluate import inputs
    from microemo.evaluate.systems import Candidate

    return [
        Candidate(name, inputs.predictions(path, truths), judge)
        for (name, path), judge in zip(named.items(), judges, strict=True)
    ]


def _judges(files: list[Path], llm: "LLMJudge | None", number: int, hook: "Hook") -> "Sequence[Judge]":
    """A judge for each system."""
    from microemo.evaluate.grouping import GivenGroups
    from microemo.evaluate.groups_file import read_groups
    from microemo.evaluate.offline_judge import OfflineJudge

    if files:
        if len(files) not in (1, number):
            raise InputError(f"{len(files)} --groups for {number} --pred: give one, or one for each")
        given = [GivenGroups(str(file), read_groups(file)) for file in files]
        return given if len(given) == number else given * number
    return [llm or OfflineJudge(hook=hook)] * number


def _llm(judge: str, agree: "Agree", hook: "Hook") -> "LLMJudge":
    from microemo.chat import Chat, first_model
    from microemo.evaluate.llm_judge import LLMJudge

    url, _, model = judge.partition("#")
    return LLMJudge(Chat(url, model or first_model(url)), hook, agree)


def _agreement(prices: str | None, yes: bool) -> "Agree":
    """Says what the LLM will cost and, on a terminal, asks whether to go on."""
    price_in, price_out = _prices(prices)

    def agree(what: str, cost: "Cost") -> None:
        said = str(cost.priced(price_in, price_out) if prices else cost)
        print(f"microemo: {what}: {said}", file=sys.stderr)
        if cost.requests and not yes and sys.stdin.isatty():
            typer.confirm("Go on?", abort=True, err=True)

    return agree


def _prices(prices: str | None) -> tuple[float, float]:
    try:
        price_in, price_out = map(float, (prices or "0,0").split(","))
    except ValueError:
        raise InputError(f"{prices}: not two prices; give them as 0.15,0.60") from None
    return price_in, price_out


def _instruments(folder: Path | None, hook: "Hook") -> "Instruments":
    from microemo.evaluate import wheels
    from microemo.evaluate.label_places import places
    from microemo.evaluate.lexicon_wheel import LexiconWheel
    from microemo.evaluate.scoring import Instruments

    table = wheels.published(folder) if folder else LexiconWheel(hook=hook)
    return Instruments(table, partial(places, hook=hook))


def _extract(texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    from microemo.evaluate.extraction import extract_labels

    return {clip: extract_labels(text) for clip, text in texts.items()}
