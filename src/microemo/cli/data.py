"""``microemo data``: recordings of a data set into one manifest, what is in it, and descriptions from its labels."""

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from microemo.cli.llm import agreement, chat_at
from microemo.cli.terminal import Debug
from microemo.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from microemo.data.check import Check
    from microemo.data.manifest import Manifest, Sample

app = typer.Typer(help="Training data: import a data set, or another model's answers; check it, describe its clips.")

Out = Annotated[Path, typer.Option(metavar="FILE", help="The manifest, .jsonl or .parquet.")]
FailedShare = Annotated[
    float, typer.Option(metavar="SHARE", min=0, max=1, help="Stop if more than this share of the rows cannot be used.")
]
Given = Annotated[Path, typer.Argument(metavar="MANIFEST", help="As data import writes it.")]
Json = Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")]

Prices = Annotated[
    str | None, typer.Option(metavar="IN,OUT", help="Prices of a million tokens read and written, for the cost shown.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Ask the LLM without asking you first.")]

LAYOUT_HELP = (
    "auto, or: ravdess, crema-d, mead, meld, mer2023, mer2024, mer-caption, ov-merd, emer, table (files and labels), "
    "folders (one for each label), corrections (of results, as the report saves them)."
)
SPLIT_HELP = (
    "Shares of train, validation and test, as 80,10,10; or the speakers of one, as validation=19,20 (repeat for "
    "others). Default: the published split, else 80,10,10 by speaker."
)
Split = Annotated[list[str] | None, typer.Option(metavar="SHARES|SPEAKERS", help=SPLIT_HELP)]
DivisionSeed = Annotated[int, typer.Option(min=0, help="Of the division.")]
MAX_LABELS = 30  # shown


@app.command("import")
def import_data(
    layout: Annotated[str, typer.Argument(metavar="LAYOUT", help=LAYOUT_HELP)],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The data set, or the table of files and labels.")],
    out: Out,
    split: Split = None,
    seed: DivisionSeed = 0,
    max_failed_share: FailedShare = 0.01,
    debug: Debug = False,
) -> None:
    """Write the manifest of a data set. Nothing is copied. Exit code 1 if some rows were left out."""
    from microemo.data import layouts, manifest

    found = manifest.admit(folder, layouts.read(layout, folder), max_failed_share)
    raise typer.Exit(_write(found, out, split or [], seed))


@app.command()
def distill(
    answers: Annotated[Path, typer.Argument(metavar="PREDICTIONS", help="What microemo predict wrote.")],
    clips: Annotated[Path, typer.Argument(metavar="CLIPS", help="What it was of, as it was named to it.")],
    out: Out,
    split: Split = None,
    seed: DivisionSeed = 0,
    max_failed_share: FailedShare = 0.01,
    debug: Debug = False,
) -> None:
    """Write a manifest of what another model says of clips, to learn it. Exit code 1 if some clips were left out."""
    from microemo.data import manifest
    from microemo.train import taught

    found = manifest.admit(answers, taught.samples(answers, clips), max_failed_share)
    raise typer.Exit(_write(found, out, split or [], seed))


