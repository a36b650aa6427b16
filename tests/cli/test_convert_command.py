"""``microemo convert``: earlier results in other formats."""

import re
from pathlib import Path

import pytest
from console import Run
from report_samples import make_result

from microemo import report
from microemo.cli.terminal import FORMATS_HELP


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    report.save(make_result(Path("talk.mp4")), tmp_path / "talk", ["json"])
    return tmp_path / "talk"


def test_a_result_or_its_folder_is_written_beside_it(folder: Path, run: Run) -> None:
    for given in (folder, folder / "result.json"):
        done = run("convert", str(given), "--formats", "srt,eaf")
        assert done.code == 0
        assert done.stdout.split() == [str(folder / "captions.srt"), str(folder / "annotations.eaf")]


def test_or_into_a_folder_each(folder: Path, tmp_path: Path, run: Run) -> None:
    done = run("convert", str(folder), str(folder), "--formats", "bids", "--out", str(tmp_path / "out"))
    assert done.code == 0
    assert {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.tsv")} == {
        "talk/events.tsv", "talk-2/events.tsv",
    }  # fmt: skip


def test_a_folder_is_called_as_the_one_that_has_the_result(
    folder: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotted = folder.rename(tmp_path / "talk.take.2")
    for given, place in ((str(dotted), tmp_path), ("result.json", dotted), (".", dotted)):
        monkeypatch.chdir(place)
        done = run("convert", given, "--formats", "srt", "--out", str(tmp_path / "out"))
        assert done.code == 0, done.stderr
        assert done.stdout.split() == [str(tmp_path / "out" / "talk.take.2" / "captions.srt")]


def test_excel_adds_its_tables_once(folder: Path, run: Run) -> None:
    for formats in ("srt", "srt,excel"):
        done = run("convert", str(folder), "--formats", formats, "--excel")
        names = [Path(path).name for path in done.stdout.split()]
        assert done.code == 0 and names[0] == "captions.srt" and len(set(names)) == len(names)
        assert "utterances.excel.csv" in names and "utterances.csv" not in names
    assert (folder / "utterances.excel.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_what_is_no_result_is_said_and_the_others_are_written(folder: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "no.json").write_text("{}")
    done = run("convert", str(tmp_path / "no.json"), str(folder), "--formats", "srt")
    assert done.code == 1 and (folder / "captions.srt").exists()
    assert "not a result.json of this version" in done.stderr and done.stderr.count("\n") == 1


def test_an_unknown_format_is_said_before_anything_is_written(folder: Path, run: Run) -> None:
    done = run("convert", str(folder), "--formats", "srt,docx")
    assert done.code == 2 and "docx" in done.stderr and not (folder / "captions.srt").exists()


def test_corrections_are_in_what_is_written(folder: Path, tmp_path: Path, run: Run) -> None:
    corrected = tmp_path / "corrections.json"
    corrected.write_text('{"clip": "talk.mp4", "utterances": [{"utterance": 0, "end_sec": 1.5}]}')
    done = run("convert", str(folder), "--corrections", str(corrected), "--formats", "srt")
    assert done.code == 0 and "--> 00:00:01,500" in (folder / "captions.srt").read_text()
    corrected.write_text('{"clip": "talk.mp4", "utterances": [{"utterance": 9}]}')
    done = run("convert", str(folder), "--corrections", str(corrected), "--formats", "srt")
    assert done.code == 2 and done.stderr == "microemo: error: talk.mp4: there is no utterance 9 to correct\n"
    assert run("convert", str(folder), str(folder), "--corrections", str(corrected), "--formats", "srt").code == 2


def test_the_help_names_every_format() -> None:
    assert set(report.FORMATS) <= set(re.findall(r"\w+", FORMATS_HELP))
