"""microemo predict on clips made here and a stub server: rows, resumption, exit codes, and scoring what it writes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from clips import HEIGHT, WIDTH, write
from console import Run
from stub_server import Stub, stub_server


@pytest.fixture
def stub(run: Run, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setenv("MICROEMO_CACHE", "cache")
    with stub_server(lambda _: "The person seems happy, not sad.") as stub:
        yield stub


@pytest.fixture
def clips(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    for name, grey in (("a", 50), ("b", 150)):
        write(tmp_path / "clips" / f"{name}.mp4", [(np.full((HEIGHT, WIDTH, 3), grey, np.uint8), 0.5)], None)


def test_answers_are_kept_and_can_be_scored(run: Run, stub: Stub, clips: None, tmp_path: Path) -> None:
    outcome = run("predict", "clips", "--model", f"{stub.url}#toy", "--out", "p.jsonl", "--frames", "2")
    assert (outcome.code, outcome.stdout) == (0, "p.jsonl: 2 answered, 0 failed\n")
    rows = [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()]
    assert [(row["name"], row["settings"]["num_frames"]) for row in rows] == [("a", 2), ("b", 2)]
    (tmp_path / "truth.csv").write_text("name,openset\na,[happy]\nb,[happy]\n")
    scored = json.loads(run("evaluate", "--pred", "p.jsonl", "--gt", "truth.csv", "--json").stdout)
    assert scored["systems"][0]["scores"][0]["value"] == 1


def test_failures_are_named_and_a_second_run_tries_only_them(run: Run, stub: Stub, clips: None, tmp_path: Path) -> None:
    (tmp_path / "clips" / "c.mp4").write_text("not a video")
    arguments = ["predict", "clips", "--model", f"{stub.url}#toy", "--out", "p.jsonl"]
    outcome = run(*arguments)
    assert (outcome.code, outcome.stdout) == (1, "p.jsonl: 2 answered, 1 failed\n")
    assert outcome.stderr == "microemo: failed (the rows say why): c\n"
    assert run(*arguments).code == 2  # exists already
    again = run(*arguments, "--resume")
    assert again.stdout == "p.jsonl: 0 answered, 2 answered before, 1 failed\n"
    assert len(stub.requests) == 2


def test_a_missing_package_stops_the_run_before_it_begins(
    run: Run, clips: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    outcome = run("predict", "clips", "--model", "http://localhost:1/v1#toy", "--out", "p.jsonl")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == "microemo: error: openai is not installed; run: pip install 'microemo[eval]'\n"
    assert not (tmp_path / "p.jsonl").exists()


def test_a_device_that_there_is_none_of_is_bad_usage(run: Run, clips: None) -> None:
    outcome = run("predict", "clips", "--out", "p.jsonl", "--device", "abacus")
    assert outcome.code == 2
    assert "abacus" in outcome.stderr


@pytest.mark.parametrize(
    "program",
    [
        "import sys, microemo.predict",
        "import sys; from microemo.cli import run; sys.argv[1:] = ['predict', '--help']; run(debug=False)",
    ],
)
def test_import_and_help_stay_light(program: str) -> None:
    heavy = ("torch", "transformers", "mediapipe", "faster_whisper", "silero_vad", "cv2", "openai", "pandas")
    program = f"{program}; print('LOADED', *(name for name in {heavy} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED"


def test_unknown_modality_is_bad_usage(run: Run, clips: None) -> None:
    outcome = run("predict", "clips", "--out", "p.jsonl", "--modalities", "video,smell")
    assert outcome.code == 2
    assert "video,smell" in outcome.stderr
