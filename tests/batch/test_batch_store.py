import threading
from pathlib import Path

import pytest

from microemo.batch.store import Outcome, Store
from microemo.data.manifest import Sample
from microemo.errors import InputError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "out")


def put(text: str) -> object:
    return lambda folder: (folder / "a.txt").write_text(text)


def test_a_folder_is_whole_or_not_there(store: Store) -> None:
    def half(folder: Path) -> None:
        (folder / "a.txt").write_text("a")
        assert not store.folder("key").exists()
        raise RuntimeError

    with store.claimed("key"), pytest.raises(RuntimeError):
        store.keep("key", Outcome(), half)
    assert store.outcome("key") is None
    assert list(store.folder("key").parent.iterdir()) == []


def test_what_a_killed_process_left_is_replaced(store: Store) -> None:
    part = store.folder("key").with_name(".key")
    part.mkdir(parents=True)
    (part / "half.txt").write_text("half")
    with store.claimed("key"):
        store.keep("key", Outcome(), put("whole"))
    assert sorted(path.name for path in store.folder("key").iterdir()) == ["a.txt", "job.json"]
    assert not part.exists()


@pytest.mark.parametrize("damage", ["", "{", '{"colour": 1}'])
def test_a_damaged_folder_is_none_and_is_replaced(store: Store, damage: str) -> None:
    with store.claimed("key"):
        store.keep("key", Outcome(error="why"))
    (store.folder("key") / "job.json").write_text(damage)
    assert store.outcome("key") is None
    with store.claimed("key"):
        store.keep("key", Outcome(), put("new"))
    assert store.outcome("key") == Outcome()


def test_only_what_failed_is_forgotten(store: Store) -> None:
    for key, outcome in (("good", Outcome()), ("bad", Outcome(error="why"))):
        with store.claimed(key):
            store.keep(key, outcome)
        store.forget_failed(key)
    store.forget_failed("absent")
    assert [store.outcome(key) for key in ("good", "bad", "absent")] == [Outcome(), None, None]


def test_one_at_a_time_is_at_work_on_a_clip(store: Store) -> None:
    """And claims of what is done leave nothing behind."""
    made: list[int] = []

    def work(number: int) -> None:
        with Store(store.root).claimed("key"):
            if store.outcome("key") is None:
                made.append(number)
                store.keep("key", Outcome(), put(str(number)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert (store.folder("key") / "a.txt").read_text() == str(made[0])
    assert list((store.root / ".locks").iterdir()) == []


def test_names_are_kept_whatever_they_are(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_text("a")
    for name in ("../../escape", "a/b.mp4", "é\n", "x" * 5000):
        assert store.look(Sample(name=name, path=file)) == store.content(name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "out"]
    assert store.content("unseen") is None


def test_a_file_that_has_gone_is_noted(store: Store, tmp_path: Path) -> None:
    content = store.look(Sample(name="gone", path=tmp_path / "gone.mp4"))
    assert content.sha256 is None
    assert "gone.mp4: cannot be read" in str(content.error)


def test_where_nothing_can_be_written_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(InputError, match=r"out: cannot be written .*--out"), Store(tmp_path / "out").claimed("key"):
        pass
