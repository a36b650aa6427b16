"""What the worker does with a real model: the files of ``analyze``, without a word of where the server keeps them."""

import wave
from pathlib import Path

import numpy as np
import pytest
from test_pipeline import pipeline

from microemo.result import Result
from microemo.server import analysis
from microemo.server.jobs import Options
from microemo.server.worker import Task


@pytest.mark.weights
def test_results_are_those_of_analyze_and_tell_no_folder(tmp_path: Path) -> None:
    model = pipeline(tmp_path / "model").directory
    media = tmp_path / "private" / "tone.wav"
    media.parent.mkdir()
    with wave.open(str(media), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", "not compressed"))
        file.writeframes((3000 * np.sin(np.arange(16_000) / 10)).astype("<i2").tobytes())
    steps: list[str] = []
    options = Options(asr=False, columns="microemo", language="en")
    task = Task("tone.wav", media, None, None, options, tmp_path / "results")
    analysis.load(str(model), "cpu")(task, lambda step, *_: steps.append(step))

    result = Result.read(task.folder / "result.json")
    assert result.clip.path == "tone.wav" and result.clip.duration_sec == 1.0
    assert "understand" in steps
    report = (task.folder / "report.html").read_text()
    assert 'src="data:audio/wav' in report and "<h1>tone.wav</h1>" in report
    assert not [path.name for path in task.folder.iterdir() if b"/private/" in path.read_bytes()]
