import json
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from stub_server import Request, Response, Stub, last_text, stub_server

from microemo.errors import InputError
from microemo.evaluate import tables
from microemo.predict import PredictionRun, PredictionSettings, predict, prompts
from microemo.predict.settings import DEFAULT_SETTINGS

REASONING = prompts.question("reasoning")


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def names_of(out: Path) -> list[str]:
    return [row["name"] for row in rows_of(out)]


def test_a_row_says_what_was_asked_and_answered(clips: Path, echo: Stub, tmp_path: Path) -> None:
    out = tmp_path / "made" / "predictions.jsonl"
    steps: list[tuple[Any, ...]] = []
    outcome = predict(clips, f"{echo.url}#toy", out, hook=lambda *step: steps.append(step))
    assert outcome == PredictionRun(("first", "second", "third"), (), ())
    assert steps == [("predict", done, 3) for done in range(4)]
    row = rows_of(out)[1]
    assert row.pop("seconds") > 0
    assert row == {
        "name": "second",
        "system": f"{echo.url}#toy",
        "text": f"toy: {REASONING}",
        "labels": None,
        "confidences": [],
        "replies": [],
        "prompt": REASONING,
        "prompt_sha256": prompts.sha256(REASONING),
        "settings": DEFAULT_SETTINGS.model_dump(mode="json"),
        "modalities": ["video", "text"],
        "subtitle": "No!",
        "speaker": "Bob",
        "error": None,
    }


def test_the_evaluation_reads_what_is_written(clips: Path, echo: Stub, tmp_path: Path) -> None:
    out = tmp_path / "predictions.jsonl"
    (clips.parent / "second.mp4").write_bytes(b"damaged")
    predict(clips, f"{echo.url}#toy", out)
    table = tables.read(out)
    assert list(table) == ["first", "second", "third"]
    assert (table["first"].text, table["first"].labels, table["first"].speaker) == (f"toy: {REASONING}", None, "Ann")


def test_a_clip_that_fails_has_a_row_that_says_why_and_the_others_go_on(
    clips: Path, echo: Stub, tmp_path: Path
) -> None:
    out = tmp_path / "predictions.jsonl"
    (clips.parent / "second.mp4").write_bytes(b"damaged")
    assert predict(clips, f"{echo.url}#toy", out) == PredictionRun(("first", "third"), (), ("second",))
    first, second, third = rows_of(out)
    assert (first["error"], third["error"], second["text"]) == (None, None, "")
    assert "second.mp4 cannot be opened" in second["error"]


