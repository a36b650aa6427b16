"""How each kind of file is read, to its end: what is found in it is used as the product uses it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from report_samples import make_result

from microemo import report
from microemo.corrections import Corrections, apply
from microemo.data import layouts, manifest
from microemo.evaluate import tables
from microemo.media import audio, subtitles, video
from microemo.media.probe import probe
from microemo.result import Result
from microemo.study import design

FIGURES = {"png", "svg", "pdf", "summary"}  # which take longer


def media(path: Path) -> None:
    warned: list[str] = []
    info = probe(path, warned.append)
    audio.read(info, warned.append)
    for _ in video.frames(info, 30.0, warned.append):
        pass
    assert all("\n" not in warning for warning in warned), warned


def a_result(path: Path) -> None:
    result = Result.read(path)
    for name in report.FORMATS.keys() - FIGURES:
        report.rendered(result, name)


def corrections(path: Path) -> None:
    apply(make_result(Path("clip.mp4")), Corrections.read(path))


def table(path: Path) -> None:
    """As ``data import`` reads one."""
    manifest.admit(path, layouts.read("table", path))


READ: Mapping[str, Callable[[Path], object]] = {
    "media": media,
    "subtitles": subtitles.read,
    "manifest": manifest.read,
    "table": table,
    "predictions": tables.read,
    "design": design.read,
    "result": a_result,
    "corrections": corrections,
}
