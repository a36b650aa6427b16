"""The cache gives what was computed, keeps within its space, and survives damage, death and company."""

import logging
import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from microemo.errors import InputError
from microemo.train.cache import FeatureCache, Shard, key_of, weights_hash

ROOMY = 1 << 20


def key(number: int) -> str:
    return f"{number:064x}"[::-1]


def shard(number: int, size: int = 100) -> Shard:
    tensors = {"0.frames": torch.full((size,), number, dtype=torch.bfloat16), "0.audio": torch.arange(3) + number}
    return Shard(tensors, f'{{"number": {number}}}')


def same(one: Shard, other: Shard) -> bool:
    names = one.tensors.keys() == other.tensors.keys()
    return (
        names and one.facts == other.facts and all(torch.equal(one.tensors[n], other.tensors[n]) for n in one.tensors)
    )


def never() -> Shard:
    raise AssertionError("computed again")


def shards_in(directory: Path) -> list[Path]:
    return list(directory.glob("??/*.safetensors"))


def size_of(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.glob("??/*"))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 300)), min_size=1, max_size=30), st.integers(500, 4000))
def test_it_always_gives_what_was_computed_and_never_takes_more_space(
    wanted: list[tuple[int, int]], max_bytes: int
) -> None:
    with TemporaryDirectory() as folder:
        cache = FeatureCache(Path(folder), max_bytes)
        for number, size in wanted:
            entry = key(1000 * number + size)
            assert same(cache.get(entry, partial(shard, number, size)), shard(number, size))
            assert size_of(Path(folder)) <= max_bytes


def test_facts_come_without_their_tensors(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, ROOMY)
    assert cache.facts(key(1)) is None
    cache.get(key(1), lambda: shard(1))
    assert cache.facts(key(1)) == shard(1).facts


@settings(max_examples=25)
@given(st.permutations(range(4)))
def test_what_was_used_last_stays(order: list[int]) -> None:
    with TemporaryDirectory() as folder:
        roomy = FeatureCache(Path(folder), ROOMY)
        for number in range(4):
            roomy.get(key(number), partial(shard, number))
        one = shards_in(Path(folder))[0].stat().st_size
        for time, number in enumerate(order, start=1):
            roomy.get(key(number), never)
            path = next(Path(folder).glob(f"??/{key(number)}*"))
            os.utime(path, ns=(time, time))  # the clock of a file system may be too coarse for this
        tight = FeatureCache(Path(folder), 4 * one)
        tight.get(key(9), partial(shard, 9))
        left = {path.stem for path in shards_in(Path(folder))}
        assert key(9) in left
        assert left - {key(9)} == {key(number) for number in order[-(len(left) - 1) :]}
        assert len(left) >= 3


@pytest.mark.parametrize("harm", ["flipped", "cut", "emptied", "replaced"])
def test_a_damaged_shard_is_named_and_computed_again(
    tmp_path: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache = FeatureCache(tmp_path, ROOMY)
    cache.get(key(1), lambda: shard(1))
    (path,) = shards_in(tmp_path)
    content = path.read_bytes()
    harmed = {"flipped": content[:-1] + bytes([content[-1] ^ 1]), "cut": content[:-9], "emptied": b"", "replaced": b"?"}
    path.write_bytes(harmed[harm])
    with caplog.at_level(logging.WARNING):
        assert same(cache.get(key(1), lambda: shard(1)), shard(1))
    assert [record.getMessage() for record in caplog.records] == [f"{path} is damaged; it is computed again"]
    assert same(cache.get(key(1), never), shard(1))


@settings(max_examples=60)
@given(st.data())
def test_no_flipped_bit_goes_unseen(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        cache = FeatureCache(Path(folder), ROOMY)
        cache.get(key(1), lambda: shard(1))
        (path,) = shards_in(Path(folder))
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(content)
        assert same(cache.get(key(1), lambda: shard(1)), shard(1))


def computed(folder: Path, number: int) -> Shard:
    """Leaves a mark each time."""
    (folder / f"{number}.{os.getpid()}.{os.urandom(4).hex()}").touch()
    return shard(number)


def get_all(cache: Path, marks: Path) -> bool:
    store = FeatureCache(cache, ROOMY)
    return all(same(store.get(key(n), partial(computed, marks, n)), shard(n)) for n in range(12))


def test_several_processes_compute_each_shard_once(tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        jobs = [pool.submit(get_all, tmp_path / "cache", tmp_path / "marks") for _ in range(3)]
        assert all(job.result() for job in jobs)
    assert sorted(int(path.name.split(".")[0]) for path in (tmp_path / "marks").iterdir()) == list(range(12))


def test_a_killed_process_leaves_a_cache_that_goes_on(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; import torch;"
        "from microemo.train.cache import FeatureCache, Shard;"
        f"cache = FeatureCache(Path({str(tmp_path)!r}), {ROOMY});"
        f"cache.get({key(1)!r}, lambda: Shard({{'x': torch.ones(3)}}));"
        f"cache.get({key(2)!r}, lambda: os.kill(os.getpid(), signal.SIGKILL))"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    cache = FeatureCache(tmp_path, ROOMY)
    assert torch.equal(cache.get(key(1), never).tensors["x"], torch.ones(3))
    assert same(cache.get(key(2), lambda: shard(2)), shard(2))


def test_a_shard_larger_than_the_space_is_not_kept(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, 100)
    assert same(cache.get(key(1), lambda: shard(1)), shard(1))
    assert not shards_in(tmp_path)


def test_media_weights_and_settings_all_make_another_key(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        file.write_text(file.name)
    keys = [
        key_of([files[0]], "w", {"frames": 8}), key_of([files[1]], "w", {"frames": 8}),
        key_of(files, "w", {"frames": 8}), key_of([files[0]], "v", {"frames": 8}),
        key_of([files[0]], "w", {"frames": 9}),
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)
    files[1].write_text("a")
    assert key_of([files[1]], "w", {"frames": 8}) == keys[0]  # by content, not by name
    with pytest.raises(InputError, match="absent"):
        key_of([tmp_path / "absent"], "w", None)


def test_the_weights_hash_tells_any_change() -> None:
    torch.manual_seed(0)
    one = nn.Linear(2, 2)
    before = weights_hash(one)
    assert weights_hash(one) == before
    with torch.no_grad():
        one.bias[0] += 1e-6
    assert weights_hash(one) != before
