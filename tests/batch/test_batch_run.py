import threading
from pathlib import Path

import made_study
import pyarrow.parquet as pq
import pytest
from made_study import MadeStages, begun_of, dataset

from microemo.batch import Batch, Settings, run
from microemo.errors import InputError, WeightsError
from microemo.result import Result

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return made_study.write(
        tmp_path / "study", good="good", fine="fine", copy="good", cut="broken", odd="bug", other="other"
    )


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def clips(out: Path) -> dict[str, dict[str, object]]:
    return {str(row["clip"]): row for row in pq.read_table(out / "dataset" / "clips.parquet").to_pylist()}


def test_the_good_have_results_and_the_bad_have_reasons(study: Path, out: Path, stages: MadeStages) -> None:
    (study / "notes.txt").write_text("notes")
    batch = run([str(study)], out, stages)
    assert batch == Batch(
        done=("copy.mp4", "fine.mp4", "good.mp4", "other.mp4"),
        failed={"cut.mp4": "cut.mp4: cannot be opened", "odd.mp4": "RuntimeError: first line second line"},
        left_alone=(study / "notes.txt",),
        num_new=5,
        num_missing=0,
        dataset=out.absolute() / "dataset",
    )
    rows = clips(out)
    assert {name: row["error"] for name, row in rows.items() if row["error"]} == batch.failed
    for name in batch.done:
        result = Result.read(out / str(rows[name]["folder"]) / "result.json")
        assert rows[name]["labels"] == ", ".join(emotion.label for emotion in result.overall.emotions)


def test_the_same_content_is_analysed_once_and_both_are_named(study: Path, out: Path, stages: MadeStages) -> None:
    run([str(study)], out, stages)
    rows = clips(out)
    assert rows["good.mp4"] | {"clip": "", "path": ""} == rows["copy.mp4"] | {"clip": "", "path": ""}
    assert begun_of(study)["good.mp4"] + begun_of(study)["copy.mp4"] == 1


def test_what_is_done_stays_done_and_what_failed_too(study: Path, out: Path, stages: MadeStages) -> None:
    first = run([str(study)], out, stages)
    before, begun = dataset(out), begun_of(study)
    again = run([str(study)], out, stages)
    assert (again.done, again.failed, again.num_new) == (first.done, first.failed, 0)
    assert (begun_of(study), dataset(out)) == (begun, before)


def test_what_failed_is_tried_again_on_demand(study: Path, out: Path, stages: MadeStages) -> None:
    run([str(study)], out, stages)
    begun = begun_of(study)
    again = run([str(study)], out, stages, retry_failed=True)
    assert begun_of(study) - begun == {"cut.mp4": 1, "odd.mp4": 1}
    assert list(again.failed) == ["cut.mp4", "odd.mp4"]


def test_a_file_that_changes_is_another_and_a_name_is_not_content(study: Path, out: Path, stages: MadeStages) -> None:
    run([str(study)], out, stages)
    (study / "fine.mp4").write_text("finer")
    (study / "good.mp4").rename(study / "renamed.mp4")
    assert run([str(study)], out, stages).num_new == 1
    assert {"renamed.mp4", "copy.mp4", "fine.mp4"} <= clips(out).keys()
    assert "good.mp4" not in clips(out)


def test_other_settings_and_other_models_have_other_folders(
    study: Path, out: Path, stages: MadeStages, tmp_path: Path
) -> None:
    first = run([str(study)], out, stages)
    assert run([str(study)], out, MadeStages(stages.model, Settings(formats=("json",), asr=False))).num_new == 5
    other = tmp_path / "other_model"
    other.mkdir()
    for file in Path(stages.model).iterdir():
        (other / file.name).write_bytes(file.read_bytes().replace(b'"version": "', b'"version": "other'))
    assert run([str(study)], out, MadeStages(str(other), stages.settings)).num_new == 5
    again = run([str(study)], out, stages)
    assert (again.num_new, again.done) == (0, first.done)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_the_last_shard_writes_the_data_set_of_all(
    study: Path, out: Path, stages: MadeStages, tmp_path: Path, order: tuple[int, ...]
) -> None:
    batches = [run([str(study)], out, stages, shard=(number, 3)) for number in order]
    assert [batch.num_missing for batch in batches] == [4, 2, 0]
    assert [batch.dataset is not None for batch in batches] == [False, False, True]
    assert sorted(name for batch in batches for name in batch.done) == ["copy.mp4", "fine.mp4", "good.mp4", "other.mp4"]
    run([str(study)], tmp_path / "alone", stages)
    assert dataset(out) == dataset(tmp_path / "alone")


def test_two_at_once_break_nothing_and_do_nothing_twice(
    study: Path, out: Path, stages: MadeStages, tmp_path: Path
) -> None:
    batches: list[Batch] = []
    both = [threading.Thread(target=lambda: batches.append(run([str(study)], out, stages))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert batches[0].done == batches[1].done
    assert set(begun_of(study).values()) == {1}
    run([str(study)], tmp_path / "alone", stages)
    assert dataset(out) == dataset(tmp_path / "alone")


def test_what_no_clip_can_do_without_ends_the_batch_and_is_no_failure_of_a_clip(
    study: Path, out: Path, stages: MadeStages
) -> None:
    made_study.write(study, more="weights")
    with pytest.raises(WeightsError, match="face_landmarker"):
        run([str(study)], out, stages)
    (study / "more.mp4").write_text("more")
    assert "more.mp4" in run([str(study)], out, stages).done


def test_rows_of_a_manifest_that_are_no_clips_are_failures(study: Path, out: Path, stages: MadeStages) -> None:
    manifest = study / "clips.jsonl"
    manifest.write_text(
        '{"name": "one", "path": "good.mp4", "speaker": "Ann"}\n{"name": "two", "path": "gone.mp4"}\n'
        '{"name": "three", "path": "fine.mp4", "subtitle_file": "notes.srt"}\n'
    )
    (study / "notes.srt").write_bytes(b"\xff\xfe\x00no subtitles\xff")
    batch = run([str(manifest)], out, stages)
    assert batch.done == ("one",)
    assert batch.failed.keys() == {"line 2", "three"}
    assert "notes.srt" in batch.failed["three"]
    assert (clips(out)["one"]["speaker"], clips(out)["three"]["folder"]) == ("Ann", None)


def test_progress_is_in_clips(study: Path, out: Path, stages: MadeStages) -> None:
    calls: list[tuple[str, float, float | None]] = []
    run([str(study)], out, stages, hook=lambda *call: calls.append(call))
    assert calls == [*(("read", number, 6) for number in range(7)), *(("analyze", number, 5) for number in range(6))]


def test_without_a_model_or_clips_nothing_begins(study: Path, out: Path, stages: MadeStages, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no model"):
        run([str(study)], out, MadeStages(str(tmp_path), Settings()))
    with pytest.raises(InputError, match="no such"):
        run([str(study / "absent")], out, stages)
    assert not out.exists()