@app.command()
def check(
    manifest: Given,
    allow: Annotated[
        str, typer.Option(metavar="LIST", help="Leaks that are known and accepted: speaker, file, text.")
    ] = "",
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say what is in a manifest, what is missing, and what leaks between its splits.

    Exit code 1 if anything leaks, or cannot be used.
    """
    from microemo import progress
    from microemo.data import check as checks
    from microemo.data.manifest import read

    allowed = {kind for kind in allow.replace(" ", "").split(",") if kind}
    if not allowed <= set(checks.KINDS):
        raise typer.BadParameter(f"--allow {allow}: leaks are {', '.join(checks.KINDS)}")
    with progress.shown() as hook:
        found = checks.check(manifest, read(manifest, max_failed_share=1), hook)
    if as_json:
        print(found.model_dump_json())
    else:
        _print_check(found)
    raise typer.Exit(int(bool(found.faults) or any(leak.kind not in allowed for leak in found.leaks)))


@app.command()
def describe(
    manifest: Given,
    out: Out,
    asr: Annotated[bool, typer.Option("--asr", help="Recognise the words of clips without any.")] = False,
    rewrite: Annotated[
        str | None,
        typer.Option(metavar="URL[#MODEL]", help="LLM that rewrites the text; what then fails the check is kept."),
    ] = None,
    prices: Prices = None,
    yes: Yes = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the wording.")] = 0,
    max_failed_share: FailedShare = 0.01,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Write explanations from the labels and the measured clues of each clip; those that are there stay.

    Exit code 1 if some clips could not be measured: they stay without.
    """
    from microemo import progress
    from microemo.data import described
    from microemo.data import manifest as manifests
    from microemo.data import rewrite as rewriting

    if rewrite is None and (prices or yes):
        raise typer.BadParameter("--prices and --yes are about --rewrite")
    found = manifests.read(manifest, max_failed_share)
    agree = agreement(prices, yes)
    with progress.shown() as hook:
        result = described.describe_all(found.samples, seed, asr, hook)
        samples = list(result.samples)
        whole = manifests.Manifest(tuple(samples), (*found.faults, *result.faults))
        manifests.refuse(manifest, whole.faults, len(found.samples) + len(found.faults), max_failed_share)
        if rewrite is not None:
            samples, num_new, num_kept = rewriting.rewrite(samples, chat_at(rewrite), agree, hook)
            print(f"microemo: {num_new} rewritten, {num_kept} kept as they were", file=sys.stderr)
    manifests.write(out, samples)
    quality = described.quality(samples)
    if as_json:
        print(quality.model_dump_json())
    else:
        print(
            f"{out}: {result.num_written} described; {quality.borne_out} of {quality.claims} claims borne out, "
            f"{quality.without_clues} of {quality.descriptions} descriptions without a clue, {quality.labels} labels, "
            f"{quality.same_text} that say what another says of other clues"
        )
    raise typer.Exit(_report_faults(whole))


def _write(found: "Manifest", out: Path, split: list[str], seed: int) -> int:
    """Write what was found, divided; say what is there. The exit code."""
    from microemo.data import manifest

    samples = _divided(found.samples, split, seed)
    manifest.write(out, samples)
    counts = ", ".join(f"{sum(sample.split == part for sample in samples)} {part}" for part in get_args(manifest.Split))
    speakers = len({sample.speaker for sample in samples if sample.speaker})
    print(f"{out}: {len(samples)} clips ({counts}) of {speakers or 'unknown'} speakers")
    return _report_faults(found)


def _report_faults(manifest: "Manifest") -> int:
    """Names the rows that cannot be used; exit code 1 if there are any."""
    from microemo import rows

    if manifest.faults:
        named = rows.some([str(fault) for fault in manifest.faults])
        print(f"microemo: {len(manifest.faults)} rows left out: {named}", file=sys.stderr)
    return int(bool(manifest.faults))


def _divided(samples: "tuple[Sample, ...]", wishes: list[str], seed: int) -> "list[Sample]":
    from microemo.data import splits
    from microemo.data.manifest import Split

    if not wishes:
        return splits.complete(samples, seed=seed)
    if "=" not in wishes[0] and len(wishes) == 1:
        return splits.by_shares(samples, _shares(wishes[0]), seed)
    speakers: dict[Split, list[str]] = {}
    for wish in wishes:
        wanted, _, names = wish.partition("=")
        part: Split | None = next((known for known in get_args(Split) if known == wanted), None)
        if part is None or not names:
            raise InputError(f"--split {wish}: give speakers as validation=19,20 or test=21,22, or shares as 80,10,10")
        speakers.setdefault(part, []).extend(names.split(","))
    named = Counter(name for names in speakers.values() for name in names)
    unknown = named.keys() - {sample.speaker for sample in samples}
    if unknown:
        raise InputError(f"--split: no speakers {', '.join(sorted(unknown))} in the data")
    if twice := [name for name, times in named.items() if times > 1]:
        raise InputError(f"--split: speakers {', '.join(twice)} are named more than once")
    return splits.by_speaker(samples, speakers)


def _shares(text: str) -> tuple[float, float, float]:
    try:
        train, validation, test = (float(share) for share in text.split(","))
    except ValueError:
        raise InputError(f"--split {text}: give three shares, as 80,10,10") from None
    total = train + validation + test
    if min(train, validation, test) < 0 or not 0 < total < float("inf"):
        raise InputError(f"--split {text}: shares are positive numbers")
    return train / total, validation / total, test / total


def _print_check(found: "Check") -> None:
    from rich.console import Console

    console = Console()
    console.print(_summary_table(found))
    console.print(_label_table(found))
    lines = [
        *(
            f"leak: {leak.kind} {leak.what} in {' and '.join(leak.splits)} ({leak.num_clips} clips, "
            f"as {', '.join(leak.clips)})"
            for leak in found.leaks
        ),
        *(f"same file: {', '.join(names)}" for names in found.duplicates),
        *(f"cannot be used: {fault}" for fault in found.faults),
    ]
    if found.scripts:
        lines.append(f"{found.scripts} texts are spoken in several splits under several labels: a script, no leak")
    print(*lines, sep="\n", end="\n" if lines else "")


def _label_table(found: "Check") -> "Table":
    """Clips by label and split, of the most frequent labels."""
    from rich.table import Table

    totals: Counter[str] = Counter()
    for part in found.splits.values():
        totals.update(part.labels)
    table = Table("label", *found.splits, title=f"{len(totals)} labels")
    for label, _ in totals.most_common(MAX_LABELS):
        table.add_row(label, *(str(part.labels.get(label, 0)) for part in found.splits.values()))
    if len(totals) > MAX_LABELS:
        table.caption = f"and {len(totals) - MAX_LABELS} rarer ones"
    return table


def _summary_table(found: "Check") -> "Table":
    from rich.table import Table

    table = Table("", *found.splits, title=found.manifest)
    for name, field in (
        ("clips", "clips"),
        ("hours", "hours"),
        ("speakers", "speakers"),
        ("with picture", "with_picture"),
        ("with sound", "with_sound"),
        ("with words", "with_words"),
        ("with description", "with_description"),
    ):
        table.add_row(name, *(str(getattr(part, field)) for part in found.splits.values()))
    return table
