"""Manifests: what is written is read again; what cannot be used is named, counted, and never replaced."""

import json
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microemo.data import manifest, parquet
from microemo.data.manifest import AnnotatedUtterance, Sample
from microemo.errors import InputError, MicroEmoError
from microemo.schema import Clue, Record

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
WORDS = st.lists(st.sampled_from(["happy", "worn out", "traurig", "累"]), max_size=3).map(tuple)
CLUE = Clue(
    id=1, modality="words", region="words", kind="joy_word", start_sec=0.1, apex_sec=0.2, end_sec=0.3, value=0.6,
    baseline=0, strength=0.6, detail="glad",
)  # fmt: skip
TURNS = st.builds(
    AnnotatedUtterance,
    text=TEXT,
    start_sec=st.floats(0, 5),
    end_sec=st.floats(6, 9),
    speaker=st.none() | TEXT,
    labels=WORDS,
    description=TEXT,
)


def folder_of(path: Path, *names: str) -> Path:
    path.mkdir(exist_ok=True)
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(name.encode())
    return path


def lines(path: Path, *rows: Any) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    subtitle=TEXT,
    labels=WORDS,
    description=TEXT,
    intensity=st.none() | st.floats(0, 1),
    speaker=st.none() | TEXT,
    split=st.sampled_from([None, "train", "validation", "test"]),
    utterances=st.lists(TURNS, max_size=2).map(tuple),
)
def test_written_samples_are_read_again(tmp_path: Path, suffix: str, **fields: Any) -> None:
    folder = folder_of(tmp_path, "clips/a.mp4", "clips/b.mp4", "clips/b.srt")
    samples = (
        Sample(name="a", path=folder / "clips/a.mp4", **{**fields, "labels": ("calm",), "clues": (CLUE,)}),
        Sample(name="b", path=folder / "clips/b.mp4", subtitle_file=folder / "clips/b.srt", description="All is well."),
    )
    path = manifest.write(folder / f"manifest.{suffix}", samples)
    assert manifest.read(path) == manifest.Manifest(samples)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_a_folder_can_move_with_its_manifest(tmp_path: Path, suffix: str) -> None:
    folder = folder_of(tmp_path / "here", "a.wav")
    outside = folder_of(tmp_path / "else", "b.wav")
    samples = [Sample(name=name, path=path, labels=("sad",)) for name, path in (("a", folder / "a.wav"),
                                                                               ("b", outside / "b.wav"))]  # fmt: skip
    manifest.write(folder / f"m.{suffix}", samples)
    moved = folder.rename(tmp_path / "there")
    assert [sample.path for sample in manifest.read(moved / f"m.{suffix}").samples] == [
        moved / "a.wav",
        outside / "b.wav",
    ]


def test_a_name_with_signs_of_patterns_is_a_name(tmp_path: Path) -> None:
    samples = tuple(
        Sample(name=str(number), path=folder_of(tmp_path, "a.wav") / "a.wav", labels=("sad",)) for number in range(5000)
    )
    path = manifest.write(tmp_path / "m[1]*.parquet", samples)
    assert manifest.read(path).samples == samples  # in their order


