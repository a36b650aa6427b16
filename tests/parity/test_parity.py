"""``microemo parity``: fixtures of any sizes, recorded here by an independent reference, and the published ones."""

import json
from collections.abc import Callable
from pathlib import Path

import made_fixtures
import pytest
import torch
import upstream_checkpoints as made
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from microemo import parity
from microemo.cli import app
from microemo.errors import InputError
from microemo.parity import quirks

PUBLISHED = Path(__file__).parents[3] / "shared" / "parity"
WIDE = made.Sizes(
    hidden=24, inner=50, layers=3, queries=5, window_layers=1, window_queries=2, audio_queries=4, vocabulary=17,
    text_positions=9, vision=30, vision_inner=41, vision_blocks=2, image_size=42, audio=14, audio_blocks=3,
    audio_patches=16, language=11,
)  # fmt: skip
FIXTURES: dict[str, Callable[[Path], Path]] = {
    "timechat": lambda path: made_fixtures.timechat(path, made.SMALL, 2, 7, [(0, 0), (3, 3), (3, 2), (4, 1)]),
    "timechat wide": lambda path: made_fixtures.timechat(path, WIDE, 4, 5, [(0, 0), (2, 2), (9, 2)], clips=3),
    "eva": lambda path: made_fixtures.eva(path, made.SMALL, 3),
    "eva wide": lambda path: made_fixtures.eva(path, WIDE, 5),
    "audio": lambda path: made_fixtures.videollama_audio(path, made.SMALL, 2, 4, 32, 41),
    "audio wide": lambda path: made_fixtures.videollama_audio(path, WIDE, 3, 8, 47, 46),
    "mel": lambda path: made_fixtures.mel(path, [0.7, 2.0, 3.1]),
    "mel other": lambda path: made_fixtures.mel(path, [6.5], mels=64, frames=180),
}
every_fixture = pytest.mark.parametrize("make", FIXTURES.values(), ids=FIXTURES)


def run(fixture: Path) -> tuple[int, list[str]]:
    result = CliRunner().invoke(app, ["parity", str(fixture)])
    return result.exit_code, result.output.splitlines()


def outputs(fixture: Path) -> set[str]:
    inputs = {"features", "input_ids", "text_mask", "patch_mask", "pixels", "mel"}
    with safe_open(fixture, "pt") as file:
        return {name for name in file.keys() if not name.startswith(("sd.", "wave_")) and name not in inputs}  # noqa: SIM118


def changed(
    fixture: Path, change: Callable[[dict[str, torch.Tensor]], object], metadata: dict[str, str] | None = None
) -> Path:
    tensors = load_file(fixture)
    change(tensors)
    with safe_open(fixture, "pt") as file:
        save_file(tensors, fixture, {**file.metadata(), **(metadata or {})})
    return fixture


@every_fixture
def test_our_modules_give_what_the_reference_gives(make: Callable[[Path], Path], tmp_path: Path) -> None:
    fixture = make(tmp_path / "fixture.safetensors")
    code, lines = run(fixture)
    assert {line.split()[0] for line in lines} == outputs(fixture)
    for line in lines:
        name, difference, verdict = line.split()
        assert verdict == "ok", line
        assert float(difference) <= parity.TOLERANCE, name
    assert code == 0


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published fixtures are not beside the project")
def test_the_published_fixtures_agree() -> None:
    fixtures = sorted(PUBLISHED.glob("*.safetensors"))
    assert fixtures
    for fixture in fixtures:
        comparisons = parity.compare(fixture)
        assert {comparison.name for comparison in comparisons} == outputs(fixture)
        assert all(comparison.ok for comparison in comparisons), fixture


