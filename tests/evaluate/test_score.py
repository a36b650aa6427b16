"""Scores from Python: paths, data frames and results give what the command gives; what cannot be scored is one line."""

import doctest
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import microemo.evaluate
from microemo.errors import InputError, MicroEmoError
from microemo.evaluate import Evaluation, Resampling, score
from microemo.evaluate.comparison import html, markdown
from microemo.evaluate.groups import save_groups
from microemo.evaluate.tables import read
from microemo.result import Result
from microemo.schema import Answer, ClipInfo, Emotion, ModelInfo

ROOT = Path(__file__).parents[2]
TRUTH = {"name": ["a", "b", "c"], "openset": ["['sad', 'angry']", "['calm']", "['happy']"]}
LABELS = {"a": ["unhappy", "calm"], "b": ["calm"], "c": ["joyful"]}


def frame(labels: dict[str, Any], **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"name": [*labels], "labels": [*labels.values()], **columns})


def result(name: str, labels: list[str]) -> Result:
    emotions = tuple(Emotion(label=label, confidence=0.5) for label in labels)
    return Result(
        clip=ClipInfo(path=f"clips/{name}.mp4", duration_sec=1, has_video=True, has_audio=True, face_seconds=1),
        overall=Answer(emotions=emotions, explanation="The brows are lowered."),
        utterances=(),
        clues=(),
        abstained=False,
        model=ModelInfo(name="nano", version="1", weights_sha256="0"),
        microemo_version="0",
    )


def value(evaluation: Evaluation, metric: str, system: int = 0) -> float | None:
    return next(found.value for found in evaluation.systems[system].scores if found.metric == metric)


def test_public_names_are_pinned() -> None:
    assert microemo.evaluate.__all__ == ["Evaluation", "LLMJudge", "Resampling", "score"]
    assert all(getattr(microemo.evaluate, name).__name__ == name for name in microemo.evaluate.__all__)
    with pytest.raises(AttributeError, match="no attribute 'scores'"):
        _ = microemo.evaluate.scores


def test_import_loads_nothing_heavy() -> None:
    program = "import sys, microemo.evaluate; print(*({'numpy', 'pandas', 'pydantic', 'torch'} & {*sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == ""


def test_paths_frames_and_results_score_alike(tmp_path: Path) -> None:
    pd.DataFrame(TRUTH).to_csv(tmp_path / "truth.csv", index=False)
    frame(LABELS).to_json(tmp_path / "ours.jsonl", orient="records", lines=True)
    from_files = score(tmp_path / "ours.jsonl", str(tmp_path / "truth.csv"))
    assert value(from_files, "Accuracy_S") == pytest.approx(5 / 6)
    assert (from_files.systems[0].name, from_files.tasks, from_files.command) == ("ours", ("truth",), "")

    from_frames = score(frame(LABELS), pd.DataFrame(TRUTH))
    assert from_frames.systems[0].scores == from_files.systems[0].scores
    assert from_frames.systems[0].files[0].path == "DataFrame"
    from_results = score([result(name, labels) for name, labels in LABELS.items()], pd.DataFrame(TRUTH))
    assert from_results.systems[0].scores == from_files.systems[0].scores
    assert from_results.systems[0].calibration is not None


def test_several_systems_are_compared_with_the_first() -> None:
    evaluation = score({"ours": frame(LABELS), "truth": pd.DataFrame(TRUTH)}, pd.DataFrame(TRUTH))
    assert [system.name for system in evaluation.systems] == ["ours", "truth"]
    assert {(row.system, row.baseline) for row in evaluation.comparisons} == {("truth", "ours")}
    assert "To compute it again" in markdown.render(evaluation)
    assert "<pre>" not in html.render(evaluation, Path())  # Python computed it: there is no command line


def test_given_groups(tmp_path: Path) -> None:
    groups = {"a": (("sad",), ("unhappy",), ("angry",), ("calm",)), "b": (("calm",),), "c": (("happy",), ("joyful",))}
    file = save_groups(groups, tmp_path / "groups.zip")
    assert value(score(frame(LABELS), pd.DataFrame(TRUTH), groups=file), "Avg") == pytest.approx(1 / 3)
    with pytest.raises(InputError, match="2 files of groups for 1 systems: give one, or one for each"):
        score(frame(LABELS), pd.DataFrame(TRUTH), groups=[file, file])


