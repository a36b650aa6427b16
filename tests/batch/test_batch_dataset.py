from pathlib import Path

import pyarrow.parquet as pq
import pytest
from made_study import dataset
from people_samples import make_people_result

from microemo.batch.dataset import CLIPS, Entry, write
from microemo.batch.store import Outcome, Store
from microemo.data.manifest import Sample
from microemo.errors import InputError
from microemo.report import save, tables
from microemo.result import Result
from microemo.schema import Effect


@pytest.fixture
def result(tmp_path: Path) -> Result:
    """Of several people, with every kind of row."""
    result = make_people_result(tmp_path / "meeting.mp4")
    effects = (Effect(clue=1, label="annoyed", change=-0.25),)
    utterances = (result.utterances[0].model_copy(update={"effects": effects}), *result.utterances[1:])
    return result.model_copy(update={"utterances": utterances})


def entry(store: Store, name: str, result: Result | None, error: str | None = None) -> Entry:
    if result is not None:
        with store.claimed("key"):
            store.keep("key", Outcome(), lambda folder: save(result, folder, ["json"]) and None)
    return Entry(Sample(name=name, path=Path(f"study/{name}"), speaker="Ann"), "key" if result else None, error)


def read(out: Path, table: str) -> list[dict[str, object]]:
    return pq.read_table(out / "dataset" / f"{table}.parquet").to_pylist()


def test_every_table_is_that_of_the_results_with_the_clip_in_front(result: Result, tmp_path: Path) -> None:
    store = Store(tmp_path / "out")
    write(store, [entry(store, "a.mp4", result), entry(store, "b/c.mp4", result)])
    for name in tables.COLUMNS:
        rows = tables.rows(result, name)
        assert rows, name
        expected = [{"clip": clip, **row} for clip in ("a.mp4", "b/c.mp4") for row in rows]
        assert read(store.root, name) == expected


def test_a_clip_has_a_row_whatever_became_of_it(result: Result, tmp_path: Path) -> None:
    store = Store(tmp_path / "out")
    write(store, [entry(store, "a.mp4", result), entry(store, "b.mp4", None, "cannot be read")])
    good, bad = read(store.root, "clips")
    assert list(good) == list(bad) == list(CLIPS)
    assert (good["clip"], good["path"], good["folder"]) == ("a.mp4", "study/a.mp4", "clips/key")
    assert (good["speaker"], good["error"], bad["error"]) == ("Ann", None, "cannot be read")
    assert good["duration_sec"] == result.clip.duration_sec
    assert good["label"] == result.overall.emotions[0].label
    assert {name for name, value in bad.items() if value is not None} == {"clip", "path", "speaker", "error"}


def test_a_table_without_rows_has_the_same_columns(result: Result, tmp_path: Path) -> None:
    full, empty = Store(tmp_path / "full"), Store(tmp_path / "empty")
    write(full, [entry(full, "a.mp4", result)])
    write(empty, [entry(empty, "a.mp4", None, "cannot be read")])
    for file in (full.root / "dataset").iterdir():
        schema = pq.read_schema(file)
        assert schema == pq.read_schema(empty.root / "dataset" / file.name)
        assert [name for name in schema.names if name != name.lower()] == []


def test_the_same_study_gives_the_same_bytes_however_often_it_is_written(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path / "out")
    entries = [entry(store, f"{number}.mp4", result) for number in range(5)]
    write(store, entries)
    first = dataset(store.root)
    (store.root / "dataset" / ".clips.parquet").write_text("what a killed process left")
    write(Store(store.root), entries)
    assert dataset(store.root) == first
    monkeypatch.setattr("microemo.batch.dataset.ROWS", 3)  # as many rows as need several groups
    write(store, entries)
    assert [row["clip"] for row in read(store.root, "clips")] == [f"{number}.mp4" for number in range(5)]
    assert len(read(store.root, "clues")) == 5 * len(result.clues)


def test_a_result_that_has_gone_is_named(result: Result, tmp_path: Path) -> None:
    store = Store(tmp_path / "out")
    entries = [entry(store, "a.mp4", result)]
    (store.folder("key") / "result.json").unlink()
    with pytest.raises(InputError, match=r"key/result\.json: cannot be read"):
        write(store, entries)
