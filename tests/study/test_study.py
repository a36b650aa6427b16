"""A folder of made results as one study: who plays a part, tables, rates, transitions, contrasts of known truth."""

import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_studies import Made, people, result, write

from microemo import study
from microemo.errors import InputError
from microemo.schema import Answer, Clue, Emotion, PersonAnswer, UtteranceAnswer
from microemo.study import contrasts
from microemo.study.contrasts import contrast
from microemo.study.rates import MIN_PEOPLE


def made_result(clip: str, *labels: str | None, others: tuple[str, ...] = (), **changes: Any):
    """Ten seconds an utterance of P1; ``others`` are seen for the whole time, and judged nowhere."""
    base = result(np.random.default_rng(0), Made(clip, "", "", "", 0.0), 1)
    said = tuple(
        UtteranceAnswer(
            index=index, start_sec=10.0 * index, end_sec=10.0 * (index + 1), person="P1", source="asr",
            emotions=(Emotion(label=label, confidence=0.5),) if label else (),
        )
        for index, label in enumerate(labels)
    )  # fmt: skip
    seconds = 10.0 * len(labels)
    present = tuple(
        PersonAnswer(id=id, face_seconds=seconds, speech_seconds=seconds / 2, overall=Answer())
        for id in ("P1", *others)
    )
    clip_info = base.clip.model_copy(update={"duration_sec": seconds})
    fields = {"clip": clip_info, "people": present, "utterances": said, "clues": (), **changes}
    return base.model_copy(update=fields)


def put(folder: Path, name: str, *labels: str | None, **options: Any) -> None:
    place = folder / name
    place.mkdir(parents=True)
    text = made_result(f"videos/{name}.mp4", *labels, **options).model_dump_json()
    place.joinpath("result.json").write_text(text, encoding="utf-8")


