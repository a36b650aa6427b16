"""``microemo report``: the page, its tables and plots, what is printed, and the exit code."""

import csv
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from made_studies import Made, people, write
from test_study import put

from microemo import cli
from microemo.study.plots import DARK, themed

HOSTILE = "<script>alert(1)</script>"


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["microemo", "report", *arguments])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        return int(stop.value.code or 0), *capsys.readouterr()

    return run


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """Ten people with a clip each; one of the values would be a script, were it not escaped."""
    rng = np.random.default_rng(0)
    all_made = [
        Made(one.clip, one.person, HOSTILE if one.group == "patients" else "control", one.session, one.sad_share)
        for one in people(rng, 10, 1, effect=0.3)
    ]
    write(tmp_path / "made", all_made, rng, num_utterances=8)
    return tmp_path / "made"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    put(tmp_path / "small", "a", "sad", "happy", "sad")
    put(tmp_path / "small", "b", "calm", None)
    return tmp_path / "small"


def test_page_tables_and_plots(report, made: Path) -> None:
    code, stdout, stderr = report("made", "--design", "made/design.csv", "--out", "told")
    assert (code, stderr) == (0, "")
    assert "10 people" in stdout and "contrasts with an adjusted p below" in stdout and "told/study.html" in stdout
    page = Path("told/study.html").read_text(encoding="utf-8")
    assert HOSTILE not in page and "&lt;script&gt;" in page
    for said in (
        "Holm",
        "(5 people, 5 clips)",
        "Russell",
        "What differs by group",
        "not known",
        "session: has a single value",
    ):
        assert said in page
    reader = Reader()
    reader.feed(page)
    assert {tag for tag, _ in reader.tags}.isdisjoint({"script", "link", "iframe"})
    images = [attributes for tag, attributes in reader.tags if tag == "img"]
    assert len(images) == len(list(Path("told/plots").glob("*.svg"))) > 4
    assert all((one["src"] or "").startswith("data:image/svg+xml;base64,") and one["alt"] for one in images)
    with Path("told/tables/contrasts.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {row["condition"] for row in rows} == {"group"}


def test_twice_is_the_same_and_reads_none_of_its_own(report, small: Path) -> None:
    report("small")
    first = {path: path.read_bytes() for path in small.rglob("*.*")}
    assert report("small")[0] == 0
    assert {path: path.read_bytes() for path in small.rglob("*.*")} == first


def test_without_a_design_and_with_a_broken_result(report, small: Path) -> None:
    (small / "b" / "result.json").write_text("[]")
    code, _, stderr = report("small")
    assert code == 1
    assert stderr.count("\n") == 1 and "small/b/result.json" in stderr
    page = (small / "study" / "study.html").read_text(encoding="utf-8")
    assert "What differs" not in page and "small/b/result.json" in page and "Feelings" in page


def test_nothing_to_report_on_is_one_line(report, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, stdout, stderr = report("empty")
    assert (code, stdout) == (2, "") and stderr.count("\n") == 1 and "no result.json" in stderr


def test_clips_in_which_nobody_was_judged(report, tmp_path: Path) -> None:
    put(tmp_path / "quiet", "a", None, None)
    code, _, stderr = report("quiet")
    assert (code, stderr) == (0, "")
    assert "0:00.0 judged" in Path("quiet/study/study.html").read_text(encoding="utf-8")


def test_colours_of_plots_turn_with_the_page(report, small: Path) -> None:
    report("small", "--out", "told")
    plain = next(Path("told/plots").glob("*feelings*")).read_bytes()
    turned = themed(plain).decode()
    assert b"var(" not in plain and "prefers-color-scheme: dark" in turned
    body = re.sub(r"<style>:root.*?</style>", "", turned)
    assert not [colour for colour in DARK if colour in body]
