"""Real processes: they die of clips, and with their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import made_study
import pytest
from made_study import MadeStages, begun_of, dataset

from microemo.batch import run
from microemo.errors import MicroEmoError

DEADLINE_SEC = 300  # of a machine that is busy otherwise


def test_a_worker_that_dies_takes_no_other_clip_with_it(tmp_path: Path, stages: MadeStages) -> None:
    study = made_study.write(tmp_path / "study", a="good", b="deadly", c="deadly_once", d="fine")
    batch = run([str(study)], tmp_path / "out", stages, workers=2)
    assert batch.done == ("a.mp4", "c.mp4", "d.mp4")
    assert list(batch.failed) == ["b.mp4"]
    assert "b.mp4: whoever analysed it died" in batch.failed["b.mp4"]
    assert begun_of(study) == {"a.mp4": 1, "b.mp4": 2, "c.mp4": 2, "d.mp4": 1}


class Unreadable(MadeStages):
    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise SystemExit",)


def test_workers_that_cannot_start_are_no_failure_of_a_clip(tmp_path: Path, stages: MadeStages) -> None:
    study = made_study.write(tmp_path / "study", a="good")
    with pytest.raises(MicroEmoError, match="workers end before they begin"):
        run([str(study)], tmp_path / "out", Unreadable(stages.model, stages.settings))
    assert not (tmp_path / "out" / "clips").exists()


def test_killed_and_started_again_it_goes_on_and_the_data_set_is_the_same(tmp_path: Path, model: Path) -> None:
    study = made_study.write(tmp_path / "study", a="1", b="2", c="wait", d="4", e="broken")

    def start() -> "subprocess.Popen[bytes]":
        command = [sys.executable, made_study.__file__, str(study), str(tmp_path / "out"), str(model), "local"]
        path = os.pathsep.join([str(Path(made_study.__file__).parents[1]), *sys.path])
        return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path})

    killed, deadline = start(), time.monotonic() + DEADLINE_SEC
    while len(begun_of(study)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (study / ".go").touch()
    time.sleep(0.5)  # in which a worker that outlived its parent would finish the clip, and begin the next
    done = sorted((tmp_path / "out" / "clips").glob("[!.]*"))
    times = [folder.stat().st_mtime_ns for folder in done]
    assert (len(done), list(begun_of(study))) == (2, ["a.mp4", "b.mp4", "c.mp4"])

    assert start().wait(DEADLINE_SEC) == 0
    assert [folder.stat().st_mtime_ns for folder in done] == times
    assert begun_of(study) == {"a.mp4": 1, "b.mp4": 1, "c.mp4": 2, "d.mp4": 1, "e.mp4": 1}
    run([str(study)], tmp_path / "undisturbed", MadeStages(str(model), made_study.SETTINGS), workers=1)
    assert dataset(tmp_path / "out") == dataset(tmp_path / "undisturbed")
