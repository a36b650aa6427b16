"""Groups: what given ones lack is named, files survive being written and read, and what is no such file is named."""

import json
import pickle
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.errors import InputError
from microemo.evaluate.groups import GivenGroups, read_groups, save_groups
from microemo.evaluate.metrics import Groups

GIVEN = GivenGroups("groups.zip", {"a": (("sad", "unhappy"), ("don", "t believe")), "b": (("glad",),)})
GROUPS: dict[str, Groups] = {
    "sample_1": (("happy", "glad"), ("sad",)),
    "sample_2": (("don't believe", "doubtful"),),
    "dia0/utt1": (('so-called "fine"',), ("wütend",)),
    "silent": (),
}
words = st.from_regex(r"[a-zäéß'\"-]{1,8}( [a-z]{1,5})?", fullmatch=True)
partitions = st.lists(words, unique=True, max_size=8).flatmap(
    lambda labels: st.lists(st.integers(0, 3), min_size=len(labels), max_size=len(labels)).map(
        lambda numbers: tuple(
            tuple(label for label, of in zip(labels, numbers, strict=True) if of == number)
            for number in sorted(set(numbers))
        )
    )
)


def test_groups_are_those_given() -> None:
    assert GIVEN.group({"a": ["unhappy", "sad"]}) == {"a": GIVEN.groups["a"]}


def test_a_clip_without_groups_is_named() -> None:
    with pytest.raises(InputError, match=r"groups\.zip: no groups for c, d; group again"):
        GIVEN.group({"a": ["sad"], "c": ["sad"], "d": []})


def test_a_label_without_a_group_is_named() -> None:
    with pytest.raises(InputError, match=r"groups\.zip: no group for angry of b; group again"):
        GIVEN.group({"a": ["sad"], "b": ["glad", "angry"]})


def test_labels_are_cut_at_quotation_marks_only_if_the_groups_have_their_pieces() -> None:
    assert GIVEN.spelled("a", ["sad", "don't believe"]) == ("sad", "don", "t believe")
    assert GIVEN.spelled("b", ["don't believe"]) == ("don't believe",)


def test_saved_groups_are_read_back(tmp_path: Path) -> None:
    assert read_groups(save_groups(GROUPS, tmp_path / "new" / "judged.zip")) == GROUPS
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["judged.zip"]


@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9_-]{1,10}", fullmatch=True), partitions, min_size=1, max_size=4))
def test_any_groups_are_read_back(groups: dict[str, Groups]) -> None:
    with TemporaryDirectory() as folder:
        assert read_groups(save_groups(groups, Path(folder) / "groups.zip")) == groups


def test_the_zip_has_the_published_layout(tmp_path: Path) -> None:
    path = save_groups({"sample_1": GROUPS["sample_1"]}, tmp_path / "openset-synonym.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["openset-synonym/sample_1.npy"]
        array = np.load(archive.open("openset-synonym/sample_1.npy"), allow_pickle=False)
    assert (array.shape, array.dtype.kind, str(array)) == ((), "U", "[['happy', 'glad'], ['sad']]")


def test_the_same_groups_make_the_same_file(tmp_path: Path) -> None:
    backwards = dict(reversed(GROUPS.items()))
    first, second = save_groups(GROUPS, tmp_path / "a" / "g.zip"), save_groups(backwards, tmp_path / "b" / "g.zip")
    assert first.read_bytes() == second.read_bytes()


def test_an_unpacked_folder_and_json_hold_the_same_groups(tmp_path: Path) -> None:
    with zipfile.ZipFile(save_groups(GROUPS, tmp_path / "g.zip")) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "g.json").write_text(json.dumps(GROUPS))
    assert read_groups(tmp_path / "g") == read_groups(tmp_path / "g.json") == GROUPS


def test_a_zip_without_a_folder_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", np.array("[['calm']]"))
    with zipfile.ZipFile(tmp_path / "flat.zip", "w") as archive:
        archive.write(tmp_path / "clip.npy", "clip.npy")
    assert read_groups(tmp_path / "flat.zip") == {"clip": (("calm",),)}


def test_labels_are_spelled_as_tables_spell_them(tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text('{"clip": [["Happy ", "happy", "very  glad"], []]}')
    assert read_groups(tmp_path / "g.json") == {"clip": (("happy", "very glad"),)}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (np.array("[['happy'"), "clip does not hold a list of lists"),
        (np.array("__import__('os').getcwd()"), "clip does not hold a list of lists"),
        (np.array("['happy', 'sad']"), "clip does not hold a list of lists of words"),
        (np.array("[['happy', 1]]"), "clip does not hold a list of lists of words"),
        (np.array("[['happy'], ['sad', 'Happy']]"), "clip has 'happy' in two groups"),
        (np.array(["[['happy']]"]), "clip is not a text"),
        (np.array([["happy"]], dtype=object), "clip is not a plain NumPy array"),
    ],
)
def test_a_wrong_array_is_named(content: np.ndarray, complaint: str, tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", content, allow_pickle=True)
    with pytest.raises(InputError, match=complaint):
        read_groups(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("g.zip", b"", "cannot read groups"),
        ("g.zip", pickle.dumps(GROUPS), "cannot read groups"),
        ("g.json", b'{"clip": [["happy"]', "not JSON"),
        ("g.json", b'[[["happy"]]]', "not an object"),
        ("g.json", b"3", "not an object"),
        ("g.json", b"{}", "no groups"),
        ("g.json", b'{"clip": [["happy"]], "clip": [["sad"]]}', "clip is there twice"),
        ("g.json", b'{"clip": {"happy": "glad"}}', "clip does not hold a list of lists"),
    ],
)
def test_a_wrong_file_is_named(name: str, content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=complaint) as raised:
        read_groups(tmp_path / name)
    assert str(tmp_path / name) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.zip: cannot read groups"):
        read_groups(tmp_path / "nowhere.zip")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        save_groups(GROUPS, tmp_path / "file" / "groups.zip")