def test_whatever_a_model_trips_over_is_one_line_of_one_row(
    clips: Path, text_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trip(*arguments: object) -> str:
        raise RuntimeError("CUDA out of memory.\nTried to allocate")

    monkeypatch.setattr("microemo.predict.hf.HuggingFace.generate", trip)
    out = tmp_path / "predictions.jsonl"
    assert predict(clips, f"hf:{text_model}", out).failed == ("first", "second", "third")
    errors = [row["error"] for row in rows_of(out)]
    assert errors[:2] == ["RuntimeError: CUDA out of memory. Tried to allocate"] * 2
    assert "third.mp4: has no text" in errors[2]


def test_all_systems_are_given_the_same(clips: Path, echo: Stub, tmp_path: Path) -> None:
    for model in ("one", "two"):
        predict(clips, f"{echo.url}#{model}", tmp_path / f"{model}.jsonl", settings=PredictionSettings(num_frames=3))
    one, two = echo.requests[:3], echo.requests[3:]
    assert [request | {"model": "two"} for request in one] == two
    assert len({json.dumps(request) for request in one}) == 3


def test_a_local_model_by_its_folder(clips: Path, vision_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions.jsonl"
    settings = PredictionSettings(num_frames=2, max_new_tokens=4)
    predict(clips, f"hf:{vision_model}", out, prompt="What does the person feel?", settings=settings)
    assert [row["modalities"] for row in rows_of(out)] == [["video", "text"], ["video", "text"], ["video"]]
    assert all(row["text"] for row in rows_of(out))


def predict_until_killed(clips: Path, url: str, out: Path) -> None:
    """In a process of its own, which is killed between the second clip and the third."""

    def hook(step: str, completed: float, total: float | None) -> None:
        if completed == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    predict(clips, f"{url}#toy", out, hook=hook)


def test_what_was_answered_before_a_kill_is_not_asked_again(clips: Path, echo: Stub, tmp_path: Path) -> None:
    out = tmp_path / "predictions.jsonl"
    process = multiprocessing.get_context("fork").Process(target=predict_until_killed, args=(clips, echo.url, out))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert names_of(out) == ["first", "second"]
    before, num_asked = out.read_bytes(), len(echo.requests)
    outcome = predict(clips, f"{echo.url}#toy", out, resume=True)
    assert outcome == PredictionRun(("third",), ("first", "second"), ())
    assert out.read_bytes().startswith(before)
    assert names_of(out) == ["first", "second", "third"]
    assert len(echo.requests) == num_asked + 1


@pytest.mark.parametrize("cut", [1, 40, 10_000])
def test_half_a_row_is_run_again(clips: Path, echo: Stub, tmp_path: Path, cut: int) -> None:
    out = tmp_path / "predictions.jsonl"
    predict(clips, f"{echo.url}#toy", out)
    *whole, last = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(whole) + last[:-cut])
    assert predict(clips, f"{echo.url}#toy", out, resume=True).answered == ("third",)
    assert names_of(out) == ["first", "second", "third"]


def test_failed_clips_are_tried_again(clips: Path, tmp_path: Path) -> None:
    out = tmp_path / "predictions.jsonl"
    broken = [True]

    def answer(request: Request) -> str | Response:
        return Response(400) if broken and "No!" in last_text(request) else "sad"

    with stub_server(answer) as stub:
        assert predict(clips, f"{stub.url}#toy", out).failed == ("second",)
        broken.clear()
        outcome = predict(clips, f"{stub.url}#toy", out, resume=True)
    assert outcome == PredictionRun(("second",), ("first", "third"), ())
    assert [(row["name"], row["text"]) for row in rows_of(out)] == [(n, "sad") for n in ("first", "third", "second")]


def test_a_resumed_file_grows_with_the_manifest(clips: Path, echo: Stub, tmp_path: Path) -> None:
    out = tmp_path / "predictions.jsonl"
    whole = clips.read_text()
    clips.write_text("".join(whole.splitlines(keepends=True)[:2]))
    predict(clips, f"{echo.url}#toy", out)
    clips.write_text(whole)
    assert predict(clips, f"{echo.url}#toy", out, resume=True) == PredictionRun(("second", "third"), ("first",), ())


def test_an_interruption_loses_nothing(clips: Path, echo: Stub, tmp_path: Path) -> None:
    def interrupt(step: str, completed: float, total: float | None) -> None:
        if completed == 1:
            raise KeyboardInterrupt

    out = tmp_path / "predictions.jsonl"
    with pytest.raises(KeyboardInterrupt):
        predict(clips, f"{echo.url}#toy", out, hook=interrupt)
    assert names_of(out) == ["first"]


def test_a_file_that_is_there_is_not_touched_unasked(clips: Path, echo: Stub, tmp_path: Path) -> None:
    out = tmp_path / "predictions.jsonl"
    out.write_text("precious")
    with pytest.raises(InputError, match="exists; resume it, or name another"):
        predict(clips, f"{echo.url}#toy", out)
    with pytest.raises(InputError, match="cannot be written"):
        predict(clips, f"{echo.url}#toy", out / "below")
    assert out.read_text() == "precious"


def test_one_file_holds_predictions_of_one_kind(clips: Path, echo: Stub, tmp_path: Path) -> None:
    out = tmp_path / "predictions.jsonl"
    predict(clips, f"{echo.url}#toy", out)
    before = out.read_bytes()
    others: list[dict[str, Any]] = [
        {"model": f"{echo.url}#other"},
        {"prompt": "labels"},
        {"settings": PredictionSettings(num_frames=3)},
    ]
    for other in others:
        arguments = {"model": f"{echo.url}#toy", **other}
        with pytest.raises(InputError, match="another system, prompt or settings"):
            predict(clips, out=out, resume=True, **arguments)
    assert out.read_bytes() == before


def test_a_damaged_row_in_the_middle_is_named(clips: Path, echo: Stub, tmp_path: Path) -> None:
    out = tmp_path / "predictions.jsonl"
    predict(clips, f"{echo.url}#toy", out)
    first, second, third = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(first + second[:40] + b"\n" + third)
    with pytest.raises(InputError, match="line 2 is not a prediction"):
        predict(clips, f"{echo.url}#toy", out, resume=True)