def clue(id: int, modality: str, kind: str) -> Clue:
    return Clue(
        id=id, person="P1", modality=modality, region=modality, kind=kind, start_sec=1, apex_sec=2, end_sec=3,
        value=1, baseline=0, strength=0.5,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two clips of Ann, one of Ben with a second person, in a tree of some depth."""
    root = tmp_path / "out"
    put(root, "ann_1", "sad", "sad", "happy", None)
    put(root, "deep/ann_2", "sad", "calm")
    put(root, "ben", "happy", "gruntled", "sad", others=("P2",), clues=(clue(1, "face", "jaw_drop"),))
    return root


def design(folder: Path, text: str) -> Path:
    path = folder.parent / "design.csv"
    path.write_text(text, encoding="utf-8")
    return path


DESIGN = "clip,person,group\nann_1.mp4,Ann,old\ndeep/ann_2,Ann,old\nvideos/ben.mp4,Ben,new\n"


def test_without_a_design_everybody_is_somebody(folder: Path) -> None:
    found = study.load(folder)
    assert (found.conditions, found.faults) == ((), ())
    assert found.people["person"].tolist() == ["ann_1 P1", "ben P1", "ben P2", "deep/ann_2 P1"]


def test_a_design_names_people_by_file_folder_and_path(folder: Path) -> None:
    found = study.load(folder, design(folder, DESIGN))
    assert found.faults == ()
    assert found.people[["person", "group", "clip", "id"]].to_numpy().tolist() == [
        ["Ann", "old", "ann_1", "P1"], ["Ann", "old", "deep/ann_2", "P1"], ["Ben", "new", "ben", "P1"],
    ]  # fmt: skip
    assert [remark for remark in found.remarks if "ben P2" in remark]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("nobody.mp4,Ann,,old", "line 3: nobody.mp4: no result of that clip"),
        ("ann_1.mp4,,,old", "line 3: ann_1.mp4: no person"),
        (",Ann,,old", "line 3: no clip"),
        ("ben,Ben,P7,new", "line 3: ben: P7 is not among its people; choose from P1, P2"),
        ("ann_1,Ann,,new", "line 3: ann_1: a second row for P1"),
        ("ann_1,Ann", "line 3: other cells than the header has columns"),
    ],
)
def test_bad_rows_are_a_line_each(folder: Path, rows: str, fault: str) -> None:
    found = study.load(folder, design(folder, f"clip,person,id,group\nann_1.mp4,Ann,,old\n{rows}\n"))
    assert len(found.faults) == 1 and fault in found.faults[0]
    assert found.people["person"].tolist() == ["Ann"]


def test_a_name_of_two_clips_asks_for_the_folder(folder: Path) -> None:
    put(folder, "again/ben", "sad", "sad")
    found = study.load(folder, design(folder, "clip,group\nben.mp4,new\nben,old\n"))
    assert "2 clips have that name" in found.faults[0]
    assert found.people["clip"].tolist() == ["ben"]  # a folder is never ambiguous


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,group\na,b\n", "no column clip"),
        ("clip,label\na,b\n", "cannot be called label"),
        ("clip,group,group\na,b,c\n", "two columns are called group"),
        ("clip,\na,b\n", "a column without a name"),
        ("clip,group\nnobody,b\n", "nobody to report on"),
    ],
)
def test_a_design_that_cannot_be_used_is_one_line(folder: Path, text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        study.load(folder, design(folder, text))


def test_results_that_cannot_be_used_are_named(folder: Path, tmp_path: Path) -> None:
    (folder / "broken").mkdir()
    (folder / "broken" / "result.json").write_text("{")
    (folder / "copy").mkdir()
    (folder / "copy" / "result.json").write_bytes((folder / "ben" / "result.json").read_bytes())
    found = study.load(folder)
    assert len(found.faults) == 2 and "broken" in found.faults[0] and "the same clip as in ben" in found.faults[1]
    with pytest.raises(InputError, match="no such folder"):
        study.load(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no result\.json"):
        study.load(tmp_path / "empty")


def test_rates_are_means_over_people_of_means_over_clips(folder: Path) -> None:
    table = study.load(folder, design(folder, DESIGN)).rates("group").set_index(["group", "measure"])
    assert table.loc[("old", "time sad"), "mean"] == pytest.approx((2 / 3 + 1 / 2) / 2)  # what is not judged counts not
    assert table.loc[("old", "time calm"), ["num_people", "num_clips"]].tolist() == [1, 2]
    assert table.loc[("new", "time other words"), "mean"] == pytest.approx(1 / 3)
    assert table["low"].isna().all()  # too few people for an interval
    assert table["mean"].groupby(lambda key: (key[0], key[1].split()[0])).sum().tolist() == pytest.approx([1] * 4)


def test_affect_and_behaviour(folder: Path) -> None:
    found = study.load(folder, design(folder, DESIGN))
    affect = found.rates("person", "affect").set_index(["person", "measure"])["mean"]
    assert affect["Ben", "valence"] == pytest.approx(
        (1 - math.sqrt(0.5)) / 2
    )  # happy, sad; an unknown word is left out
    assert affect["Ben", "arousal"] == pytest.approx((0 - math.sqrt(0.5)) / 2)
    behaviour = found.rates("person", "behaviour").set_index(["person", "measure"])["mean"]
    assert behaviour["Ben", "face clues"] == pytest.approx(2.0)  # one in half a minute
    assert behaviour["Ann", "face clues"] == 0
    assert behaviour["Ben", "changes a minute"] == pytest.approx(4.0)
    assert behaviour["Ben", "speech share"] == pytest.approx(0.5)


def test_transitions_stay_within_a_clip_and_count_staying(folder: Path) -> None:
    steps = study.load(folder, design(folder, DESIGN)).transitions("group").set_index(["group", "from", "to"])
    assert steps.loc[("old", "sad", "sad"), ["count", "num_from"]].tolist() == [1, 3]
    assert steps.loc[("old", "sad", "calm"), "share"] == pytest.approx(1 / 3)
    assert ("old", "happy", "sad") not in steps.index  # the next clip's first
    assert (steps.groupby(["group", "from"])["share"].sum() - 1).abs().max() < 1e-12


def test_the_course_has_each_part_of_the_clip(folder: Path) -> None:
    course = study.load(folder, design(folder, DESIGN)).course("person", bins=3)
    ben = course[(course["person"] == "Ben") & (course["measure"] == "valence")]["mean"].to_numpy()
    assert ben[[0, 2]] == pytest.approx([1, -math.sqrt(0.5)]) and math.isnan(ben[1])


def test_unknown_names_are_one_line(folder: Path) -> None:
    found = study.load(folder)
    for wrong in (lambda: found.rates("group"), lambda: found.measures("mood"), lambda: found.contrasts("group")):
        with pytest.raises(InputError, match="no such"):
            wrong()


def test_too_few_people_get_neither_interval_nor_p(folder: Path) -> None:
    table = study.load(folder, design(folder, DESIGN)).contrasts("group")
    assert table[["low", "high", "p_value", "p_adjusted"]].isna().all(axis=None)
    assert table["note"].str.contains(f"too few people.*: 1 and 1, of {MIN_PEOPLE} needed").all()


def test_the_truth_is_found_through_the_whole_path(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    path = write(tmp_path / "made", list(people(rng, 20, 2, effect=0.3)), rng, num_utterances=30)
    table = study.load(tmp_path / "made", path).contrasts().set_index(["condition", "measure"])
    sad = table.loc[("group", "time sad")]
    assert sad["low"] < 0.3 < sad["high"] and sad["p_adjusted"] < 0.01
    assert (sad["method"], sad["num_people"], sad["num_clips"]) == ("mixed model", 10, 20)
    assert table.loc[("session", "time sad"), "p_adjusted"] > 0.05
    known = table["p_value"].notna()
    assert (table["p_adjusted"][known] >= table["p_value"][known]).all()
    assert not [name for _, name in table.index if name.startswith("utterances")]


@pytest.mark.parametrize(("within", "num_clips"), [(False, 1), (False, 2), (True, 4)])
def test_intervals_hold_the_truth(within: bool, num_clips: int) -> None:
    """Of 25 made studies at least 21: fewer with a chance of 1 in 140, were the intervals exact."""
    from study_coverage import EFFECT, Design, figures

    rng = np.random.default_rng(1)
    made = [contrast(*figures(rng, Design(14, num_clips, within))) for _ in range(25)]
    assert sum(one.low <= EFFECT <= one.high for one in made) >= 21


def test_what_statsmodels_warns_of_is_told(monkeypatch) -> None:
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(12), 2)
    figures, is_second = rng.normal(size=24), (person >= 6).astype(float)

    def warning(*_: object, **__: object) -> None:
        warnings.warn("the likelihood is odd.\nmore", stacklevel=2)
        raise np.linalg.LinAlgError("singular")

    fitted = contrast(figures, is_second, person)
    boundary = contrast(np.tile([-1.0, 1.0], 12) + rng.normal(size=24), is_second, person)
    monkeypatch.setattr("statsmodels.regression.mixed_linear_model.MixedLM.fit", warning)
    failed = contrast(figures, is_second, person)
    assert (fitted.method, failed.method) == ("mixed model", "bootstrap")
    assert "did not converge" in failed.note and math.isnan(failed.p_value) and failed.low < failed.high
    assert boundary.note.startswith("statsmodels: ") and "\n" not in boundary.note


def test_no_variation_and_missing_figures() -> None:
    person, is_second = np.arange(12), (np.arange(12) >= 6).astype(float)
    same = contrast(np.ones(12), is_second, person)
    assert same.note == "the same everywhere" and same.difference == 0
    nothing = contrast(np.where(is_second == 1, np.nan, 1.0), is_second, person)
    assert nothing.num_people == 0 and "no figures" in nothing.note


def test_a_condition_of_many_values_is_not_compared(tmp_path: Path) -> None:
    for number in range(contrasts.MAX_VALUES + 1):
        put(tmp_path / "out", f"c{number}", "sad")
    lines = "".join(f"c{number},{number},one\n" for number in range(contrasts.MAX_VALUES + 1))
    found = study.load(tmp_path / "out", design(tmp_path / "out", f"clip,age,place\n{lines}"))
    assert found.contrasts().empty
    assert any("age: has 13 values" in remark for remark in found.remarks)
    assert any("place: has a single value" in remark for remark in found.remarks)


def test_the_examples_of_the_page_run(tmp_path: Path, monkeypatch, capsys) -> None:
    page = (Path(__file__).parents[2] / "docs" / "study.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)
    rng = np.random.default_rng(0)
    write(tmp_path / "results", list(people(rng, 10, 2, effect=0.2)), rng, num_utterances=4)
    (tmp_path / "results" / "design.csv").rename(tmp_path / "design.csv")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/study.md", "exec"), {})
    assert "num_people" in capsys.readouterr().out
