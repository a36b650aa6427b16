"""nano's three configurations: each loads, builds with something to train, follows the one before, and trains."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from paired_features import prepared_faces
from small_configs import sizes_of

from microemo.config import TINY
from microemo.errors import InputError
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.train import config as configs
from microemo.train import run
from recipes.nano import train as nano
from recipes.nano.train import STAGES

FOLDER = Path(nano.__file__).parent


def test_the_files_are_those_of_the_stages_which_follow_one_another() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == STAGES.keys()
    stages = [configs.load(FOLDER / f"{stage}.yaml") for stage in ("expression", "alignment", "instruction")]
    assert [config.stage for config in stages] == ["expression", "alignment", "instruction"]
    for before, after in pairwise(stages):
        assert after.start == (str(before.output),)


@pytest.mark.parametrize("name", STAGES)
def test_it_builds_on_the_meta_device_with_something_to_train(name: str) -> None:
    config = configs.load(FOLDER / f"{name}.yaml")
    with torch.device("meta"):
        model = MicroEmo(config.model)
    run.freeze(model, config, STAGES[config.stage])
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained and all(checkpoint.is_tuned(config.model, name) for name in trained)


@pytest.mark.parametrize("name", STAGES)
def test_it_trains_a_step_at_tiny_sizes(features: Path, tmp_path: Path, name: str) -> None:
    data = prepared_faces(tmp_path) if name == "expression" else features
    here = [f"data={data}", f"output={tmp_path / 'run'}", "start=[]", "steps=1", "validation_examples=8"]
    config = configs.load(FOLDER / f"{name}.yaml", [*sizes_of(TINY), *here, "precision=float32"])
    assert run.train(config, stages=STAGES).num_steps == 1


def test_the_package_knows_none_of_nanos_own_stages(tmp_path: Path) -> None:
    config = configs.load(FOLDER / "expression.yaml", [*sizes_of(TINY), f"output={tmp_path / 'run'}"])
    with pytest.raises(InputError, match="no stage expression; known are alignment, instruction"):
        run.train(config)
    assert not (tmp_path / "run").exists()


def test_the_command_says_what_is_wrong_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.argv", ["train", str(tmp_path / "absent.yaml")])
    with pytest.raises(SystemExit, match=r"absent\.yaml: cannot be read"):
        nano.main(None, STAGES)
