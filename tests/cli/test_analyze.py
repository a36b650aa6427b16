import json
import os
import pty
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from console import Outcome, Run

import microemo
from microemo import cli, progress, schema
from microemo.errors import InputError, WeightsError
from microemo.result import Result


def result_of(path: Path) -> Result:
    info = schema.ClipInfo(path=str(path), duration_sec=2, has_video=False, has_audio=True, face_seconds=0)
    overall = schema.Answer(emotions=(schema.Emotion(label="content", confidence=0.7),), explanation="Calm and wärm.")
    model = schema.ModelInfo(name="fake", version="0", weights_sha256="0" * 64)
    return Result(
        clip=info, overall=overall, utterances=(), clues=(), abstained=False, model=model, microemo_version="0"
    )


TOLD = schema.UtteranceAnswer(
    index=0, start_sec=0.5, end_sec=2, text="Wärm.", person="P1", source="subtitle",
    emotions=(schema.Emotion(label="content", confidence=0.7),), explanation="They smile. They nod.",
)  # fmt: skip


class FakePipeline:
    """Understands files by their contents: "bad", "bug" and "interrupt" are what they say."""

    def stream(
        self,
        path: Path,
        subtitles: Path | None = None,
        asr: bool = True,
        hook: object = None,
        language: str | None = None,
        diarize: bool | None = None,
        audio_track: int | None = None,
        neutral: Path | None = None,
        person: str | None = None,
        why: bool = False,
    ) -> Iterator[schema.UtteranceAnswer | Result]:
        if not path.exists():
            raise InputError(f"{path}: no such file")
        if neutral is not None:
            raise InputError(f"{neutral}: no face was found")
        if audio_track is not None:
            raise InputError(f"{path}: no audio track {audio_track}")
        match path.read_text():
            case "bad":
                raise InputError(f"{path}: not a video\nnor \x1b[31maudio; give it another name")
            case "bug":
                raise RuntimeError("first line\nsecond line")
            case "interrupt":
                raise KeyboardInterrupt
        yield TOLD
        yield result_of(path)


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """On a pipeline that needs no weights."""
    fake = ModuleType("microemo.pipeline")

    def load(model: str, device: str = "auto", hook: object = None) -> FakePipeline:
        if model != "nano":
            raise WeightsError(f"{model}: no such model")
        return FakePipeline()

    fake.load = load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "microemo.pipeline", fake)
    monkeypatch.setattr(microemo, "pipeline", fake, raising=False)
    for name in ("good", "fine", "bad", "bug", "interrupt"):
        Path(f"{name}.mp4").write_text(name)
    return run


def analyze(run: Run, *arguments: str) -> Outcome:
    return run("analyze", "--formats", "json", *arguments)


def test_analyze_prints_the_result_and_where_it_is(run: Run) -> None:
    outcome = analyze(run, "good.mp4")
    assert outcome.code == 0
    assert "content" in outcome.stdout
    assert "out/good/result.json" in outcome.stdout
    assert outcome.stderr == ""
    assert Result.model_validate_json(Path("out/good/result.json").read_text()) == result_of(Path("good.mp4"))


def test_the_audio_track_is_handed_on(run: Run) -> None:
    outcome = analyze(run, "good.mp4", "--audio-track", "3")
    assert outcome.code == 2
    assert "no audio track 3" in outcome.stderr


def test_the_neutral_face_is_handed_on(run: Run) -> None:
    outcome = analyze(run, "good.mp4", "--neutral", "rest.jpg")
    assert outcome.code == 2
    assert "rest.jpg: no face was found" in outcome.stderr


def test_one_input_is_one_json_object(run: Run) -> None:
    outcome = analyze(run, "good.mp4", "--json")
    assert Result.model_validate(json.loads(outcome.stdout)) == result_of(Path("good.mp4"))
    assert "wärm" in outcome.stdout


def test_utterances_are_printed_as_they_are_answered_where_that_is_asked_for(run: Run) -> None:
    first, *rest = analyze(run, "good.mp4", "--stream").stdout.splitlines()
    assert first.split() == ["0:00.5\N{EN DASH}0:02.0", "P1", "content", "70%", "They", "smile."]
    assert analyze(run, "good.mp4").stdout.splitlines() == rest


def test_a_stream_of_json_is_lines_of_utterances_and_a_result_behind_them(run: Run) -> None:
    outcome = analyze(run, "good.mp4", "bad.mp4", "fine.mp4", "--stream", "--json")
    assert outcome.code == 1
    told, good, told_again, fine = outcome.stdout.splitlines()
    assert schema.UtteranceAnswer.model_validate_json(told) == TOLD and told_again == told
    assert [Result.model_validate_json(each).clip.path for each in (good, fine)] == ["good.mp4", "fine.mp4"]


def test_several_inputs_are_one_json_array_of_those_that_succeeded(run: Run) -> None:
    outcome = analyze(run, "good.mp4", "bad.mp4", "fine.mp4", "--json")
    assert outcome.code == 1
    assert [result["clip"]["path"] for result in json.loads(outcome.stdout)] == ["good.mp4", "fine.mp4"]


def test_failed_input_prints_no_json(run: Run) -> None:
    assert analyze(run, "bad.mp4", "--json").stdout == ""
    assert json.loads(analyze(run, "bad.mp4", "missing.mp4", "--json").stdout) == []


