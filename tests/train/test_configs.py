"""The recipes in ``configs/``: each loads, builds at its own sizes without memory, and trains a step at small ones."""

from pathlib import Path

import pytest
import seen_clips
import torch
import upstream_checkpoints as made
from safetensors.torch import load_file, save_file
from seen_clips import write_manifest
from small_configs import ROWS, SWITCHES, sizes_of
from small_paper import SMALL_PAPER

from microemo.config import PAPER, TINY
from microemo.model import checkpoint
from microemo.model.microemo import MicroEmo
from microemo.train import config as configs
from microemo.train import encoded, run
from microemo.train.stage import STAGES
from microemo.weights.convert.upstream import CONVERTERS

CONFIGS = Path(__file__).parents[2] / "configs"
FILES = sorted({*CONFIGS.rglob("*.yaml")} - {CONFIGS / "paper" / "fsdp.yaml"})  # which is accelerate's
KINDS = ("instructblip", "videollama_vision", "videollama_audio")


def name_of(file: Path) -> str:
    return str(file.relative_to(CONFIGS).with_suffix(""))


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "perceive", seen_clips.perceive)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_it_loads_and_builds_on_the_meta_device_with_something_to_train(file: Path) -> None:
    config = configs.load(file)
    with torch.device("meta"):
        model = MicroEmo(config.model)
    run.freeze(model, config, STAGES[config.stage])
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained and all(checkpoint.is_tuned(config.model, name) for name in trained)


def test_table_2_has_its_four_rows_which_differ_in_nothing_else() -> None:
    rows = {file.stem: configs.load(file) for file in FILES if file.parent.name == "paper"}
    assert {name: (row.model.local_clues, row.model.utterance_windows) for name, row in rows.items()} == ROWS
    full = rows["microemo"]
    for name, row in rows.items():
        switches = dict(zip(SWITCHES, ROWS[name], strict=True))
        same = {"output": Path("runs/paper") / name, "model": full.model.model_copy(update=switches)}
        assert row == full.model_copy(update=same)


def test_the_papers_recipe_is_section_4_1() -> None:
    config = configs.load(CONFIGS / "paper" / "microemo.yaml")
    assert (config.stage, config.epochs, config.batch_size, config.precision) == ("instruction", 3, 1, "bfloat16")
    assert config.model == PAPER.model_copy(update={"activation_checkpointing": True})
    assert tuple(Path(folder).name for folder in config.start) == KINDS
    assert set(KINDS) <= set(CONVERTERS)
    with torch.device("meta"):
        model = MicroEmo(config.model)
    run.freeze(model, config, STAGES[config.stage])
    tuned = {name.split(".")[0] for name, p in model.named_parameters() if p.requires_grad}
    assert tuned == {"image_qformer", "local_clues", "video_qformer", "audio_reader", "language"}
    assert all("lora_" in n for n, p in model.language.named_parameters() if p.requires_grad)
    without = configs.load(CONFIGS / "paper" / "microemo.yaml", ["model.language.lora_rank=0"])
    with torch.device("meta"):
        frozen = MicroEmo(without.model)
    run.freeze(frozen, without, STAGES[without.stage])
    assert not any(parameter.requires_grad for parameter in frozen.language.parameters())


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_table_2_trains_at_small_sizes_from_converted_checkpoints(
    tmp_path: Path, name: str, seen: None
) -> None:
    write_manifest(tmp_path, num=3)
    upstream = {
        "instructblip": made.instructblip(), "videollama_vision": made.videollama_vision(),
        "videollama_audio": made.videollama_audio(),
    }  # fmt: skip
    for kind in KINDS:
        (tmp_path / kind).mkdir()
        tensors = CONVERTERS[kind].from_upstream(made.filled(upstream[kind]))
        save_file({key: value.contiguous() for key, value in tensors.items()}, tmp_path / kind / checkpoint.WEIGHTS)
    config = configs.load(
        CONFIGS / "paper" / f"{name}.yaml",
        [
            *sizes_of(SMALL_PAPER),
            f"data={tmp_path / 'clips.jsonl'}",
            f"output={tmp_path / 'run'}",
            f"start=[{', '.join(str(tmp_path / kind) for kind in KINDS)}]",
            f"cache.directory={tmp_path / 'cache'}",
            "optimizer.warmup_steps=0",
            "steps=1",
        ],
    )
    assert (config.model.local_clues, config.model.utterance_windows) == ROWS[name]
    run.train(config)
    after = load_file(tmp_path / "run" / checkpoint.WEIGHTS)
    before = load_file(tmp_path / KINDS[0] / checkpoint.WEIGHTS)
    learnt = [key for key in before if key in after and not torch.equal(after[key], before[key].bfloat16())]
    assert learnt  # it was started from the converted checkpoint, and went on from there
    assert any(name.startswith("local_clues.") for name in after) == ROWS[name][0]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("finetune", []),
        ("preference", ["preference.self_play=true"]),
        ("reinforcement", ["reinforcement.max_tokens=15"]),
    ],
)
def test_a_recipe_for_your_own_clips_trains_a_step_at_tiny_sizes(
    tmp_path: Path, name: str, changes: list[str], seen: None
) -> None:
    write_manifest(tmp_path, num=3)
    here = [f"data={tmp_path / 'clips.jsonl'}", f"output={tmp_path / 'run'}", f"cache.directory={tmp_path / 'cache'}"]
    config = configs.load(CONFIGS / f"{name}.yaml", [*sizes_of(TINY), *here, *changes, "start=[]", "steps=1"])
    assert run.train(config).num_steps == 1
