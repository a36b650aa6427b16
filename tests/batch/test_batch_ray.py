"""A cluster of two machines, which are both this one; one dies in mid-run, and so do single workers."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import made_study
import pytest
from made_study import MadeStages, begun_of, dataset

from microemo.batch import run

ray = pytest.importorskip("ray")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(made_study.__file__).parents[1]), *sys.path]))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    ray.init(address=cluster.address, log_to_driver=False)
    try:
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()


def test_a_machine_and_workers_that_die_lose_nothing(cluster: object, tmp_path: Path, stages: MadeStages) -> None:
    says = {"a": "1", "b": "broken", "c": "deadly_once", "d": "2", "e": "wait", "f": "wait, too", "g": "3"}
    study = made_study.write(tmp_path / "study", **says)
    other = cluster.add_node(num_cpus=1)

    def kill() -> None:
        while not {"e.mp4", "f.mp4"} & begun_of(study).keys():
            time.sleep(0.05)
        cluster.remove_node(other, allow_graceful=False)
        (study / ".go").touch()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    batch = run([str(study)], tmp_path / "out", stages, engine="ray")
    killer.join()
    assert list(batch.failed) == ["b.mp4"]
    assert len(batch.done) == 6
    assert begun_of(study)["c.mp4"] >= 2
    run([str(study)], tmp_path / "alone", stages, workers=1)
    assert dataset(tmp_path / "out") == dataset(tmp_path / "alone")
