"""``microemo convert``: earlier results in other formats."""

from pathlib import Path
from typing import Annotated

import typer

from microemo.cli.analyze import own_folders
from microemo.cli.terminal import FORMATS_HELP, Debug, Excel, exit_code, format_list, print_error


def convert(
    results: Annotated[list[Path], typer.Argument(metavar="RESULT", help="A result.json, or the folder that has it.")],
    formats: Annotated[str, typer.Option(metavar="LIST", help=FORMATS_HELP)],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder for each result in DIR; else beside result.json.")
    ] = None,
    corrections: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What a person corrected, as the report saves it; goes with one RESULT."),
    ] = None,
    excel: Excel = False,
    debug: Debug = False,
) -> None:
    """Write earlier results in other formats, without analysing again."""
    from microemo import report
    from microemo.corrections import Corrections, apply
    from microemo.result import Result

    if corrections is not None and len(results) > 1:
        raise typer.BadParameter("--corrections goes with a single RESULT")
    chosen = format_list(formats, excel)
    given = Corrections.read(corrections) if corrections else None
    files = [path / report.FORMATS["json"].filename if path.is_dir() else path for path in results]
    beside = [file.absolute().parent for file in files]
    folders = own_folders(out, [folder.name for folder in beside]) if out else [file.parent for file in files]
    failures: list[Exception] = []
    for file, folder in zip(files, folders, strict=True):
        try:
            result = Result.read(file)
            print(*report.save(apply(result, given) if given else result, folder, chosen), sep="\n")
        except Exception as error:
            failures.append(error)
            print_error(error, debug=debug, source=file)
    raise typer.Exit(exit_code(len(files), failures))
