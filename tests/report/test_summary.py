import io
from pathlib import Path

import pytest
from report_samples import make_result
from rich.console import Console

from microemo.clues import ClueKind, clue_kinds
from microemo.report import wording
from microemo.report.text import MAX_UTTERANCES, summary
from microemo.report.valence import valence
from microemo.result import Result
from microemo.schema import Answer


def printed(result: Result, *paths: Path) -> str:
    output = io.StringIO()
    Console(file=output, width=100).print(summary(result, paths))
    return output.getvalue()


def test_summary_says_what_when_and_where() -> None:
    text = printed(make_result(Path("talks/clip.mp4")), Path("out/clip/report.html"))
    lines = [line.rstrip() for line in text.splitlines()]
    assert lines == [
        "clip.mp4",
        "amused 80%, annoyed 40%",
        "First a frown, then a smile grows.",
        "0:00.0\N{EN DASH}0:02.0  annoyed 80%                    The brows go down, the voice goes up.",
        "0:02.0\N{EN DASH}0:04.0  amused 80%, flabbergasted 40%  A smile, the jaw drops.",
        "Note: A second face is seen for 1.2 s and left out.",
        "out/clip/report.html",
    ]


def test_summary_gives_the_reason_of_an_abstention() -> None:
    nobody = Answer(explanation="Nobody is seen or heard.")
    text = printed(make_result(Path("a.mp4"), overall=nobody, utterances=(), abstained=True))
    assert "No judgement: Nobody is seen or heard." in text


def test_texts_do_not_steer_the_terminal() -> None:
    hostile = "\x1b]0;owned\x07\x1b[2J[bold]not markup[/bold]\x9b2J\r"
    result = make_result(Path(f"{hostile}.mp4"), overall=Answer(explanation=hostile), warnings=(hostile,))
    text = printed(result)
    assert not {"\x1b", "\x07", "\x9b", "\r"} & set(text)
    assert "[bold]not markup[/bold]" in text


def test_long_clips_are_cut_short() -> None:
    one = make_result(Path("a.mp4")).utterances[0]
    text = printed(make_result(Path("a.mp4"), utterances=(one,) * 300))
    assert text.count("The brows go down") == MAX_UTTERANCES
    assert "and 270 more in the report" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00.0"), (3.46, "0:03.5"), (59.96, "1:00.0"), (3725.04, "1:02:05.0"), (-0.1, "0:00.0")]
)
def test_clock(seconds: float, text: str) -> None:
    assert wording.clock(seconds) == text


def test_quantities_carry_their_units() -> None:
    assert wording.quantity(0.616, "brow_lowerer") == "0.62"
    assert wording.quantity(241.2, "pitch_raised") == "241 Hz"
    assert wording.quantity(-18.24, "voice_quiet") == "\N{MINUS SIGN}18.2 dB"


@pytest.mark.parametrize("kind", clue_kinds().values(), ids=clue_kinds())
def test_clues_of_voice_and_head_have_units_and_others_have_none(kind: ClueKind) -> None:
    number, _, unit = wording.quantity(0.25, kind.kind).partition(" ")
    assert number == "0.25"
    assert bool(unit) == (kind.modality == "voice" or kind.region in ("head", "gaze"))


def test_a_kind_of_an_older_result_has_no_unit() -> None:
    assert wording.quantity(0.25, "ear_wiggler") == "0.25"


@pytest.mark.parametrize(
    ("label", "expected"),
    [("Happy", "positive"), (" worried ", "negative"), ("surprised", "neutral"), ("wabi-sabi", "neutral")],
)
def test_valence(label: str, expected: str) -> None:
    assert valence(label) == expected
