"""A model for workers, which read it from its folder, and an engine that is this very process."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from made_study import SETTINGS, MadeStages

from microemo.batch.run import ENGINES
from microemo.batch.stages import Stages
from microemo.batch.store import Store
from microemo.batch.work import Job, analyse
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo


@pytest.fixture(scope="session")
def model(tiny: MicroEmo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    checkpoint.save(tiny, folder)
    return folder


@pytest.fixture
def stages(model: Path) -> MadeStages:
    return MadeStages(str(model), SETTINGS)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine "local" works here."""

    def work(jobs: Sequence[Job], stages: Stages, store: Store) -> Iterator[str]:
        for job in jobs:
            analyse(job, stages, store)
            yield job.key

    monkeypatch.setitem(ENGINES, "local", lambda workers: work)