def test_rows_that_cannot_be_used_are_named_and_the_others_kept(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.wav", "b.wav")
    good = {"name": "a", "path": "a.wav", "labels": ["calm"]}
    path = lines(
        tmp_path / "m.jsonl", good,
        {**good, "path": "b.wav"},
        {**good, "name": "b", "path": "missing.wav"},
        {**good, "name": "c", "split": "tset"},
        {**good, "name": "d", "labels": ["", "calm"]},
        {**good, "name": "e", "labels": []},
        {**good, "name": "f", "subtitel": "typo"},
        "{not json",
        {**good, "name": "g", "utterances": [{"start_sec": 2, "end_sec": 1}]},
        {**good, "name": "b", "path": "b.wav"},
    )  # fmt: skip
    found = manifest.read(path, max_failed_share=0.8)
    assert [(sample.name, sample.path.name) for sample in found.samples] == [("a", "a.wav"), ("b", "b.wav")]
    assert [fault.kind for fault in found.faults] == [
        "duplicate name", "no file", "unknown split", "empty label", "no label", "malformed row", "malformed row",
        "malformed row",
    ]  # fmt: skip
    assert str(found.faults[0]) == "line 2: a again, after line 1"
    assert "missing.wav" in str(found.faults[1])
    assert "subtitel" in str(found.faults[5])


def test_too_many_faults_stop_the_reading_and_five_are_named(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.wav")
    rows = [{"name": f"clip{i}", "path": "a.wav" if i else "gone.wav", "labels": ["calm"]} for i in range(100)]
    assert len(manifest.read(lines(tmp_path / "one.jsonl", *rows)).faults) == 1
    rows = [{**row, "path": "gone.wav" if number < 7 else "a.wav"} for number, row in enumerate(rows)]
    with pytest.raises(InputError, match=r"7 of 100 rows.*1\.0% may fail.*clip4 .*; and 2 more") as caught:
        manifest.read(lines(tmp_path / "seven.jsonl", *rows))
    assert "clip5" not in str(caught.value)


@pytest.mark.parametrize("name", ["absent.jsonl", "absent.parquet", "text.parquet", "empty.jsonl", "table.csv"])
def test_a_file_that_is_no_manifest_is_one_clear_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.parquet").write_text("no parquet")
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "table.csv").write_text("file,label\n")
    with pytest.raises(InputError, match=name):
        manifest.read(tmp_path / name)


def test_a_manifest_is_also_a_list_of_clips_and_a_table_of_truth(tmp_path: Path) -> None:
    from microemo.evaluate import tables
    from microemo.predict import clips

    folder_of(tmp_path, "a.wav")
    sample = Sample(name="x", path=tmp_path / "a.wav", subtitle="Oh no.", labels=("sad", "hurt"), speaker="7")
    path = manifest.write(tmp_path / "m.jsonl", [sample])
    assert clips.read(path) == (clips.ClipEntry("x", tmp_path / "a.wav", "Oh no.", "7"),)
    assert tables.read(path)["x"].labels == ("sad", "hurt")


def test_labels_are_read_as_evaluate_reads_them(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.wav")
    path = lines(tmp_path / "m.jsonl", {"name": "a", "path": "a.wav", "labels": ["Sad", " worn  out", "sad"]})
    assert manifest.read(path).samples[0].labels == ("sad", "worn out")
    with pytest.raises(InputError, match=r"a manifest is \.jsonl or \.parquet"):
        manifest.write(tmp_path / "m.csv", [])


class Mood(Record):
    """A field as a new one might be."""

    name: str
    weights: tuple[float, ...] = ()


class FutureClue(Clue):
    """A clue with fields that no clue has yet."""

    unit: Literal["AU4", "AU12"] | None = None
    votes: int = 0
    sure: bool = False
    moods: tuple[Mood, ...] = ()


class FutureSample(Sample):
    """A sample with a field that no sample has yet, and with such clues."""

    clues: tuple[FutureClue, ...] = ()
    mood: Mood | None = None


def test_a_new_field_of_a_record_is_a_new_column_of_its_own(tmp_path: Path) -> None:
    """Also one that the first rows do not have, and one deep in a list."""
    clue = FutureClue(
        **CLUE.model_dump(),
        unit="AU12",
        votes=3,
        sure=True,
        moods=(Mood(name="up", weights=(0.5, 1.0)), Mood(name="x")),
    )
    samples = [
        FutureSample(name="a", path=Path("a.wav"), labels=("sad",)),
        FutureSample(name="b", path=Path("b.wav"), clues=(clue,), mood=Mood(name="low", weights=(0.25,))),
    ]
    rows = [sample.model_dump(mode="json", exclude_defaults=True) for sample in samples]
    (tmp_path / "m.parquet").write_bytes(parquet.encode(rows, FutureSample))
    read = [FutureSample.model_validate(manifest._known(row)) for row in parquet.read(tmp_path / "m.parquet")]
    assert read == samples
    assert read[1].clues[0].moods[0].weights == (0.5, 1.0)


def test_every_field_of_a_sample_is_a_column(tmp_path: Path) -> None:
    (tmp_path / "m.parquet").write_bytes(parquet.encode([{"name": "a", "path": "a.wav"}], Sample))
    (row,) = parquet.read(tmp_path / "m.parquet")
    assert [*row] == [*Sample.model_fields]


def test_a_type_that_no_column_holds_is_refused() -> None:
    class Odd(Record):
        anything: Any

    with pytest.raises(TypeError, match="no column holds"):
        parquet.encode([], Odd)


def test_parquet_without_pyarrow_is_one_line_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path, "a.wav")
    sample = Sample(name="a", path=tmp_path / "a.wav", labels=("sad",))
    path = manifest.write(tmp_path / "m.parquet", [sample])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for call in (lambda: manifest.write(tmp_path / "n.parquet", [sample]), lambda: manifest.read(path)):
        with pytest.raises(MicroEmoError, match=r"pyarrow is not installed; run: pip install 'microemo\[train\]'"):
            call()
    assert manifest.read(manifest.write(tmp_path / "m.jsonl", [sample])).samples == (sample,)  # which needs none
