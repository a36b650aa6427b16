"""The wheel metric on a small table in the published layout, against figures worked out by hand."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from microemo.errors import InputError
from microemo.evaluate.wheels import PublishedWheels, clip_shares, hit_rate, off_wheels, published, wheel_metrics

# The first wheel has two broad words; the other four have only one, "joy", below which all the same stands.
FIRST = [
    ("joy", "pride", "proud"),
    ("", "", "smug"),
    ("", "bliss", "happy"),
    ("woe", "grief", "sad"),
    ("", "fear", "afraid"),
]
OTHERS = [("joy", "bliss", "happy"), ("", "pride", "proud")]


def sheet(path: Path, rows: list[tuple[str, ...]]) -> None:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append([cell or None for cell in row])
    book.save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    (folder / "format.csv").write_text(
        "name,format\nhappy,\"['happiness', 'happily']\"\nglad,\"['gladly']\"\nsad,[]\nproud,[]\nafraid,[]\njoy,[]\n"
    )
    synonyms = [
        ("word_1", "synonym_1", "word_2", "synonym_2"),
        ("happy", "['glad']", "Happy", "[]"),
        ("sad", "[]", "proud", "['glad']"),
        ("afraid", "[]", "joy", "[]"),
    ]
    sheet(folder / "synonym.xlsx", synonyms)
    for number in range(1, 6):
        sheet(folder / f"wheel{number}.xlsx", [("level1", "level2", "level3"), *(FIRST if number == 1 else OTHERS)])
    return folder


@pytest.fixture(scope="module")
def wheels(folder: Path) -> PublishedWheels:
    return published(folder)


def test_labels_go_by_base_form_and_synonym_to_clusters(wheels: PublishedWheels) -> None:
    labels = ["happily", "glad", "sad", "unheard of"]
    broad, *others = wheels.clusters(labels, 1)
    assert broad == {"happily": "joy", "glad": "joy", "sad": "woe"}
    assert others[0] == {"happily": "joy", "glad": "joy"}
    assert wheels.clusters(labels, 2)[0] == {"happily": "bliss", "glad": "bliss", "sad": "grief"}  # happy before proud


def test_a_broad_word_stands_for_its_first_middle_word(wheels: PublishedWheels) -> None:
    assert wheels.clusters(["joy"], 2)[0] == {"joy": "bliss"}


def test_scores_by_hand(wheels: PublishedWheels) -> None:
    truth = {"a": ["happy", "sad"], "b": ["afraid"], "c": ["unheard of"]}
    predicted = {"a": ["glad"], "b": ["sad", "happy", "unheard of"], "c": ["happy"]}
    f1, precision, recall = wheel_metrics(truth, predicted, wheels, 1)
    # First wheel: a has precision 1 and recall 1/2, b 1/2 and 1, c no truth. Others: only a counts, with 1 and 1.
    assert precision.value == pytest.approx((3 / 4 + 4 * 1) / 5)
    assert recall.value == pytest.approx((3 / 4 + 4 * 1) / 5)
    assert f1.value == pytest.approx((3 / 4 + 4 * 1) / 5)
    assert off_wheels(truth, wheels) == ("c",)
    strict = wheel_metrics(truth, predicted, wheels, 2)[1]
    assert strict.value == pytest.approx(((1 + 0) / 2 + 4 * 1) / 5)


def test_a_clip_by_itself_has_the_means_of_the_wheels_that_know_its_truth(wheels: PublishedWheels) -> None:
    alone = clip_shares(["happy", "sad"], ["glad", "afraid"], wheels, 1)  # both on the first wheel, joy on all five
    assert alone == pytest.approx((1, 1, 1))
    assert clip_shares(["happy", "sad"], ["glad"], wheels, 1) == pytest.approx(((2 / 3 + 4) / 5, 1, (0.5 + 4) / 5))
    assert clip_shares(["sad"], ["happy"], wheels, 1) == (0, 0, 0)  # no other wheel has sad
    assert clip_shares(["unheard of"], ["happy"], wheels, 1) == clip_shares([], [], wheels, 1) == (0, 0, 0)
    metrics = wheel_metrics({"a": ["happy"]}, {"a": ["glad", "sad"]}, wheels, 1)
    assert clip_shares(["happy"], ["glad", "sad"], wheels, 1) == pytest.approx([one.value for one in metrics])


def test_hit_rate_by_hand(wheels: PublishedWheels) -> None:
    truth, predicted = {"a": ["sad"], "b": ["happy"]}, {"a": ["happy"], "b": ["glad", "sad"]}
    assert hit_rate(truth, predicted, wheels).value == pytest.approx((1 / 2 + 4 * 1) / 5)


def test_missing_files_are_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "format.csv").write_text("name,format\n")
    with pytest.raises(InputError, match=r"no synonym\.xlsx, wheel1\.xlsx.*--wheels takes a folder"):
        published(tmp_path)


def test_what_is_no_workbook_is_named(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "wheel3.xlsx").write_text("not a workbook")
    with pytest.raises(InputError, match=r"wheel3\.xlsx: not an xlsx workbook"):
        published(tmp_path).clusters(["sad"], 1)
