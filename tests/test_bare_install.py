"""Without any extra, ``analyze`` works, every command shows its help, and what is missing is one line."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from clips import SAMPLE_RATE, write
from test_pipeline import pipeline

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
BASE = {re.split(r"[<>=\[]", line)[0] for line in PROJECT["dependencies"]}
IMPORTED_AS = {"pillow": "PIL", "python-multipart": "python_multipart", "pyyaml": "yaml"}
BROUGHT_BY_OTHERS = {"matplotlib", "pillow", "pyyaml"}  # mediapipe and transformers want these
EXTRAS = {
    re.split(r"[<>=\[]", line)[0]
    for extra, lines in PROJECT["optional-dependencies"].items()
    if extra != "dev"
    for line in lines
} - {"microemo"}


def without_extras(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a program as if no package of any extra were installed."""
    hidden = sorted(IMPORTED_AS.get(name, name) for name in EXTRAS - BASE - BROUGHT_BY_OTHERS)
    hide = f"import sys; sys.modules.update(dict.fromkeys({hidden}))\n"
    command = [sys.executable, "-c", hide + program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_extras_are_told_apart() -> None:
    assert {"peft", "pandas", "openai", "openpyxl", "pyarrow", "omegaconf", "accelerate"} <= EXTRAS - BASE


@pytest.mark.weights
def test_analyze_works(tmp_path: Path) -> None:
    model = pipeline(tmp_path / "model").directory
    sound = 0.1 * np.sin(2 * np.pi * 220 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    clip = write(tmp_path / "tone.m4a", [(None, 0)], sound)
    done = without_extras(
        "from microemo.cli import main; main()",
        "analyze", clip, "--model", model, "--no-asr", "--json", "--out", tmp_path / "out",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["clip"]["has_audio"]
    assert (tmp_path / "out" / "tone" / "report.html").is_file()


@pytest.mark.parametrize(
    "command", ["analyze", "predict", "evaluate", "report", "train", "serve", "data", "weights", "doctor"]
)
def test_every_command_shows_its_help(command: str) -> None:
    done = without_extras("from microemo.cli import main; main()", command, "--help")
    assert done.returncode == 0 and "Usage" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["train", "any.yaml"], "train"),
        (["serve"], "serve"),
        (["predict", "clips", "--out", "a.jsonl", "--model", "http://localhost:1/v1#m"], "eval"),
    ],
)
def test_what_is_missing_is_one_line_with_the_command(arguments: list[str], extra: str, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").touch()
    placed = [str(tmp_path / word) if word in ("clips", "a.jsonl") else word for word in arguments]
    done = without_extras("from microemo.cli import main; main()", *placed)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and f"pip install 'microemo[{extra}]'" in done.stderr
