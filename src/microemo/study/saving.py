"""A study's report on disk: the page, the tables behind it and the plots for papers."""

from pathlib import Path
from typing import TYPE_CHECKING

from microemo import files
from microemo.study import html, page
from microemo.study.study import Study

if TYPE_CHECKING:
    from pandas import DataFrame

PAGE = "study.html"


def save(study: Study, folder: Path, command: str = "") -> "tuple[list[Path], DataFrame | None]":
    """Write ``study.html``, ``tables/NAME.csv`` and ``plots/NAME.svg``; their paths, the page first, and the contrasts.

    Raises ``InputError`` where a file cannot be written.
    """
    made = page.report(study)
    text = html.render(
        made, study.directory.resolve().name or str(study.directory), page.facts(study),
        (*study.faults, *study.remarks), command,
    )  # fmt: skip
    contents = {PAGE: text.encode()}
    for name, table in made.tables.items():
        contents[f"tables/{_safe(name)}.csv"] = table.to_csv(index=False).encode("utf-8-sig")
    for number, picture in enumerate((one for section in made.sections for one in section.pictures), start=1):
        contents[f"plots/{number:03}-{_safe(picture.name)}.svg"] = picture.svg
    return [files.write(folder / name, content) for name, content in contents.items()], made.tables.get("contrasts")


def _safe(name: str) -> str:
    """Conditions can have any name; letters, digits and dashes are safe on every file system."""
    return "".join(char if char.isalnum() or char in "-_" else "_" for char in name)
