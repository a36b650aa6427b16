"""What a label hangs on, where reports tell it: beside the sentences, in the terminal, as a table."""

import io
import re
from pathlib import Path

import pytest
from people_samples import make_people_result
from report_samples import make_result
from rich.console import Console

from microemo.report import html, wording
from microemo.report.text import summary
from microemo.result import Result
from microemo.schema import Effect

EFFECTS = (Effect(clue=1, label="annoyed", change=0.05), Effect(clue=2, label="annoyed", change=-0.1))


def asked_why(result: Result) -> Result:
    first, *others = result.utterances
    return result.model_copy(update={"utterances": (first.model_copy(update={"effects": EFFECTS}), *others)})


def printed(result: Result) -> str:
    output = io.StringIO()
    Console(file=output, width=400).print(summary(result))
    return output.getvalue()


@pytest.fixture(params=[make_result, make_people_result], ids=["one person", "several"])
def result(request: pytest.FixtureRequest, tmp_path: Path) -> Result:
    return asked_why(request.param(tmp_path / "a.mp4"))


def test_the_page_says_how_sure_the_label_is_without_each_clue(result: Result) -> None:
    page = html.render(result).decode()
    (shown,) = re.findall(r'<ul class="effects".*?</ul>', page, re.DOTALL)
    assert re.findall(r"without it: [^<]*", shown) == [
        "without it: annoyed 80% → 90%",
        "without it: annoyed 80% → 75%",
    ]
    assert re.findall(r'href="(#clue-\d)"', shown) == ["#clue-2", "#clue-1"]  # the greatest first
    assert re.findall(r'<rect class="fill" x="(\d+%)" width="(\d+%)"', shown) == [("80%", "10%"), ("75%", "5%")]
    assert "brow lowerer" in shown and "pitch raised" in shown


def test_where_nobody_asked_nothing_is_said(tmp_path: Path) -> None:
    plain = make_result(tmp_path / "a.mp4")
    assert 'class="effects"' not in html.render(plain).decode()
    assert "without it" not in printed(plain)


def test_the_terminal_tells_the_greatest(result: Result) -> None:
    text = printed(result)
    assert text.count("without it") == 1
    assert "without it: annoyed 80% → 90%" in " ".join(text.split())


def test_effects_are_a_table(result: Result) -> None:
    table = result.to_dataframe("effects")
    assert table[["utterance", "clue", "label", "change"]].values.tolist() == [
        [0, 1, "annoyed", 0.05], [0, 2, "annoyed", -0.1]
    ]  # fmt: skip


def test_an_effect_of_an_unknown_clue_or_label_is_not_shown(result: Result) -> None:
    answer = result.utterances[0]
    strange = (Effect(clue=99, label="annoyed", change=0.1), Effect(clue=1, label="furious", change=0.1))
    clue_of = {clue.id: clue for clue in result.clues}
    assert wording.weights(answer.model_copy(update={"effects": strange}), clue_of) == []
