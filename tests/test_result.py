"""What one does with a result: save it, read it, tabulate it, show it in a notebook."""

import sys
from pathlib import Path

import pytest
from people_samples import make_people_result
from report_samples import CLUES, KEY_FRAMES, make_result

import microemo
from microemo import report
from microemo.errors import InputError, MicroEmoError
from microemo.report.tables import COLUMNS
from microemo.result import Result


@pytest.fixture
def result(tmp_path: Path) -> Result:
    return make_result(tmp_path / "my <b>talk.mp4").illustrated(KEY_FRAMES)


def test_it_saves_what_the_command_writes(result: Result, tmp_path: Path) -> None:
    saved = result.save(tmp_path / "saved")
    folder = tmp_path / "saved" / report.folder_name(result.clip.path)
    assert saved == [folder / "result.json", folder / "report.html"]
    written = report.save(result, tmp_path / "written", key_frames=KEY_FRAMES)
    assert [path.read_bytes() for path in saved] == [path.read_bytes() for path in written]
    assert b"<polygon" in saved[1].read_bytes()


def test_read_back_it_is_equal_and_has_no_key_frames(result: Result, tmp_path: Path) -> None:
    again = Result.read(result.save(tmp_path, ["json"])[0])
    assert again == result and hash(again) == hash(result)
    assert (len(result.key_frames), again.key_frames) == (len(KEY_FRAMES), ())
    assert again.model_copy(update={"abstained": True}) != result


def test_key_frames_are_not_in_the_document(result: Result) -> None:
    assert "key_frames" not in result.model_dump()
    assert "key_frames" not in Result.model_json_schema(mode="serialization")["properties"]


@pytest.mark.parametrize("content", ["{}", "no json", None])
def test_what_is_no_result_is_one_line(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "result.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"^.*result\.json: (not a|cannot be read).*$"):
        Result.read(path)


def test_utterances_as_a_table(result: Result) -> None:
    frame = result.to_dataframe()
    assert tuple(frame.columns) == COLUMNS["utterances"]
    assert frame["label"].tolist() == ["annoyed", "amused"]
    assert frame["labels"].tolist() == ["annoyed", "amused, flabbergasted"]
    assert frame["start_sec"].tolist() == [0.0, 2.0]


def test_emotions_of_the_whole_come_first(result: Result) -> None:
    frame = result.to_dataframe("emotions")
    assert frame["utterance"].isna().tolist() == [True, True, False, False, False]
    assert frame["rank"].tolist() == [1, 2, 1, 1, 2]
    assert frame["end_sec"].tolist() == [4.0, 4.0, 2.0, 4.0, 4.0]


def test_clues_and_claims_as_tables(result: Result) -> None:
    assert result.to_dataframe("clues")["kind"].tolist() == [clue.kind for clue in CLUES]
    claims = result.to_dataframe("claims")
    assert len(claims) == sum(len(answer.claims) for answer in (result.overall, *result.utterances))
    assert (claims["outcome"] == "borne_out").sum() == 6


def test_references_are_whole_numbers(result: Result) -> None:
    claims = result.to_dataframe("claims")
    assert {str(claims[name].dtype) for name in ("utterance", "clue")} == {"Int64"}
    assert set(claims["clue"].dropna()) <= set(result.to_dataframe("clues")["id"])


def test_a_row_is_an_utterance_and_a_person(tmp_path: Path) -> None:
    frame = make_people_result(tmp_path / "a.mp4").to_dataframe()
    assert frame[["utterance", "person", "role", "label"]].values.tolist() == [
        [0, "P1", "speaking", "annoyed"], [0, "P2", "listening", "amused"],
        [1, "P3", "speaking", "amused"], [1, "P1", "listening", "surprised"],
        [2, "P1", "wordless", "surprised"], [2, "P2", "wordless", "calm"],
    ]  # fmt: skip
    assert frame["text"][:2].tolist() == ["That is unbelievable."] * 2  # of the utterance, not of the person
    assert frame["speaker"][:2].tolist() == ["Anna"] * 2


def test_everybody_has_an_overall_answer_and_listens_in_the_tables(tmp_path: Path) -> None:
    result = make_people_result(tmp_path / "a.mp4")
    emotions = result.to_dataframe("emotions")
    overall = emotions[emotions["utterance"].isna()]
    assert overall[["person", "label"]].values.tolist() == [
        ["P1", "annoyed"], ["P1", "surprised"], ["P2", "amused"], ["P3", "amused"],
    ]  # fmt: skip
    assert overall["role"].isna().all()
    assert emotions["role"].value_counts().to_dict() == {"speaking": 2, "listening": 2, "wordless": 2}
    claims = result.to_dataframe("claims")
    assert len(claims) == sum(len(one.overall.claims) for one in result.people) + sum(
        len(answer.claims) for one in result.people for answer in result.timeline(one.id)
    )
    assert set(claims.query("person == 'P2'")["clue"].dropna()) == {3}


def test_people_as_a_table(tmp_path: Path) -> None:
    people = make_people_result(tmp_path / "a.mp4").to_dataframe("people")
    assert tuple(people.columns) == COLUMNS["people"]
    assert people[["person", "main", "face_seconds", "label"]].values.tolist() == [
        ["P1", True, 3.8, "annoyed"], ["P2", False, 2.5, "amused"], ["P3", False, 0.0, "amused"],
    ]  # fmt: skip
    clues = make_people_result(tmp_path / "a.mp4").to_dataframe("clues")
    assert set(clues["person"]) <= set(people["person"])


def test_formats_are_a_list(result: Result, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^json: formats are a list"):
        result.save(tmp_path, "json")


def test_empty_tables_keep_their_columns(tmp_path: Path) -> None:
    empty = make_result(tmp_path / "a.mp4", utterances=(), clues=())
    for table in ("utterances", "clues"):
        assert tuple(empty.to_dataframe(table).columns) == COLUMNS[table]


def test_an_unknown_table_names_the_choices(result: Result) -> None:
    with pytest.raises(
        InputError, match=r"^frames: no such table; one of utterances, emotions, clues, claims, effects, people$"
    ):
        result.to_dataframe("frames")  # type: ignore[arg-type]


def test_without_pandas_the_command_is_named(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MicroEmoError, match=r"pip install 'microemo\[pandas\]'"):
        result.to_dataframe()


def test_a_notebook_shows_labels_words_and_pictures_with_everything_escaped(result: Result) -> None:
    html = result._repr_html_()
    assert "<script" not in html and "<b>talk" not in html and "my &lt;b&gt;talk.mp4" in html
    assert html.count("<img") == 4
    assert all(
        words in html for words in ("annoyed", "flabbergasted", "That is unbelievable.", "A smile, the jaw drops.")
    )


def test_a_notebook_shows_why_there_is_no_judgement(tmp_path: Path) -> None:
    nothing = microemo.Answer(explanation="No judgement: nobody is there.")
    html = make_result(tmp_path / "a.mp4", abstained=True, overall=nothing, utterances=())._repr_html_()
    assert "nobody is there" in html and "<table" not in html
