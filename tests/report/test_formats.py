"""Every format opens in a library that is not ours, and tells there what the result tells."""

import csv
import io
import itertools
import json
from pathlib import Path
from xml.etree import ElementTree

import pandas
import pysubs2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people_samples import make_people_result
from praatio import textgrid
from pympi import Elan
from report_samples import DURATION_SEC, make_result

from microemo import report
from microemo.media import subtitles
from microemo.media.subtitles import Cue
from microemo.report import tables, tiers
from microemo.report.spreadsheets import MEANINGS
from microemo.report.tables import COLUMNS
from microemo.result import Result
from microemo.schema import UtteranceAnswer

FORMATS = ("csv", "excel", "srt", "vtt", "eaf", "textgrid", "bids", "png", "svg", "pdf", "parquet", "summary")
HOSTILE = st.text(max_size=40) | st.sampled_from(
    ["<b>&amp;\"'</b>", "a\tb\nc\r\n\x00\x1b[31m", "שלום «", "=1+1", "]]>", "-->", "\ufffe", "", "“”"]
)


@pytest.fixture(params=["one", "several", "nobody"])
def result(request: pytest.FixtureRequest) -> Result:
    if request.param == "several":
        return make_people_result(Path("talk.mp4"))
    whole = make_result(Path("talk.mp4"))
    return whole if request.param == "one" else whole.model_copy(update={"people": (), "utterances": (), "clues": ()})


@pytest.fixture
def written(result: Result, tmp_path: Path) -> Path:
    report.save(result, tmp_path, FORMATS)
    return tmp_path


def test_no_two_formats_write_the_same_file() -> None:
    result = make_result(Path("talk.mp4"))
    names = [name for one in report.FORMATS.values() for name in (one.filename, *one.beside(result))]
    assert len(names) == len(set(names))


def test_the_same_result_gives_the_same_bytes(
    result: Result, written: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    again = tmp_path_factory.mktemp("again")
    report.save(result, again, FORMATS)
    assert {path.name: path.read_bytes() for path in written.iterdir() if path.is_file()} == {
        path.name: path.read_bytes() for path in again.iterdir()
    }


def test_elan_has_a_parent_tier_a_person_and_children_that_do_not_overlap(result: Result, written: Path) -> None:
    eaf = Elan.Eaf(str(written / "annotations.eaf"))
    parents = [name for name in eaf.get_tier_names() if "PARENT_REF" not in eaf.get_parameters_for_tier(name)]
    assert parents == tiers.persons(result)
    media = eaf.get_linked_files()[0]
    assert media["RELATIVE_MEDIA_URL"] == f"./{Path(result.clip.path).name}" and media["MIME_TYPE"].startswith("video/")
    for tier in tiers.tiers(result):
        assert eaf.get_parameters_for_tier(tier.name)["PARENT_REF"] == tier.person
        found = sorted((start, end, text) for start, end, text, *_ in eaf.get_annotation_data_for_tier(tier.name))
        assert found == list(map(tuple, tier.annotations))
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(found))


@pytest.mark.parametrize("name", ["annotations.eaf", "annotations.TextGrid"])
def test_what_we_wrote_of_what_was_said_we_read_as_subtitles(result: Result, written: Path, name: str) -> None:
    said = [Cue(one.start_sec, one.end_sec, one.text, one.person or "P1") for one in result.utterances if one.text]
    if said:
        assert subtitles.read(written / name) == said


@pytest.mark.parametrize(
    ("path", "url"), [("/data/a talk #1.mp4", "file:///data/a%20talk%20%231.mp4"), ("talks/é.mp4", "talks/%C3%A9.mp4")]
)
def test_elan_finds_the_recording_whatever_its_name(path: str, url: str, tmp_path: Path) -> None:
    result = make_result(Path("talk.mp4"))
    named = result.model_copy(update={"clip": result.clip.model_copy(update={"path": path})})
    report.save(named, tmp_path, ["eaf"])
    media = Elan.Eaf(str(tmp_path / "annotations.eaf")).get_linked_files()[0]
    assert media["MEDIA_URL"] == url
    assert media["RELATIVE_MEDIA_URL"] == "./" + url.rpartition("/")[2]


def test_praat_has_the_same_tiers_without_gaps(result: Result, written: Path) -> None:
    path = str(written / "annotations.TextGrid")
    grid = textgrid.openTextgrid(path, includeEmptyIntervals=False, duplicateNamesMode="error")
    assert grid.maxTimestamp == pytest.approx(DURATION_SEC)
    assert set(grid.tierNames) == {tier.name for tier in tiers.tiers(result)}
    for tier in tiers.tiers(result):
        found = [(round(1000 * one.start), round(1000 * one.end), one.label) for one in grid.getTier(tier.name).entries]
        assert found == [tuple(one) for one in tier.annotations if one.text]
    whole = textgrid.openTextgrid(path, includeEmptyIntervals=True)
    for name in whole.tierNames:
        entries = whole.getTier(name).entries
        assert entries[0].start == 0 and entries[-1].end == pytest.approx(DURATION_SEC)
        assert all(before.end == after.start for before, after in itertools.pairwise(entries))


