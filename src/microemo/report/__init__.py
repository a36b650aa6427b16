"""Reports: a result written to disk, one module per format. A new format is one module and one line of ``FORMATS``."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from microemo import files
from microemo.errors import InputError
from microemo.report import html, result_json, series
from microemo.schema import KeyFrame, ResultRecord

__all__ = ["DEFAULT_FORMATS", "FORMATS", "check_formats", "folder_name", "save", "series"]


class Format(NamedTuple):
    filename: str
    render: Callable[[ResultRecord, Sequence[KeyFrame]], bytes]


FORMATS: dict[str, Format] = {
    "json": Format(result_json.FILENAME, result_json.render),
    "html": Format(html.FILENAME, html.render),
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
    """Write the result into ``folder``, one file a format, and return the files' paths.

    Every format is rendered before the first file is written, and each file appears whole or not at all. Raises
    ``InputError`` on an unknown format and where the folder cannot be written.
    """
    check_formats(formats)
    contents = {FORMATS[name].filename: FORMATS[name].render(result, key_frames) for name in formats}
    return [files.write(folder / filename, content) for filename, content in contents.items()]


def folder_name(clip_path: str) -> str:
    """The clip's stem; never empty, "." or "..", so that the report stays inside its directory."""
    return Path(clip_path).stem.strip(". ") or "clip"
