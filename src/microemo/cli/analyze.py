"""``microemo analyze``: videos in, reports out."""

import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from microemo.cli.terminal import FORMATS_HELP, Debug, Device, Excel, exit_code, format_list, print_error

if TYPE_CHECKING:
    from microemo.result import Result
    from microemo.schema import UtteranceAnswer


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
    formats: Annotated[str, typer.Option(metavar="LIST", help=FORMATS_HELP)] = "json,html",
    excel: Excel = False,
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
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Print each utterance as soon as it is answered, up to eight at once; with --json as JSON Lines, each "
            "video's result behind its utterances.",
        ),
    ] = False,
    device: Device = "auto",
    debug: Debug = False,
) -> None:
    """Say what the people in each VIDEO feel, when, and from which clues."""
    from rich.console import Console

    from microemo import pipeline, progress, report
    from microemo.files import check_writable
    from microemo.perception.spoken_language import language_code
    from microemo.report.columns import check_scheme
    from microemo.report.text import summary
    from microemo.result import Result
    from microemo.schema import UtteranceAnswer

    if subtitles is not None and len(videos) > 1:
        raise typer.BadParameter("--subtitles goes with a single VIDEO")
    spoken = language_code(language)
    chosen = format_list(formats, excel)
    scheme = check_scheme(columns) if columns is not None else None
    check_writable(out)
    folders = own_folders(out, [report.folder_name(str(video)) for video in videos])

    with progress.shown() as hook:
        analyzer = pipeline.load(model, device, hook)
    results: list[Result] = []
    failures: list[Exception] = []
    for video, folder in zip(videos, folders, strict=True):
        try:
            with progress.shown() as hook:
                for told in analyzer.stream(
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
                ):
                    if stream and isinstance(told, UtteranceAnswer):
                        print_answer(told, as_json=as_json)
            result = cast(Result, told)  # the last one
            written = report.save(result, folder, chosen, result.key_frames)
            written += report.series.save(result.series, result.clip, folder, scheme) if scheme else []
        except Exception as error:
            failures.append(error)
            print_error(error, debug=debug, source=video)
            continue
        results.append(result)
        if not as_json:
            Console().print(summary(result, written))
        elif stream:
            print(result.model_dump_json(), flush=True)
    if as_json and not stream:
        print_json(results, several=len(videos) > 1)
    raise typer.Exit(exit_code(len(videos), failures))


def own_folders(out: Path, names: list[str]) -> list[Path]:
    """A folder in ``out`` for each name: ``out/name``, or ``out/name-2`` and on where an earlier one has taken that."""
    taken: dict[str, Path] = {}
    for wanted in names:
        free = (wanted if count == 1 else f"{wanted}-{count}" for count in itertools.count(1))
        name = next(name for name in free if name.casefold() not in taken)  # to some file systems A and a are one
        taken[name.casefold()] = out / name
    return list(taken.values())


def print_answer(answer: "UtteranceAnswer", *, as_json: bool) -> None:
    """One line, of JSON or for people."""
    from rich.console import Console

    from microemo.report.text import line

    if as_json:
        print(answer.model_dump_json(), flush=True)
    else:
        Console(soft_wrap=True).print(line(answer))


def print_json(results: list["Result"], *, several: bool) -> None:
    """One JSON document: the result, or an array of those that succeeded where several were asked for."""
    documents = [result.model_dump(mode="json") for result in results]
    if several:
        print(json.dumps(documents, ensure_ascii=False))
    elif documents:
        print(json.dumps(documents[0], ensure_ascii=False))
