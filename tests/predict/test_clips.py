import json
from pathlib import Path

import pytest

from microemo.errors import InputError
from microemo.predict.clips import ClipEntry, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.mp4", "a.WAV", "notes.txt", "sub/c.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_is_its_media_files_by_name(folder: Path) -> None:
    assert read(folder) == (ClipEntry("a", folder / "a.WAV"), ClipEntry("b", folder / "b.mp4"))


def test_a_manifest_keeps_its_order_and_says_more(folder: Path) -> None:
    rows = [
        {"path": "sub/c.mp4", "name": "dia0", "subtitle": " Oh,\n no. ", "speaker": "Ann", "openset": "['sad']"},
        {"path": "b.mp4", "subtitle": None, "speaker": ""},
    ]
    as_csv = "name,path,subtitle,speaker,openset\ndia0,sub/c.mp4,\" Oh,\n no. \",Ann,['sad']\n,b.mp4,,,\n"
    (folder / "clips.csv").write_text(as_csv, encoding="utf-8-sig")
    (folder / "clips.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    expected = (ClipEntry("dia0", folder / "sub/c.mp4", "Oh, no.", "Ann"), ClipEntry("b", folder / "b.mp4"))
    assert read(folder / "clips.csv") == read(folder / "clips.jsonl") == expected


def test_an_absolute_path_is_left_as_it_is(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    manifest = tmp_path_factory.mktemp("elsewhere") / "clips.csv"
    manifest.write_text(f"path\n{folder / 'b.mp4'}\n")
    assert read(manifest) == (ClipEntry("b", folder / "b.mp4"),)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("m.csv", "path\nb.mp4\nnone.mp4\n", "line 3: no file"),
        ("m.csv", "path,name\nb.mp4,x\na.WAV,x\n", "line 3: x again, after line 2"),
        ("m.csv", "path\n", "no clips"),
        ("m.csv", "", "no clips"),
        ("m.csv", "name\nb\n", "line 2: no path"),
        ("m.csv", 'path\n"b.mp4\n', "quoting"),
        ("m.jsonl", '{"path": "b.mp4"}\n["b.mp4"]\n', "line 2: not a JSON object"),
        ("m.jsonl", '{"name": "b"}\n', "line 1: no path"),
        ("m.csv", b"path\n\xff.mp4\n", "not UTF-8"),
    ],
)
def test_a_fault_is_one_line_that_names_it(folder: Path, name: str, content: str | bytes, told: str) -> None:
    manifest = folder / name
    manifest.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=told) as error:
        read(manifest)
    assert str(manifest) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_manifest_and_a_folder_without_media_are_named(folder: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be read"):
        read(folder / "none.csv")
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="empty: no clips"):
        read(folder / "empty")


def test_two_files_of_one_stem_are_two_clips_of_one_name(folder: Path) -> None:
    (folder / "b.wav").touch()
    with pytest.raises(InputError, match=r"b\.wav: b again, after b\.mp4"):
        read(folder)


def test_of_many_faults_five_are_told_and_the_rest_counted(folder: Path) -> None:
    (folder / "m.csv").write_text("path\n" + "".join(f"none{number}.mp4\n" for number in range(8)))
    with pytest.raises(InputError, match="and 3 more") as error:
        read(folder / "m.csv")
    assert str(error.value).count("no file") == 5
