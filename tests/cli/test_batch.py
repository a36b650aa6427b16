"""microemo batch on files made here: what is said, where things are, exit codes. Engines have tests of their own."""

import os
import pty
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from clips import SAMPLE_RATE, still, write
from console import Run

from microemo import weights
from microemo.media.probe import probe
from microemo.media.video import frames
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.result import Result


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing argument"),
        (["absent"], "absent: no such file, folder or glob"),
        (["empty"], "empty: no video and no audio files"),
        (["study", "--shard", "3/2"], "--shard 3/2: shards are 1/2 to 2/2"),
        (["study", "--shard", "0/2"], "--shard 0/2"),
        (["study", "--shard", "one"], "--shard one: give the number of the share and of all, as 3/16"),
        (["study", "--formats", "docx"], "docx: unknown report format"),
        (["study", "--columns", "mine"], "mine: no such column names"),
        (["study", "--language", "klingon"], "klingon"),
        (["study", "--model", "absent"], "no model in"),
        (["study", "--workers", "0"], "--workers"),
        (["study", "--engine", "slurm"], "--engine"),
        (["study", "--out", "study"], "--out study: the study's own folder"),
    ],
)
def test_wrong_usage_is_one_line_before_anything_is_written(run: Run, arguments: list[str], said: str) -> None:
    Path("empty").mkdir()
    Path("study").mkdir()
    Path("study/a.mp4").write_text("a")
    outcome = run("batch", *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("microemo: error: ") and said in outcome.stderr
    assert outcome.stderr.count("\n") == 1
    assert sorted(path.name for path in Path().iterdir()) == ["empty", "study"]


@pytest.mark.parametrize(
    ("module", "options", "extra"), [("pyarrow", [], "batch"), ("ray", ["--engine", "ray"], "ray")]
)
def test_a_missing_package_stops_the_batch_before_it_begins(
    run: Run, monkeypatch: pytest.MonkeyPatch, module: str, options: list[str], extra: str
) -> None:
    Path("a.mp4").write_text("a")
    for name in (module, f"{module}.parquet", f"{module}.data"):
        monkeypatch.setitem(sys.modules, name, None)
    outcome = run("batch", "a.mp4", *options)
    assert outcome.code == 2
    assert outcome.stderr == f"microemo: error: {module} is not installed; run: pip install 'microemo[{extra}]'\n"
    assert not Path("out").exists()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A face, the same again, a voice, a video that is cut off, a text, and one that says that it is a video."""
    folder = tmp_path / "study"
    (folder / "p1").mkdir(parents=True)
    demo = next(frame.image for frame in frames(probe(next(weights.path("demo_clip").glob("*.mp4")))))
    face = write(folder / "p1" / "face.mp4", [(still(demo[:, 420:1500]), 0.5)])
    shutil.copy(face, folder / "same.mp4")
    write(folder / "voice.m4a", [(None, 0)], np.sin(np.arange(SAMPLE_RATE // 2) * 0.2).astype(np.float32) * 0.3)
    (folder / "cut.mp4").write_bytes(face.read_bytes()[:4000])
    (folder / "text.mp4").write_text("no video")
    (folder / "notes.txt").write_text("notes")
    return folder


@pytest.mark.weights
def test_a_mixed_folder_gives_results_for_the_good_and_names_the_bad(
    run: Run, study: Path, tiny: MicroEmo, tmp_path: Path
) -> None:
    checkpoint.save(tiny, tmp_path / "tiny")
    arguments = ["batch", "study", "--model", "tiny", "--no-asr", "--columns", "openface", "--workers", "1"]
    outcome = run(*arguments)
    assert (outcome.code, outcome.stdout) == (1, "out/dataset: 3 clips, 4 analyzed now, 2 failed\n")
    cut, text, left = outcome.stderr.splitlines()
    assert cut.startswith("microemo: failed: cut.mp4: ") and text.startswith("microemo: failed: text.mp4: ")
    assert left == "microemo: no video or audio by their names, left alone: study/notes.txt"

    rows = {row["clip"]: row for row in pq.read_table("out/dataset/clips.parquet").to_pylist()}
    assert list(rows) == ["cut.mp4", "p1/face.mp4", "same.mp4", "text.mp4", "voice.m4a"]
    face = Path("out", rows["p1/face.mp4"]["folder"])
    assert sorted(file.name for file in face.iterdir()) == ["face_series.csv", "job.json", "report.html", "result.json"]
    assert Result.read(face / "result.json").clip.has_video
    assert rows["same.mp4"]["folder"] == rows["p1/face.mp4"]["folder"] != rows["voice.m4a"]["folder"]

    again = run(*arguments)
    assert (again.code, again.stderr) == (1, outcome.stderr)
    assert again.stdout == "out/dataset: 3 clips, 0 analyzed now, 2 failed\n"
    assert run("batch", "study/text.mp4", "--model", "tiny", "--no-asr", "--out", "bad").code == 2
    assert run("batch", "study/voice.m4a", "--model", "tiny", "--no-asr", "--out", "good").code == 0


def test_progress_of_a_batch_has_a_count_and_a_rate_and_the_time_left() -> None:
    program = textwrap.dedent("""
        import time
        from microemo import progress
        with progress.shown(rate=True) as hook:
            for number in range(4):
                hook("analyze", number, 7200)
                time.sleep(0.15)
    """)
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen([sys.executable, "-c", program], stderr=theirs, env=environment):
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:  # Linux's end of file on a terminal
            pass
    assert b"3/7200" in shown
    assert b"e+04/h" in shown  # about 24,000
    assert b"0:2" in shown or b"0:1" in shown  # twenty minutes, about