def test_captions_tell_what_is_said_and_felt(result: Result, written: Path) -> None:
    for name in ("captions.srt", "captions.vtt"):
        cues = pysubs2.load(str(written / name), format_=name.rpartition(".")[2])
        told = "\n".join(cue.plaintext for cue in cues)
        assert all(utterance.text in told for utterance in result.utterances)
        assert all(f"{one.emotions[0].label}" in told for one in result.utterances if one.emotions)
        assert len(cues) == len({one.index for one in result.utterances if one.text or one.emotions})


def test_bids_events_are_in_order_and_explained(result: Result, written: Path) -> None:
    rows = list(csv.DictReader((written / "events.tsv").open(newline=""), delimiter="\t", quoting=csv.QUOTE_NONE))
    explained = json.loads((written / "events.json").read_text())
    assert list(explained)[:2] == ["onset", "duration"]
    assert all(set(row) == set(explained) and all(row.values()) for row in rows)
    onsets = [float(row["onset"]) for row in rows]
    assert onsets == sorted(onsets) and all(float(row["duration"]) >= 0 for row in rows)
    assert sum(row["trial_type"] != "emotion" for row in rows) == len(result.clues)


def test_tables_read_back_with_numbers_as_the_country_writes_them(result: Result, written: Path) -> None:
    plain = list(csv.DictReader((written / "clues.csv").open(encoding="utf-8", newline="")))
    excel = (written / "clues.excel.csv").read_bytes()
    assert excel.startswith(b"\xef\xbb\xbf")
    country = list(csv.DictReader(io.StringIO(excel.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [float(row["start_sec"]) for row in plain] == [clue.start_sec for clue in result.clues]
    assert [row["start_sec"].replace(",", ".") for row in country] == [row["start_sec"] for row in plain]


def test_parquet_has_the_types_of_the_tables(result: Result, written: Path) -> None:
    for name, columns in COLUMNS.items():
        table = pandas.read_parquet(written / f"{name}.parquet")
        assert list(table.columns) == list(columns)
        assert len(table) == len(tables.rows(result, name))
    clues = pandas.read_parquet(written / "clues.parquet")
    assert clues["start_sec"].dtype == float and clues["start_sec"].tolist() == [one.start_sec for one in result.clues]


def test_the_codebook_explains_every_column(written: Path) -> None:
    rows = list(csv.DictReader((written / "codebook.csv").open(newline="")))
    assert {(row["table"], row["column"]) for row in rows} == {
        (t, c) for t, columns in COLUMNS.items() for c in columns
    }
    assert all(row["meaning"] for row in rows)
    assert set(MEANINGS) == {column for columns in COLUMNS.values() for column in columns}


def test_the_figure_tells_who_feels_what(result: Result, written: Path) -> None:
    drawn = ElementTree.fromstring((written / "timeline.svg").read_bytes())
    comments = (written / "timeline.svg").read_text()
    assert drawn.tag.endswith("svg")
    assert all(f"<!-- {person}: feels -->" in comments for person in tiers.persons(result) if len(result.people) > 1)
    assert (written / "timeline.pdf").read_bytes().startswith(b"%PDF")
    assert (written / "summary.pdf").read_bytes().startswith(b"%PDF")
    assert (written / "timeline.png").read_bytes().startswith(b"\x89PNG")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 5), HOSTILE, HOSTILE), max_size=5))
def test_whatever_is_said_and_whenever_every_format_stays_whole(spans: list[tuple[float, float, str, str]]) -> None:
    utterances = tuple(
        UtteranceAnswer(
            index=number, start_sec=start, end_sec=start + length, text=text, person="P1", source="subtitle",
            emotions=make_result(Path("talk.mp4")).utterances[0].emotions, explanation=told,
        )
        for number, (start, length, text, told) in enumerate(spans)
    )  # fmt: skip
    result = make_result(Path("talk.mp4")).model_copy(update={"utterances": utterances})
    for tier in tiers.tiers(result):
        assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(tier.annotations))
        assert all(0 <= one.start_ms < one.end_ms <= tiers.length_ms(result) for one in tier.annotations)
    ElementTree.fromstring(report.FORMATS["eaf"].render(result, ()))
    assert len(report.FORMATS["csv"].render(result, ())) > 0
    rows = list(
        csv.reader(
            io.StringIO(report.FORMATS["excel"].render(result, ()).decode("utf-8-sig"), newline=""), delimiter=";"
        )
    )
    assert {len(row) for row in rows} == {len(COLUMNS["utterances"])}
    assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)
    for name in ("srt", "vtt"):
        cues = pysubs2.SSAFile.from_string(report.FORMATS[name].render(result, ()).decode(), format_=name)
        assert len(cues) == len(spans)
    lines = report.FORMATS["bids"].render(result, ()).decode().splitlines()
    assert {line.count("\t") for line in lines} == {6}
