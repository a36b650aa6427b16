import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_samples import KEY_FRAMES, make_result

from microemo import report
from microemo.errors import InputError
from microemo.result import Result


def test_save_writes_one_file_a_format(video: Path, tmp_path: Path) -> None:
    result = make_result(video)
    written = report.save(result, tmp_path / "new" / "folder", key_frames=KEY_FRAMES)
    assert written == [tmp_path / "new/folder/result.json", tmp_path / "new/folder/report.html"]
    assert sorted(path.name for path in written[0].parent.iterdir()) == ["report.html", "result.json"]
    assert Result.model_validate_json(written[0].read_bytes()) == result


def test_same_result_same_bytes(video: Path, tmp_path: Path) -> None:
    result = make_result(video)
    first, second = (
        [path.read_bytes() for path in report.save(result, tmp_path / name, key_frames=KEY_FRAMES)]
        for name in ("one", "two")
    )
    assert first == second


def test_unknown_format_names_the_choices(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^docx: unknown report format; choose from json, html, csv, "):
        report.save(make_result(tmp_path / "a.mp4"), tmp_path / "out", ["json", "docx"])
    assert not (tmp_path / "out").exists()


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (path,) = report.save(make_result(tmp_path / "a.mp4"), tmp_path / "out", ["json"])
    before = path.read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(InputError, match="No space left on device"):
        report.save(make_result(tmp_path / "a.mp4", warnings=("new",)), tmp_path / "out", ["json"])
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_folder_stays_inside_its_directory(name: str) -> None:
    folder = report.folder_name(name)
    assert folder not in ("", ".", "..")
    assert os.path.basename(folder) == folder  # noqa: PTH119 - what the file system would make of it


def test_folder_is_the_stem() -> None:
    assert report.folder_name("videos/My talk.v2.mp4") == "My talk.v2"