def test_a_row_a_score_in_a_data_frame() -> None:
    evaluation = score({"ours": frame(LABELS), "again": frame(LABELS)}, pd.DataFrame(TRUTH))
    scores = evaluation.to_dataframe()
    assert list(scores.columns) == ["task", "metric", "value", "low", "high", "num_clips", "system"]
    assert list(scores.system.unique()) == ["ours", "again"]
    avg = scores[scores.metric == "Avg"].iloc[0]
    expected = evaluation.systems[0].scores[0]
    assert expected.interval is not None
    assert (avg.value, avg.low, avg.high) == (expected.value, expected.interval.low, expected.interval.high)
    assert (avg.task, avg.num_clips) == ("truth", 3)


def test_what_is_not_defined_is_nan_in_a_data_frame() -> None:
    scores = score(frame({"a": ["sad"]}), frame({"a": ["sad"]})).to_dataframe()
    assert scores.value.notna().all()
    assert scores.low.isna().all() and scores.low.dtype == float  # one clip tells nothing


def test_resampling_is_as_told_and_by_speaker_if_tables_name_them() -> None:
    by_clip = score(frame(LABELS), pd.DataFrame(TRUTH), resampling=Resampling(resamples=200, level=0.8, seed=3))
    assert by_clip.resampling == Resampling(resamples=200, level=0.8, seed=3)
    by_speaker = score(frame(LABELS, speaker=["S", "S", "T"]), pd.DataFrame(TRUTH))
    assert by_speaker.resampling.resampled == "speaker"
    own = score(frame(LABELS), pd.DataFrame(TRUTH), resampling=Resampling(clusters={"a": "S", "b": "S"}))
    given = score(frame({"a": LABELS["a"]} | LABELS, speaker=["S", "S", None]), pd.DataFrame(TRUTH))
    assert own.systems[0].scores == given.systems[0].scores


def test_cells_of_a_frame_read_as_those_of_a_file() -> None:
    table = read(frame({"a": np.array(["Sad"]), "b": ("angry",), "c": "[calm, sad]", "d": None}))
    assert {name: row.labels for name, row in table.items()} == {
        "a": ("sad",), "b": ("angry",), "c": ("calm", "sad"), "d": (),
    }  # fmt: skip
    meld = pd.DataFrame({"Dialogue_ID": [0], "Utterance_ID": [0], "Emotion": ["joy"], "Sentiment": ["positive"]})
    assert read(meld)["dia0_utt0"].sentiment == 1
    assert read(pd.DataFrame({"name": ["a"], "sentiment": [-0.5]}))["a"].sentiment == -0.5
    assert read(frame({"a": ["sad"]}).set_index("name"))["a"].labels == ("sad",)


def test_texts_of_a_frame_without_labels_are_read() -> None:
    predicted = frame({"a": None, "b": ["calm"], "c": None}, text=["She is sad, not happy.", "x", "He feels happy."])
    assert value(score(predicted, pd.DataFrame(TRUTH)), "Accuracy_S") == 1


@pytest.mark.parametrize(
    ("predictions", "fault"),
    [
        (pd.DataFrame({"clip": ["a"], "labels": ["sad"]}), r"DataFrame: .*no column called name, but clip, labels"),
        (frame({"a": ["sad"]}).iloc[:0], r"DataFrame: no rows"),
        (pd.DataFrame({"name": ["a", "a"], "labels": ["sad", "glad"]}), r"DataFrame: row 1: a again, after row 0"),
        ([result("a", ["sad"]), result("a", ["glad"])], r"list: result 1: a again, after result 0"),
        (42, r"int: no table; give a path, a DataFrame or a list of results"),
        (["ours.csv"], r"list: no table; give"),
        ({}, r"no predictions: give at least one table"),
    ],
)
def test_what_is_no_table_is_said_so(predictions: Any, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        score(predictions, pd.DataFrame(TRUTH))


@pytest.mark.parametrize("package", ["pandas", "matplotlib", "openpyxl", "openai"])
def test_a_missing_package_of_the_extra_is_one_line(
    package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from microemo.chat import first_model
    from microemo.evaluate import plots
    from microemo.evaluate.wheels import FILES, published

    evaluation = score([result(name, labels) for name, labels in LABELS.items()], pd.DataFrame(TRUTH))
    for name in FILES:
        (tmp_path / name).touch()
    uses = {
        "pandas": evaluation.to_dataframe,
        "matplotlib": lambda: plots.forest([], "title", tmp_path / "plot.svg"),
        "openpyxl": lambda: published(tmp_path).clusters(["sad"], 1),
        "openai": lambda: first_model("http://127.0.0.1:1/v1"),
    }
    for module in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MicroEmoError) as caught:
        uses[package]()

    assert str(caught.value) == f"{package} is not installed; run: pip install 'microemo[eval]'"


def test_examples_of_the_document_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "evaluation.md").read_text(), re.DOTALL)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "evaluation.md", None, None)
    done = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(examples)
    assert done.attempted > 5 and done.failed == 0
