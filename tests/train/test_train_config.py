"""A run's file: what it inherits, what overrides it, and what is wrong with it in one line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.config import NANO, TINY
from microemo.errors import InputError
from microemo.train import config
from microemo.train.config import TrainConfig, merged

BASE = """
stage: instruction
data: my.jsonl
output: runs/my
model: {preset: tiny}
optimizer: {learning_rate: 3e-5}
"""


def write(folder: Path, text: str = BASE, name: str = "base.yaml") -> Path:
    (folder / name).write_text(text)
    return folder / name


def test_a_preset_is_the_model_and_what_differs_is_put_over_it(tmp_path: Path) -> None:
    assert config.load(write(tmp_path)).model == TINY
    path = write(
        tmp_path, BASE.replace("{preset: tiny}", "{preset: nano, local_clues: false, language: {lora_rank: 8}}")
    )
    language = NANO.language.model_copy(update={"lora_rank": 8})
    assert config.load(path).model == NANO.model_copy(update={"local_clues": False, "language": language})


def test_a_trained_models_folder_is_a_preset_too(tmp_path: Path) -> None:
    changed = TINY.model_copy(update={"name": "mine"})
    (tmp_path / "config.json").write_text(changed.model_dump_json())
    (tmp_path / "model.safetensors").touch()
    assert config.load(write(tmp_path), [f"model.preset={tmp_path}"]).model == changed


def test_heirs_and_overrides_go_over_what_they_inherit(tmp_path: Path) -> None:
    write(tmp_path)
    heir = write(tmp_path, "inherits: base.yaml\nepochs: 5\noptimizer: {warmup_steps: 7}\n", "heir.yaml")
    loaded = config.load(heir, ["optimizer.learning_rate=1e-4", "data=other.jsonl", "start=[a, b]"])
    assert (loaded.epochs, loaded.optimizer.warmup_steps, loaded.optimizer.learning_rate) == (5, 7, 1e-4)
    assert (loaded.data, loaded.start, loaded.stage) == (Path("other.jsonl"), ("a", "b"), "instruction")


def test_a_value_can_be_anothers(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path), ["output=runs/${seed}", "seed=7", "validate_every=${seed}"])
    assert (loaded.output, loaded.validate_every) == (Path("runs/7"), 7)


def test_what_is_saved_is_all_of_it(tmp_path: Path) -> None:
    loaded = config.load(write(tmp_path), ["model.utterance_windows=false", "cache.max_gb=2"])
    config.save(loaded, tmp_path)
    text = (tmp_path / config.FILE).read_text()
    assert config.load(tmp_path / config.FILE) == loaded
    assert "preset" not in text and "patience" in text


@pytest.mark.parametrize(
    ("text", "overrides", "said"),
    [
        (BASE, ["optimizer.learning_rat=1"], "optimizer.learning_rat: unknown key"),
        (BASE, ["model.vision.hiden=1"], "model.vision.hiden: unknown key"),
        (BASE, ["epochs=many"], "epochs: "),
        (BASE, ["epochs"], "KEY=VALUE"),
        (BASE, ["epochs=[1"], "not YAML"),
        (BASE, ["data=${nowhere}"], "base.yaml: Interpolation key 'nowhere' not found"),
        (BASE, ["device=gpu"], "device: "),
        (BASE, ["batch_size=3", "micro_batch_size=2"], "multiple of micro_batch_size"),
        (BASE, ["model.preset=absent"], "no model in absent"),
        (BASE.replace("data: my.jsonl", ""), [], "data: must be given"),
        ("[1, 2]", [], "keys and values"),
        ("a: [", [], "not YAML"),
        ("inherits: base.yaml", [], "inherits from itself"),
        ("inherits: absent.yaml", [], "absent.yaml: cannot be read"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, overrides: list[str], said: str) -> None:
    with pytest.raises(Exception, match=r".+") as raised:
        config.load(write(tmp_path, text), overrides)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert type(raised.value).__module__ == InputError.__module__


keys = st.sampled_from("abc")
trees = st.recursive(st.integers(), lambda inner: st.dictionaries(keys, inner, max_size=3), max_leaves=8)
mappings = st.dictionaries(keys, trees, max_size=3)


@given(mappings, mappings, mappings)
def test_merging_is_associative_and_keeps_what_is_above(a: dict, b: dict, c: dict) -> None:
    assert merged(a, {}) == a
    assert merged({}, a) == a
    assert merged(a, a) == a
    for key, value in b.items():
        if not isinstance(value, dict):
            assert merged(a, b)[key] == value
    if all(isinstance(tree.get(key), type(a.get(key))) for tree in (b, c) for key in a):
        assert merged(merged(a, b), c) == merged(a, merged(b, c))


def test_the_optimisers_defaults_are_the_upstreams() -> None:
    defaults = TrainConfig.model_validate(
        {"stage": "alignment", "data": "d", "output": "o", "model": TINY, "optimizer": {"learning_rate": 1}}
    ).optimizer
    assert (defaults.betas, defaults.weight_decay) == ((0.9, 0.999), 0.05)
