"""Reports: a result written to disk, one module per format. A new format is one module and one line of ``FORMATS``."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from microemo import files
from microemo.errors import InputError
from microemo.report import (
    bids,
    captions,
    elan,
    figure,
    html,
    parquet,
    praat,
    result_json,
    series,
    spreadsheets,
    summary_page,
)
from microemo.report.tables import FIRST
from microemo.schema import KeyFrame, ResultRecord

__all__ = ["DEFAULT_FORMATS", "FORMATS", "check_formats", "folder_name", "rendered", "save", "series"]


def nothing(result: ResultRecord) -> dict[str, bytes]:
    return {}


class Format(NamedTuple):
    """A file, how it is made, and those that go beside it, by name."""

    filename: str
    render: Callable[[ResultRecord, Sequence[KeyFrame]], bytes]
    beside: Callable[[ResultRecord], Mapping[str, bytes]] = nothing


FORMATS: dict[str, Format] = {
    "json": Format(result_json.FILENAME, result_json.render),
    "html": Format(html.FILENAME, html.render),
    "csv": Format(FIRST + spreadsheets.PLAIN.suffix, spreadsheets.render, spreadsheets.beside),
    "excel": Format(FIRST + spreadsheets.EXCEL.suffix, spreadsheets.render_excel, spreadsheets.beside_excel),
    "parquet": Format(FIRST + parquet.SUFFIX, parquet.render, parquet.beside),
    "srt": Format(captions.SRT, captions.render_srt),
    "vtt": Format(captions.VTT, captions.render_vtt),
    "eaf": Format(elan.FILENAME, elan.render),
    "textgrid": Format(praat.FILENAME, praat.render),
    "bids": Format(bids.FILENAME, bids.render, bids.beside),
    "png": Format(f"{figure.NAME}.png", figure.render_png),
    "svg": Format(f"{figure.NAME}.svg", figure.render_svg),
    "pdf": Format(f"{figure.NAME}.pdf", figure.render_pdf),
    "summary": Format(summary_page.FILENAME, summary_page.render),
}


DEFAULT_FORMATS = ("json", "html")


def check_formats(formats: Sequence[str]) -> None:
    """Raise InputError on the first unknown format; call it before the work rather than after."""
    if isinstance(formats, str):
        raise InputError(f"{formats}: formats are a list, such as ({formats!r},)")
    for name in formats:
        if name not in FORMATS:
            raise InputError(f"{name}: unknown report format; choose from {', '.join(FORMATS)}")


def save(
    result: ResultRecord,
    folder: Path,
    formats: Sequence[str] = DEFAULT_FORMATS,
    key_frames: Sequence[KeyFrame] = (),
) -> list[Path]:
    """Write the result into ``folder``, a file a format or a few, and return the files' paths.

    Every format is rendered before the first file is written, and each file appears whole or not at all. Raises
    ``InputError`` on an unknown format and where the folder cannot be written.
    """
    check_formats(formats)
    contents: dict[str, bytes] = {}
    for name in formats:
        contents |= rendered(result, name, key_frames)
    return [files.write(folder / filename, content) for filename, content in contents.items()]


def rendered(result: ResultRecord, name: str, key_frames: Sequence[KeyFrame] = ()) -> dict[str, bytes]:
    """What the files of one format hold, by filename."""
    chosen = FORMATS[name]
    return {chosen.filename: chosen.render(result, key_frames), **chosen.beside(result)}


def folder_name(clip_path: str) -> str:
    """The clip's stem; never empty, "." or "..", so that the report stays inside its directory."""
    return Path(clip_path).stem.strip(". ") or "clip"
