"""``microemo bench``: every stage has its time, and together they are the whole."""

import json
import time
from pathlib import Path

import pytest
from console import Run

from microemo import bench
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo


def test_time_belongs_to_the_step_that_goes_on_or_to_the_rest() -> None:
    watch = bench.Stopwatch("imports")
    time.sleep(0.01)
    with watch.stage("who and clues"):
        watch.hook("faces", 0, 2)
        time.sleep(0.02)
        watch.hook("faces", 1, 2)
        time.sleep(0.02)
        watch.hook("faces", 2, 2)
        time.sleep(0.01)
    seconds = {name: stage.seconds for name, stage in watch.stages.items()}
    assert list(seconds) == ["imports", "who and clues", "faces"]
    assert seconds["faces"] >= 0.04 and min(seconds["imports"], seconds["who and clues"]) >= 0.01
    assert all(stage.peak_mb > 10 for stage in watch.stages.values())


@pytest.fixture
def model(tiny: MicroEmo, tmp_path: Path) -> Path:
    checkpoint.save(tiny, tmp_path / "tiny")
    return tmp_path / "tiny"


@pytest.mark.weights
def test_the_whole_path_is_measured_and_shown(model: Path, run: Run) -> None:
    clip = bench.demonstration()
    printed = run("bench", str(clip), "--model", str(model))
    assert printed.code == 0, printed.stderr
    for name in ("imports", "listen", "speech", "faces", "model", "understand", "report", "all"):
        assert f"\n{name} " in f"\n{printed.stdout}", name
    found = json.loads(run("bench", str(clip), "--model", str(model), "--json").stdout)
    assert found["clip_sec"] > 10 and found["utterances"] >= 1
    stages = [stage["name"] for stage in found["stages"]]
    assert stages[0] == "imports" and stages[-1] == "report" and "" not in stages


def test_what_is_no_media_is_told_in_a_line(tmp_path: Path, run: Run) -> None:
    (tmp_path / "notes.txt").write_text("not media")
    failed = run("bench", str(tmp_path / "notes.txt"))
    assert failed.code == 2 and "notes.txt" in failed.stderr and failed.stderr.count("\n") == 1
