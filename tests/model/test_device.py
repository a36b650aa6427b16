"""All tensors follow the model's device, and a device that is not there is an error of one line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from microemo.device import compute_dtype, resolve
from microemo.errors import MicroEmoError
from microemo.perception.asr import _placement

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("config", ["tiny", "sampled", "paper"])
def test_no_tensor_is_left_behind(config: str) -> None:
    paths = os.pathsep.join([str(TESTS), str(TESTS / "model"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, str(TESTS / "model" / "fake_device.py"), config]
    run = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]


def test_devices_are_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert resolve() == resolve("cpu") == torch.device("cpu")
    for name, message in (("cuda", "cuda: .*no such device; there is cpu"), ("tpu", "known are auto, cpu")):
        with pytest.raises(MicroEmoError, match=message) as error:
            resolve(name)
        assert "\n" not in str(error.value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve() == torch.device("cuda")


@pytest.mark.parametrize(("has_bf16", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_the_dtype_is_what_the_device_calculates_in(
    has_bf16: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has_bf16)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: has_bf16)
    assert compute_dtype(torch.device("cpu")) == compute_dtype(torch.device("cuda")) == dtype
    assert compute_dtype(torch.device("mps")) == torch.float32


def test_speech_recognition_runs_where_its_library_can() -> None:
    assert _placement(torch.device("cuda", 1))["device_index"] == 1
    assert (
        _placement(torch.device("mps")) == _placement(torch.device("cpu")) == {"device": "cpu", "compute_type": "int8"}
    )
