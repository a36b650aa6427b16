"""Tables of truth and predictions: every published layout reads, and whatever is wrong is named with its line."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.errors import InputError
from microemo.evaluate import tables
from microemo.evaluate.tables import Row, Table
from microemo.lexicon.label_lists import labels_of

Read = Callable[..., Table]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(text: str, name: str = "table.csv", split: str | None = None) -> Table:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tables.read(tmp_path / name, split)

    return read


def test_emer_layout(read: Read) -> None:
    table = read("name,openset\nb,\"['Happy', 'very  glad', 'happy']\"\na,[sad]\nc,\"worried, tense\"\nd,[]\n")
    assert table == {
        "b": Row("b", ("happy", "very glad")),
        "a": Row("a", ("sad",)),
        "c": Row("c", ("worried", "tense")),
        "d": Row("d", ()),
    }
    assert list(table) == ["b", "a", "c", "d"]


def test_descriptions_have_no_labels(read: Read) -> None:
    assert read('name,reason\na,"She frowns, and sighs."\n')["a"] == Row("a", None, "She frowns, and sighs.")


def test_mer_layout(read: Read) -> None:
    assert read("name,discrete,valence\na,worried,-1.5\n")["a"] == Row("a", ("worried",), sentiment=-1.5)


def test_meld_layout(read: Read) -> None:
    table = read("Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n1,Hi,Joey,joy,positive,3,7\n")
    assert table == {"dia3_utt7": Row("dia3_utt7", ("joy",), sentiment=1.0, speaker="Joey")}


def test_sims_layout_by_split(read: Read) -> None:
    text = "video_id,clip_id,text,label,mode\nv,1,,0.6,train\nv,2,,-0.4,test\n"
    assert read(text, split="TEST") == {"v_2": Row("v_2", None, sentiment=-0.4)}
    with pytest.raises(InputError, match="no rows of split dev"):
        read(text, split="dev")


def test_tsv(read: Read) -> None:
    assert read("name\tlabels\na\tsad, calm\n", "t.tsv")["a"].labels == ("sad", "calm")


def test_predictions_of_ours_with_errors_and_confidences(read: Read) -> None:
    rows = [
        {"name": "a", "labels": ["Sad"], "confidences": [0.7], "text": "He cries.", "speaker": "S1"},
        {"name": "b", "text": "", "labels": None, "confidences": [], "error": "cannot be decoded"},
    ]
    table = read("".join(f"{json.dumps(row)}\n" for row in rows), "p.jsonl")
    assert table == {"a": Row("a", ("sad",), "He cries.", (0.7,), speaker="S1"), "b": Row("b", None)}


def test_npz_of_affectgpt(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", filenames=np.array(["a", "b"]), fileitems=np.array(["[happy, glad]", "[]"]))
    assert tables.read(tmp_path / "p.npz") == {"a": Row("a", ("happy", "glad")), "b": Row("b", ())}


def test_npz_with_pickles_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", filenames=np.array(["a", None], object), fileitems=np.array(["x", "y"]))
    with pytest.raises(InputError, match="not an NPZ of text arrays"):
        tables.read(tmp_path / "p.npz")


def test_folder_of_results(tmp_path: Path) -> None:
    overall = {"emotions": [{"label": "sad", "confidence": 0.6}], "explanation": "The brows are lowered."}
    (tmp_path / "clip 1").mkdir()
    (tmp_path / "clip 1" / "result.json").write_text(json.dumps({"overall": overall}))
    assert tables.read(tmp_path) == {"clip 1": Row("clip 1", ("sad",), "The brows are lowered.", (0.6,))}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name,openset\na,[sad]\na,[glad]\n", r"line 3: a again, after line 2; mend"),
        ("name,openset\n,[sad]\n", r"line 2: no name"),
        ("name,openset\na,\"['sad'\"\n", r"line 2: a list that does not close"),
        ("name,openset\na,\"[['sad']]\"\n", r"line 2: not a list of words"),
        ("name,openset\na,[sad],more\n", r"line 2: other cells than the header has columns"),
        ("name,reason\na,\n", r"line 2: a has neither labels, a text nor a sentiment"),
        ("name,sentiment\na,splendid\n", r"line 2: splendid is no sentiment"),
        ("name,labels,confidences\na,sad,\"[0.1, 0.2]\"\n", r"line 2: a has 2 confidences for 1 labels"),
        ("name,labels,confidences\na,sad,[1.2]\n", r"line 2: confidences are not a list of numbers from 0 to 1"),
        ("clip,openset\na,[sad]\n", r"no column called name, but clip, openset"),
        ("name,openset\n", r"no rows"),
        ("", r"no column called name, but nothing"),
        ('name,openset\na,"[sad]\n', r"after line 1: .*is the quoting right"),
    ],
)  # fmt: skip
def test_faults_are_named(read: Read, text: str, fault: str) -> None:
    with pytest.raises(InputError, match=rf"table\.csv: .*{fault}"):
        read(text)


def test_five_faults_are_named_and_the_others_counted(read: Read) -> None:
    with pytest.raises(InputError, match=r"line 2: no name; .*line 6: no name; and 3 more; mend"):
        read("name,openset\n" + ",[sad]\n" * 8)


def test_what_is_no_text_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"name,openset\na,\xff\xfe\n")
    with pytest.raises(InputError, match="not UTF-8"):
        tables.read(tmp_path / "t.csv")
    with pytest.raises(InputError, match=r"absent\.csv: cannot be read"):
        tables.read(tmp_path / "absent.csv")


@given(st.lists(st.text("abc é'-", min_size=1).filter(str.strip), max_size=5))
def test_stringified_lists_survive(labels: list[str]) -> None:
    expected = tuple(dict.fromkeys(" ".join(label.split()) for label in labels))
    assert labels_of(str(labels)) == expected
    assert labels_of(json.dumps(labels)) == expected


@given(st.text())
def test_any_cell_is_labels_or_a_fault(cell: str) -> None:
    try:
        labels = labels_of(cell)
    except ValueError:
        return
    assert all(label == " ".join(label.lower().split()) and label for label in labels)
