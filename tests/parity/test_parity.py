"""Parity: fixtures of any sizes, recorded here by an independent reference, and the published ones; the command."""

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import made_fixtures
import pytest
import torch
import upstream_checkpoints as made
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from microemo.errors import InputError
from microemo.parity import compare, quirks
from microemo.parity.__main__ import main

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
    """Exit code and lines of the command, in this process: for what does not depend on the processor."""
    with contextlib.redirect_stdout(io.StringIO()) as output:
        code = main([str(fixture)])
    return code, output.getvalue().splitlines()


def run_process(fixture: Path) -> tuple[int, list[str]]:
    """The same of the command as it is documented."""
    command = [sys.executable, "-m", "microemo.parity", str(fixture)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.stderr == ""
    return process.returncode, process.stdout.splitlines()


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
    with_fft = any(name.startswith("mel_") for name in outputs(fixture))  # which differs from processor to processor
    agrees(fixture, run_process(fixture) if with_fft else run(fixture))


def agrees(fixture: Path, outcome: tuple[int, list[str]]) -> None:
    code, lines = outcome
    assert {line.split()[0] for line in lines} == outputs(fixture)
    for line in lines:
        name, difference, verdict = line.split()
        assert verdict == "ok", line
        assert float(difference) <= compare.TOLERANCE == 1e-4, name
    assert code == 0


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published fixtures are not beside the project")
def test_the_published_fixtures_agree() -> None:
    fixtures = sorted(PUBLISHED.glob("*.safetensors"))
    assert fixtures
    for fixture in fixtures:
        agrees(fixture, run_process(fixture))


def test_the_command_chooses_the_arithmetic_before_torch_comes(tmp_path: Path) -> None:
    """Else the figures would be those of the processor's own FFT, which differ by more than the tolerance."""
    fixture = FIXTURES["mel"](tmp_path / "fixture.safetensors")
    program = (
        "import os, runpy, sys, microemo.parity; assert 'torch' not in sys.modules; seen = []\n"
        "class Watch:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch': seen.append(os.environ['MKL_CBWR'])\n"
        "sys.meta_path.insert(0, Watch())\n"
        "try: runpy.run_module('microemo.parity', run_name='__main__')\n"
        "except SystemExit as stop: assert not stop.code\n"
        "assert seen == ['COMPATIBLE'], seen\n"
    )
    subprocess.run([sys.executable, "-c", program, str(fixture)], check=True)


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
        compare.compare(path)
    assert "\n" not in str(caught.value)


def comparing(monkeypatch: pytest.MonkeyPatch, **differences: float) -> None:
    found = [compare.Comparison(name, difference) for name, difference in differences.items()]
    monkeypatch.setattr(compare, "compare", lambda path: found)


def test_a_line_an_output_and_zero_where_all_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    comparing(monkeypatch, vit_out=7.512e-6, ln_out=1e-4)
    assert run(Path("fixture.safetensors")) == (0, ["vit_out 7.51e-06 ok", "ln_out 1.00e-04 ok"])


@pytest.mark.parametrize("difference", [1.1e-4, float("inf"), float("nan")])
def test_one_where_an_output_is_off(monkeypatch: pytest.MonkeyPatch, difference: float) -> None:
    comparing(monkeypatch, vit_out=0.0, ln_out=difference)
    code, lines = run(Path("fixture.safetensors"))
    assert code == 1
    assert [line.split()[-1] for line in lines] == ["ok", "off"]


def test_two_and_one_line_for_a_bad_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.safetensors").write_text("nothing")
    for name in ("text.safetensors", "absent.safetensors"):
        assert run(Path(name)) == (2, [])
        error = capsys.readouterr().err
        assert error.startswith(f"microemo: error: {name}")
        assert error.count("\n") == 1


def test_two_where_the_file_does_not_fit_together(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(path: Path) -> None:
        raise InputError(f"{path} does not fit together: there is no pixels")

    monkeypatch.setattr(compare, "compare", fail)
    assert run(Path("a.safetensors")) == (2, [])
    assert capsys.readouterr().err == "microemo: error: a.safetensors does not fit together: there is no pixels\n"


@pytest.mark.parametrize("arguments", [[], ["--nonsense"], ["a", "b"]])
def test_two_for_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2


def test_the_eight_clips_of_upstream() -> None:
    assert quirks.eight_clips(10.0) == [(float(start), start + 2.0) for start in range(8)]
    assert quirks.eight_clips(1.2) == [(0.0, 2.0)] * 8


def test_windows_of_upstream_are_shorter_at_the_end() -> None:
    frames = list(range(7))
    assert [frames[window] for window in quirks.fixed_windows(7, 3, 2)] == [[0, 1, 2], [2, 3, 4], [4, 5, 6], [6]]
    assert [frames[window] for window in quirks.fixed_windows(7, 0, 0)] == [frames]