@pytest.mark.parametrize(
    ("videos", "code"),
    [
        (["good.mp4"], 0),
        (["good.mp4", "fine.mp4"], 0),
        (["good.mp4", "bad.mp4"], 1),
        (["bad.mp4", "good.mp4"], 1),
        (["bug.mp4"], 1),
        (["bug.mp4", "bad.mp4"], 1),
        (["bad.mp4"], 2),
        (["missing.mp4"], 2),
        (["bad.mp4", "missing.mp4"], 2),
        (["interrupt.mp4", "good.mp4"], 130),
    ],
)
def test_exit_codes(run: Run, videos: list[str], code: int) -> None:
    assert analyze(run, *videos).code == code


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["analyze"],
        ["analyze", "good.mp4", "--nonsense"],
        ["analyze", "good.mp4", "--formats", "json,docx"],
        ["analyze", "good.mp4", "--model", "absent"],
        ["analyze", "good.mp4", "--language", "klingon"],
        ["analyze", "good.mp4", "fine.mp4", "--subtitles", "good.srt"],
        ["analyze", "bad.mp4"],
        ["weights", "fetch", "nonsense"],
    ],
    ids=" ".join,
)
def test_usage_and_input_errors_are_one_line(run: Run, arguments: list[str]) -> None:
    outcome = run(*arguments)
    assert outcome.code == 2
    assert outcome.stdout == ""
    assert outcome.stderr.startswith("microemo: error: ")
    assert outcome.stderr.count("\n") == 1
    assert outcome.stderr.removesuffix("\n").isprintable()
    assert not Path("out").exists()


def test_unexpected_error_is_one_line_that_names_the_file(run: Run) -> None:
    outcome = analyze(run, "bug.mp4")
    assert outcome.stderr.splitlines() == [
        "microemo: error: bug.mp4: RuntimeError: first line second line (unexpected; --debug shows the traceback)"
    ]


def test_debug_adds_a_traceback(run: Run) -> None:
    stderr = analyze(run, "bad.mp4", "--debug").stderr
    assert "Traceback" in stderr
    assert stderr.splitlines()[-1].startswith("microemo: error: bad.mp4: not a video")


def test_a_place_that_cannot_be_written_to_is_told_before_the_work(run: Run) -> None:
    Path("taken").write_text("a file")
    outcome = analyze(run, "good.mp4", "--out", "taken/below")
    assert outcome.code == 2 and outcome.stdout == ""
    assert outcome.stderr == "microemo: error: taken/below: cannot be written (Not a directory); choose another place\n"
    assert analyze(run, "good.mp4", "--out", "new/below").code == 0


def test_same_stem_does_not_overwrite(run: Run) -> None:
    for folder in ("a", "b", "c"):
        Path(folder).mkdir()
        Path(folder, "clip.mp4").write_text(folder)
    videos = ["a/clip.mp4", "b/clip.mp4", "good.mp4", "c/clip.mp4"]
    assert analyze(run, *videos).code == 0
    first = {path: path.read_text() for path in Path("out").rglob("result.json")}
    assert sorted(json.loads(text)["clip"]["path"] for text in first.values()) == sorted(videos)
    assert analyze(run, *videos).code == 0
    assert {path: path.read_text() for path in Path("out").rglob("result.json")} == first


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"microemo {cli.version('microemo')}\n", "")


def test_schema_is_that_of_the_result(run: Run) -> None:
    printed = json.loads(run("schema").stdout)
    assert printed["title"] == "Result"
    assert set(result_of(Path("x")).model_dump()) == set(printed["properties"])


def test_weights_list_and_verify_name_every_part(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MICROEMO_CACHE", str(tmp_path / "cache"))
    listed = run("weights", "list")
    assert (listed.code, listed.stderr) == (0, "")
    assert all("absent" in line for line in listed.stdout.splitlines())
    verified = run("weights", "verify")
    assert verified.code == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == [
        line.split()[0] for line in verified.stdout.splitlines()
    ]
    assert run("weights", "verify", "demo_clip").code == 1


def test_progress_is_silent_unless_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.shown() as hook:
        hook("faces", 0, 10)
        hook("faces", 10, 10)
    assert capsys.readouterr() == ("", "")


def test_progress_names_its_steps_on_a_terminal() -> None:
    program = textwrap.dedent("""
        from microemo import progress
        with progress.shown() as hook:
            hook("faces", 0, 10)
            hook("faces", 10, 10)
            hook("answer", 0, None)
        print("done")
    """)
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=theirs, env=environment
    ) as it:
        os.close(theirs)
        shown = b""
        while chunk := read_terminal(ours):
            shown += chunk
        assert it.stdout is not None
        assert it.stdout.read() == b"done\n"
    assert b"faces" in shown
    assert b"100%" in shown
    assert b"answer" in shown


def read_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # Linux's end of file on a terminal
        return b""


def script(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from microemo.cli import main; main()", *arguments]


def test_chatter_of_native_libraries_stays_off_stderr() -> None:
    program = textwrap.dedent("""
        import os, sys
        from microemo.cli import terminal
        with terminal.quiet_libraries():
            os.write(2, b"chatter ")
            print("progress", file=sys.stderr)
        os.write(2, b"afterwards")
    """)
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (shown.stdout, shown.stderr) == ("", "progress\nafterwards")


def test_reader_that_leaves_early_gets_no_complaint() -> None:
    with subprocess.Popen(script("schema"), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def test_help_is_quick_for_lack_of_heavy_imports() -> None:
    program = "import sys; from microemo import cli; sys.argv[1:] = ['--help']; cli.main()"
    listed = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program], capture_output=True, text=True, check=True
    )
    assert "analyze" in listed.stdout
    imported = {line.rsplit("|")[-1].strip() for line in listed.stderr.splitlines()}
    assert not imported & {"numpy", "torch", "av", "jinja2", "microemo.schema"}
