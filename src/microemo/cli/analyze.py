"""``microemo analyze``: videos in, reports out; and the schema of what it writes."""

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from microemo.cli.terminal import Debug, Device, exit_code, print_error

if TYPE_CHECKING:
    from microemo.result import Result


def analyze(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO", help="Video or audio files of people.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Results go to DIR/<name of the video>/.")] = Path("out"),
    model: Annotated[str, typer.Option(metavar="nano|PATH", help="The built-in model or a checkpoint.")] = "nano",
    subtitles: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What is said, as SRT, VTT, EAF or TextGrid; replaces speech recognition."),
    ] = None,
    language: Annotated[
        str, typer.Option(metavar="auto|CODE", help="What is spoken, as en, de, zh; auto finds it, span by span.")
    ] = "auto",
    diarize: Annotated[
        bool | None,
        typer.Option(
            "--diarize/--no-diarize",
            help="Tell speakers apart by their voices, or take all speech for the main person's. "
            "By default they are told apart where several people are seen.",
        ),
    ] = None,
    person: Annotated[
        str | None, typer.Option(metavar="ID", help="Judge this person alone, by the id that a result has: P1, P2, …")
    ] = None,
    audio_track: Annotated[
        int | None, typer.Option(metavar="N", help="Which of several audio tracks, from 1; else one with a voice.")
    ] = None,
    neutral: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A picture or video of the person at rest, to measure their face against."),
    ] = None,
    formats: Annotated[str, typer.Option(metavar="LIST", help="What to write, comma-separated.")] = "json,html",
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Also write what was measured frame by frame, as CSV; faces with the columns of microemo, openface, "
            "pyfeat or libreface.",
        ),
    ] = None,
    why: Annotated[
        bool,
        typer.Option(
            "--why",
            help="Take each told clue away (mute the stretch, blur the region, freeze the frames, drop the words) and "
            "ask again how sure the label is. Takes about 1.2 times as long in all, 1.5 times for the judging alone.",
        ),
    ] = False,
    no_asr: Annotated[bool, typer.Option("--no-asr", help="No speech recognition: fixed windows instead.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the result as JSON as well; an array of results for several videos.")
    ] = False,
    device: Device = "auto",
    debug: Debug = False,
) -> None:
    """Say what the people in each VIDEO feel, when, and from which clues."""
    from rich.console import Console

    from microemo import pipeline, progress, report
    from microemo.perception.spoken_language import language_code
    from microemo.report.columns import check_scheme
    from microemo.report.text import summary

    if subtitles is not None and len(videos) > 1:
        raise typer.BadParameter("--subtitles goes with a single VIDEO")
    spoken = language_code(language)
    chosen = formats.replace(" ", "").split(",")
    report.check_formats(chosen)
    scheme = check_scheme(columns) if columns is not None else None

    with progress.shown() as hook:
        analyzer = pipeline.load(model, device, hook)
    results: list[Result] = []
    failures: list[Exception] = []
    for video, directory in zip(videos, directories(out, videos), strict=True):
        try:
            with progress.shown() as hook:
                result = analyzer.analyze(
                    video,
                    subtitles=subtitles,
                    asr=not no_asr,
                    hook=hook,
                    language=spoken,
                    diarize=diarize,
                    person=person,
                    audio_track=audio_track,
                    neutral=neutral,
                    why=why,
                )
            written = report.save(result, directory, chosen, result.key_frames)
            written += report.series.save(result.series, result.clip, directory, scheme) if scheme else []
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


def convert(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT", help="A result.json, or the folder that has it.")],
    formats: Annotated[str, typer.Option(metavar="LIST", help="What to write, comma-separated.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder for each result in DIR; else beside result.json.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Write earlier results in other formats, without analysing again."""
    from microemo import report
    from microemo.result import Result

    chosen = formats.replace(" ", "").split(",")
    report.check_formats(chosen)
    read = [path / report.FORMATS["json"].filename if path.is_dir() else path for path in results]
    folders = directories(out, [path.parent.with_suffix(".json") for path in read]) if out else [p.parent for p in read]
    failures: list[Exception] = []
    for path, folder in zip(read, folders, strict=True):
        try:
            print(*report.save(Result.read(path), folder, chosen), sep="\n")
        except Exception as error:
            failures.append(error)
            print_error(error, debug=debug, source=path)
    raise typer.Exit(exit_code(len(read), failures))


def schema() -> None:
    """Print the JSON Schema of result.json."""
    from microemo.result import Result

    print(json.dumps(Result.model_json_schema(mode="serialization"), indent=2))