@every_fixture
def test_every_output_is_found_off_where_it_is(make: Callable[[Path], Path], tmp_path: Path) -> None:
    fixture = make(tmp_path / "fixture.safetensors")
    names = sorted(outputs(fixture))
    for name in names:
        changed(fixture, lambda tensors, name=name: tensors[name].view(-1)[-1].add_(1e-3))  # type: ignore[misc]
    code, lines = run(fixture)
    assert code == 1
    assert [line.split()[2] for line in lines] == ["off"] * len(names)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_off(number: float, tmp_path: Path) -> None:
    fixture = FIXTURES["eva"](tmp_path / "fixture.safetensors")
    code, lines = run(changed(fixture, lambda tensors: tensors["vit_out"].view(-1)[0].fill_(number)))
    assert code == 1
    assert [line.split()[2] for line in lines] == ["off", "ok"]


def test_other_weights_are_found_off(tmp_path: Path) -> None:
    fixture = FIXTURES["timechat"](tmp_path / "fixture.safetensors")
    changed(fixture, lambda tensors: tensors["sd.Qformer.bert.encoder.layer.3.output_query.dense.bias"][0].add_(0.1))
    verdicts = {line.split()[0]: line.split()[2] for line in run(fixture)[1]}
    assert verdicts.pop("ln_vision_out") == "ok"
    assert set(verdicts.values()) == {"off"}


def test_another_shape_is_off(tmp_path: Path) -> None:
    fixture = FIXTURES["eva"](tmp_path / "fixture.safetensors")
    changed(fixture, lambda tensors: tensors.update(vit_out=tensors["vit_out"][:1].clone()))
    assert run(fixture)[1][0] == "vit_out inf off"


EVA_SIZES = {"img_size": 28, "patch_size": 14, "embed_dim": 12, "depth": 3, "num_heads": 3, "mlp_ratio": 2}
BAD: dict[str, Callable[[Path], object]] = {
    "no file": lambda path: path,
    "no safetensors": lambda path: path.write_text("nothing"),
    "nothing in it": lambda path: save_file({}, path),
    "no kind": lambda path: save_file({"sd.a": torch.zeros(1)}, path),
    "no fixture of its kind": lambda path: save_file(
        {f"sd.{name}": tensor for name, tensor in made.filled(made.lora()).items()}, path
    ),
    "no metadata": lambda path: save_file(load_file(FIXTURES["eva"](path)), path),
    "no input": lambda path: changed(FIXTURES["eva"](path), lambda tensors: tensors.pop("pixels")),
    "no outputs": lambda path: changed(
        FIXTURES["eva"](path), lambda tensors: [tensors.pop(name) for name in ("vit_out", "ln_out")]
    ),
    "a key too few": lambda path: changed(
        FIXTURES["audio"](path), lambda tensors: tensors.pop("sd.audio_query_tokens")
    ),
    "a key too many": lambda path: changed(FIXTURES["eva"](path), lambda tensors: tensors.update(x=torch.zeros(1))),
    "other sizes": lambda path: changed(
        FIXTURES["eva"](path), lambda tensors: tensors,
        {"config": json.dumps({**EVA_SIZES, "embed_dim": 9})},
    ),
    "sizes that are none": lambda path: changed(FIXTURES["eva"](path), lambda tensors: tensors, {"config": '"small"'}),
    "words beyond the vocabulary": lambda path: changed(
        FIXTURES["timechat"](path), lambda tensors: tensors["input_ids"].fill_(1000)
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_a_bad_file_is_told_in_one_line(make: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    make(path)
    with pytest.raises(InputError, match=r"bad\.safetensors") as caught:
        parity.compare(path)
    assert "\n" not in str(caught.value)


def test_the_eight_clips_of_upstream() -> None:
    assert quirks.eight_clips(10.0) == [(float(start), start + 2.0) for start in range(8)]
    assert quirks.eight_clips(1.2) == [(0.0, 2.0)] * 8


def test_windows_of_upstream_are_shorter_at_the_end() -> None:
    frames = list(range(7))
    assert [frames[window] for window in quirks.fixed_windows(7, 3, 2)] == [[0, 1, 2], [2, 3, 4], [4, 5, 6], [6]]
    assert [frames[window] for window in quirks.fixed_windows(7, 0, 0)] == [frames]
