"""``docs/python.md``: every example runs, in the order of the page, with the real weights."""

import re
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from clips import SAMPLE_RATE, still, write

from microemo import weights
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.media.video import frames

PAGE = (Path(__file__).parents[1] / "docs" / "python.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The files that the page speaks of."""
    demo = next(weights.path("demo_clip").glob("*.mp4"))
    face = next(frame.image for frame in frames(probe(demo)) if frame.time_sec > 14)
    speech = np.asarray(waveform(probe(weights.path("speech_samples") / "beckett.wav")))[: 4 * SAMPLE_RATE]
    write(
        tmp_path / "interview.mp4",
        [(still(face[:, face.shape[1] // 2 - face.shape[0] // 2 :][:, : face.shape[0]]), 6.0)],
        speech,
    )
    with wave.open(str(tmp_path / "voice.wav"), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        file.writeframes((speech * 32767).astype("<i2").tobytes())
    (tmp_path / "interview.srt").write_text("1\n00:00:00,500 --> 00:00:02,500\nI am so happy!\n")
    (tmp_path / "notes.txt").write_text("no media")
    (tmp_path / "truth.csv").write_text("name,labels\na,\"['sad']\"\nb,\"['happy', 'calm']\"\n")
    (tmp_path / "ours.jsonl").write_text(
        '{"name": "a", "labels": ["unhappy"]}\n{"name": "b", "labels": ["cheerful", "angry"]}\n'
    )
    monkeypatch.chdir(tmp_path)
    yield tmp_path


@pytest.mark.weights
def test_every_example_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, object] = {}
    for example in EXAMPLES:
        exec(compile(example, "docs/python.md", "exec"), names)
    printed = capsys.readouterr().out
    assert (folder / "out" / "interview" / "report.html").is_file()
    assert "understand: " in printed and " of " in printed
    assert "notes.txt" in printed and "Accuracy_S" in printed
