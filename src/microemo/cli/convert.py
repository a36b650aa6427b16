"""``microemo convert``: earlier results in other formats."""

from pathlib import Path
from typing import Annotated

import typer

from microemo.cli.analyze import own_folders
from microemo.cli.terminal import Debug, exit_code, format_list, print_error


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

    chosen = format_list(formats)
    files = [path / report.FORMATS["json"].filename if path.is_dir() else path for path in results]
    beside = [file.absolute().parent for file in files]
    folders = own_folders(out, [folder.name for folder in beside]) if out else [file.parent for file in files]
    failures: list[Exception] = []
    for file, folder in zip(files, folders, strict=True):
        try:
            print(*report.save(Result.read(file), folder, chosen), sep="\n")
        except Exception as error:
            failures.append(error)
            print_error(error, debug=debug, source=file)
    raise typer.Exit(exit_code(len(files), failures))
