"""The comparison report: what it calls best, and the same figures, safely, in every format."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from microemo.errors import InputError
from microemo.evaluate import comparison
from microemo.evaluate.breakdown import class_scores, confusion
from microemo.evaluate.calibration import CheckedLabel, calibration
from microemo.evaluate.comparison import html, markdown, pictures, text
from microemo.evaluate.comparison.ranking import best
from microemo.evaluate.evaluation import (
    Breakdown,
    Comparison,
    Evaluation,
    File,
    JudgeInfo,
    Notice,
    Plot,
    Score,
    System,
)
from microemo.evaluate.statistics import Interval, Resampling

HOSTILE = '<script>alert("x")</script>|**bold** [x](y)\n# heading \x1b[31m'


def score(value: float, low: float | None = None, high: float | None = None, task: str = "EMER") -> Score:
    interval = None if low is None or high is None else Interval(low=low, high=high)
    return Score(task=task, metric="Avg", value=value, interval=interval, num_clips=332)


def against(system: str, adjusted: float | None, baseline: str = "base") -> Comparison:
    return Comparison(
        task="EMER", metric="Avg", system=system, baseline=baseline, difference=-0.0812,
        interval=Interval(low=-0.12, high=-0.03), p_value=0.0004, adjusted_p_value=adjusted,
        num_clips=330, num_clusters=40, num_unpaired=2,
    )  # fmt: skip


def evaluation(*systems: System, comparisons: tuple[Comparison, ...] = ()) -> Evaluation:
    return Evaluation(
        truths=(File(task="EMER", path="truth.csv", sha256="a" * 64, num_clips=332),),
        systems=systems,
        comparisons=comparisons,
        judge=JudgeInfo(name="offline judge", note="F1 0.8 with given groups"),
        resampling=Resampling(seed=7, resamples=2000, level=0.95, resampled="speaker"),
        microemo_version="0.1.0",
        command=f"microemo evaluate --gt truth.csv --pred '{HOSTILE}'",
    )


def system(name: str, found: Score) -> System:
    return System(name=name, files=(), scores=(found,), uncalibrated="the table has no confidences")


@pytest.fixture
def full(tmp_path: Path) -> Evaluation:
    """A baseline, and a hostile system with all that a system can have; its plots are in ``tmp_path``."""
    truth, predicted = {"a": [HOSTILE], "b": ["sad"]}, {"a": [HOSTILE], "b": []}
    rows = class_scores(truth, predicted, [HOSTILE, "sad"], Resampling(resamples=20))
    hostile = System(
        name=HOSTILE,
        files=(File(task="EMER", path=HOSTILE, sha256="b" * 64, num_clips=330),),
        notices=(Notice(task="EMER", reason="no prediction", clips=tuple(f"clip{n}" for n in range(9))),),
        scores=(score(0.6621, 0.61, 0.71),),
        breakdowns=(
            Breakdown(task="EMER", families=rows, confusion=confusion(truth, predicted), labels=rows, num_labels=9),
        ),
        calibration=calibration(
            {"a": [CheckedLabel(0.9, True)], "b": [CheckedLabel(0.4, False)]}, Resampling(resamples=20)
        ),
    )
    found = evaluation(
        system("base", score(0.58, 0.53, 0.63)), hostile, comparisons=(against(HOSTILE, 0.0123),)
    )  # fmt: skip
    return pictures.draw(found, tmp_path)


def printed(found: Evaluation) -> str:
    console = Console(width=250, record=True, file=Path("/dev/null").open("w"))  # noqa: SIM115
    console.print(text.table(found))
    return console.export_text()


def test_best_needs_a_test_against_the_baseline() -> None:
    systems = system("base", score(0.5, 0.4, 0.6)), system("new", score(0.7, 0.55, 0.8))
    assert best(evaluation(*systems, comparisons=(against("new", 0.01),)), "EMER", "Avg") == "new"
    assert best(evaluation(*systems, comparisons=(against("new", 0.06),)), "EMER", "Avg") is None
    assert best(evaluation(*systems, comparisons=(against("new", None),)), "EMER", "Avg") is None


def test_best_of_the_others_needs_intervals_that_do_not_overlap() -> None:
    base, new = system("base", score(0.5, 0.4, 0.6)), system("new", score(0.9, 0.85, 0.95))
    tests = against("new", 0.01), against("other", 0.9)
    apart, close = system("other", score(0.6, 0.5, 0.7)), system("other", score(0.8, 0.7, 0.86))
    assert best(evaluation(base, new, apart, comparisons=tests), "EMER", "Avg") == "new"
    assert best(evaluation(base, new, close, comparisons=tests), "EMER", "Avg") is None
    unknown = system("other", score(0.2))
    assert best(evaluation(base, new, unknown, comparisons=tests), "EMER", "Avg") is None


def test_nothing_is_best_alone_or_of_another_task() -> None:
    alone = evaluation(system("base", score(0.5, 0.4, 0.6)), system("new", score(0.9, 0.8, 0.95, task="other")))
    assert best(alone, "EMER", "Avg") is None


def test_all_formats_say_the_same(full: Evaluation, tmp_path: Path) -> None:
    page, document, terminal = html.render(full, tmp_path), markdown.render(full), printed(full)
    figures = ["66.21 [61.00, 71.00]", "58.00 [53.00, 63.00]", "\N{MINUS SIGN}8.12", "0.012", "332", "330"]
    words = ["base: none, the table has no confidences", "clip4 and 4 more", "no prediction", "offline judge (F1 0.8",
             "95 %, bootstrap by speaker", "2000, seed 7", "Difference in percentage points"]  # fmt: skip
    for shown in (page, document, terminal):
        assert [expected for expected in figures + words if expected not in shown] == []
    for shown in (page, document):
        assert "the 2 most frequent of 9" in shown
        assert "a" * 64 in shown and "b" * 64 in shown
        assert "&lt; 0.001" in shown or "| < 0.001 |" in shown


def test_bold_is_what_stands_out(full: Evaluation, tmp_path: Path) -> None:
    assert re.findall(r"(?<=\| )\*\*([^*\\]+)\*\*(?= \|)", markdown.render(full)) == ["66.21 [61.00, 71.00]", "0.012"]
    assert re.findall(r'strong">([^<]+)<', html.render(full, tmp_path)) == ["66.21 [61.00, 71.00]", "0.012"]


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_page_runs_nothing_and_fetches_nothing(full: Evaluation, tmp_path: Path) -> None:
    tags = Tags()
    tags.feed(html.render(full, tmp_path))
    assert {"table", "img", "style"} <= {tag for tag, _ in tags.seen}
    assert not {"script", "link", "iframe"} & {tag for tag, _ in tags.seen}
    sources = [attributes["src"] or "" for tag, attributes in tags.seen if tag == "img"]
    assert len(sources) == len(full.plots) == 4
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    policy = next(attributes["content"] for tag, attributes in tags.seen if "http-equiv" in attributes)
    assert policy is not None and policy.startswith("default-src 'none'")


def test_markdown_names_stay_names(full: Evaluation) -> None:
    document = markdown.render(full)
    code = next(line for line in document.splitlines() if line.startswith("    "))
    assert HOSTILE.split("\n", maxsplit=1)[0] in code
    rest = document.replace(code, "")
    assert not re.search(r"(?<!\\)<script|^# heading|\x1b|(?<!\\)\[x", rest, flags=re.MULTILINE)
    table = [line for line in document.split("## ")[1].splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in table} == {5}  # metric, two systems, n


def test_terminal_is_not_steered(full: Evaluation) -> None:
    assert "\x1b" not in printed(full)
    assert "[31m" in printed(full)  # shown as text, not taken for markup


def test_json_reads_back_equal_and_undefined_is_null(full: Evaluation) -> None:
    assert Evaluation.model_validate_json(full.model_dump_json()) == full
    undefined = system("new", score(float("nan")))
    assert json.loads(undefined.model_dump_json())["scores"][0]["value"] is None
    assert "\N{EN DASH}" in markdown.render(evaluation(undefined))


def test_saved_whole_and_the_same_each_time(full: Evaluation, tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in comparison.save(full, tmp_path)}
    second = {path.name: path.read_bytes() for path in comparison.save(full, tmp_path)}
    assert first == second
    assert sorted(first) == ["comparison.html", "comparison.md", "evaluation.json"]
    assert not list(tmp_path.glob(".*"))


def test_plots_are_numbered_files_beside_the_report(full: Evaluation, tmp_path: Path) -> None:
    assert [plot.path for plot in full.plots] == [f"plots/{number:03}.svg" for number in range(1, 5)]
    assert all((tmp_path / plot.path).is_file() for plot in full.plots)
    assert all(f"](<{plot.path}>)" in markdown.render(full) for plot in full.plots)


@pytest.mark.parametrize(("path", "message"), [("gone.svg", "cannot be read"), ("plot.pdf", "unknown kind")])
def test_plot_that_cannot_be_embedded_is_a_user_error(path: str, message: str, tmp_path: Path) -> None:
    found = evaluation(system("base", score(0.5)))
    broken = found.model_copy(update={"plots": (Plot(title="t", path=path, description="d"),)})
    with pytest.raises(InputError, match=message):
        html.render(broken, tmp_path)
