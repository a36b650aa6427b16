"""microemo evaluate on small tables: figures, reports, what is named, exit codes, and scoring again without a judge."""

import io
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from console import Run
from openpyxl import Workbook
from stub_server import Request, last_text, stub_server

from microemo.evaluate.groups import save_groups

TRUTH = "name,openset\na,\"['sad', 'angry']\"\nb,['calm']\nc,['happy']\n"
PREDICTED = "name,openset\na,\"['unhappy', 'calm']\"\nb,['calm']\nc,['joyful']\n"


@pytest.fixture
def tables(run: Run, tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text(TRUTH)
    (tmp_path / "ours.csv").write_text(PREDICTED)
    (tmp_path / "theirs.csv").write_text("name,openset\na,[]\nb,['worried']\nc,['happy']\n")


def figures(printed: str, system: int = 0) -> dict[str, float]:
    return {score["metric"]: score["value"] for score in json.loads(printed)["systems"][system]["scores"]}


def test_given_groups_and_json(run: Run, tables: None, tmp_path: Path) -> None:
    groups = {"a": (("sad", "unhappy"), ("angry",), ("calm",)), "b": (("calm",),), "c": (("happy",), ("joyful",))}
    save_groups(groups, tmp_path / "groups.zip")
    outcome = run("evaluate", "--pred", "ours.csv", "--gt", "truth.csv", "--groups", "groups.zip", "--json")
    assert (outcome.code, outcome.stderr) == (0, "")
    found = figures(outcome.stdout)
    assert (found["Avg"], found["Accuracy_S"], found["Recall_S"]) == (0.5, 0.5, 0.5)


def test_offline_by_default(run: Run, tables: None) -> None:
    outcome = run("evaluate", "--pred", "ours.csv", "--gt", "truth.csv", "--json")
    found = figures(outcome.stdout)
    assert (found["Accuracy_S"], found["Recall_S"]) == pytest.approx((5 / 6, 5 / 6))  # joyful means happy here
    assert json.loads(outcome.stdout)["judge"]["name"] == "offline"


def test_comparison_with_report(run: Run, tables: None, tmp_path: Path) -> None:
    outcome = run("evaluate", "--pred", "ours=ours.csv", "--pred", "theirs.csv", "--gt", "truth.csv", "--out", "out")
    assert outcome.code == 0
    assert "truth: against ours" in outcome.stdout
    assert "nothing predicted" in outcome.stdout
    written = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {"out/evaluation.json", "out/comparison.md", "out/comparison.html", "out/plots/001.svg"} <= written
    assert {"out/groups/1-ours/truth.zip", "out/groups/2-theirs/truth.zip"} <= written
    evaluation = json.loads((tmp_path / "out/evaluation.json").read_text())
    again = run(*shlex.split(evaluation["command"])[1:], "--json")
    assert json.loads(again.stdout)["systems"] == evaluation["systems"]
    assert json.loads(again.stdout)["comparisons"] == evaluation["comparisons"]


def test_groups_that_were_kept_give_the_same_scores(run: Run, tables: None) -> None:
    first = run("evaluate", "--pred", "ours.csv", "--gt", "truth.csv", "--out", "out", "--json")
    again = run(
        "evaluate", "--pred", "ours.csv", "--gt", "truth.csv", "--groups", "out/groups/1-ours/truth.zip", "--json"
    )
    assert figures(again.stdout) == figures(first.stdout)


def test_a_clip_without_a_prediction_is_named_and_shows_in_exit_code(run: Run, tables: None, tmp_path: Path) -> None:
    (tmp_path / "half.csv").write_text("name,openset\na,['sad']\nstray,['sad']\n")
    outcome = run("evaluate", "--pred", "half.csv", "--gt", "truth.csv", "--json")
    assert outcome.code == 1
    assert "half: clips without a prediction count as empty" in outcome.stderr
    notices = {n["reason"]: n["clips"] for n in json.loads(outcome.stdout)["systems"][0]["notices"]}
    assert notices == {"no prediction; counted as empty": ["b", "c"], "not in the truth; left out": ["stray"]}
    assert figures(outcome.stdout)["Accuracy_S"] == pytest.approx(1 / 3)


def test_descriptions_are_scored_by_their_labels_which_are_kept(run: Run, tables: None, tmp_path: Path) -> None:
    (tmp_path / "prose.csv").write_text(
        'name,reason\na,"She is sad, and not happy at all."\nb,He seems calm.\nc,She feels happy.\n'
    )
    outcome = run("evaluate", "--pred", "prose.csv", "--gt", "truth.csv", "--out", "out", "--json")
    assert figures(outcome.stdout)["Accuracy_S"] == 1
    labels = "out/labels/1-prose/truth.csv"
    assert "\na,['sad']\n" in Path(labels).read_text()
    again = run("evaluate", "--pred", labels, "--gt", "truth.csv", "--json")
    assert figures(again.stdout) == figures(outcome.stdout)


def test_confidences_are_calibrated(run: Run, tables: None, tmp_path: Path) -> None:
    rows = [{"name": "a", "labels": ["sad", "calm"], "confidences": [0.9, 0.1]}, {"name": "b", "labels": []}]
    (tmp_path / "sure.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    outcome = run("evaluate", "--pred", "sure.jsonl", "--gt", "truth.csv", "--json")
    calibration = json.loads(outcome.stdout)["systems"][0]["calibration"]
    assert calibration["num_labels"] == 2
    assert calibration["brier"]["value"] == pytest.approx(0.01)


def by_first_letter(request: Request) -> str:
    labels = json.loads(last_text(request).rsplit("Labels: ", 1)[1].split("\n")[0])
    return json.dumps([[label for label in labels if label[0] == letter] for letter in sorted({w[0] for w in labels})])


def test_llm_judge_says_its_cost_first_and_needs_no_server_again(
    run: Run, tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROEMO_CACHE", "cache")
    with stub_server(by_first_letter) as stub:
        arguments = ["evaluate", "--pred", "ours.csv", "--gt", "truth.csv", "--judge", f"{stub.url}#stub", "--json"]
        outcome = run(*arguments, "--prices", "1,2")
    assert outcome.code == 0
    assert re.search(r"group labels: 2 requests .*tokens in.*at these prices \(estimated\)", outcome.stderr)
    assert figures(outcome.stdout)["Recall_S"] == pytest.approx((0 + 1 + 0) / 3)
    assert json.loads(outcome.stdout)["judge"]["name"].startswith("stub (prompts ")
    again = run(*arguments)
    assert figures(again.stdout) == figures(outcome.stdout)
    assert "no requests: all 2 replies are cached" in again.stderr


def test_a_terminal_is_asked_before_money_is_spent(run: Run, tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROEMO_CACHE", "cache")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    with stub_server(by_first_letter) as stub:
        outcome = run("evaluate", "--pred", "ours.csv", "--gt", "truth.csv", "--judge", f"{stub.url}#stub")
        assert stub.requests == []
    assert outcome.code != 0
    assert "Go on?" in outcome.stderr


def test_a_server_that_lists_no_models_is_asked_for_its_default(
    run: Run, tables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROEMO_CACHE", "cache")
    with stub_server(by_first_letter) as stub:
        outcome = run("evaluate", "--pred", "ours.csv", "--gt", "truth.csv", "--judge", stub.url, "--json")
    assert outcome.code == 0
    assert {request["model"] for request in stub.requests} == {"default"}


@pytest.fixture
def benchmark(run: Run, tmp_path: Path) -> None:
    truths = {
        "mer2023": "name,discrete\na,happy\nb,sad\n",
        "mosi": "video_id,clip_id,label,mode\nv,1,1.2,test\nv,2,-0.8,test\nv,3,0,test\nv,4,2,train\n",
        "ovmerd": TRUTH,
    }
    answers = {
        "mer2023": "name,openset\na,[joyful]\nb,[happy]\n",
        "mosi": "name,openset\nv_1,[happy]\nv_2,[delighted]\nv_3,[sad]\n",
        "ovmerd": PREDICTED,
    }
    for folder, tables in (("truths", truths), ("answers", answers)):
        (tmp_path / folder).mkdir()
        for stem, text in tables.items():
            (tmp_path / folder / f"{stem}.csv").write_text(text)


def test_benchmark_per_task_and_mean(run: Run, benchmark: None) -> None:
    outcome = run("evaluate", "--pred", "answers", "--gt", "truths", "--split", "test", "--json")
    assert outcome.code == 2  # only MOSI has splits
    outcome = run("evaluate", "--pred", "answers", "--gt", "truths", "--json")
    scores: dict[tuple[str, str], Any] = {
        (score["task"], score["metric"]): score for score in json.loads(outcome.stdout)["systems"][0]["scores"]
    }
    hits, sentiment = scores["MER2023", "Hit rate"], scores["CMU-MOSI", "Weighted F1 of sentiment"]
    assert (hits["value"], hits["num_clips"]) == (0.5, 2)
    assert sentiment["num_clips"] == 3  # the neutral one does not count; v_4 has no prediction
    mean = scores["MER-UniBench", "Mean of 3 of 9 tasks"]
    wheel = scores["OV-MERD+", "Wheel F1, level 1"]["value"]
    assert mean["value"] == pytest.approx((hits["value"] + sentiment["value"] + wheel) / 3)
    assert outcome.code == 1


def test_one_task_of_the_benchmark(run: Run, benchmark: None) -> None:
    outcome = run(
        "evaluate",
        "--pred",
        "answers/mosi.csv",
        "--gt",
        "truths/mosi.csv",
        "--split",
        "test",
        "--task",
        "mosi",
        "--json",
    )
    assert outcome.code == 0
    assert set(figures(outcome.stdout)) == {"Weighted F1 of sentiment"}


def test_speakers_are_resampled_together(run: Run, tables: None, tmp_path: Path) -> None:
    (tmp_path / "spoken.csv").write_text("name,openset,speaker\na,[sad],S\nb,[calm],S\nc,[happy],T\n")
    evaluation = json.loads(run("evaluate", "--pred", "ours.csv", "--gt", "spoken.csv", "--json").stdout)
    assert evaluation["resampling"] == {"resampled": "speaker", "resamples": 2000, "level": 0.95, "seed": 0}


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--pred", "ours.csv", "--gt", "none.csv"], r"none\.csv: cannot be read"),
        (["--pred", "ours.csv", "--gt", "truth.csv", "--task", "mer1999"], r"mer1999: no such task; one of mer2023"),
        (["--pred", "ours.csv", "--gt", "truth.csv", "--wheels", "."], r"--wheels takes a folder with format\.csv"),
        (["--pred", "ours.csv", "--gt", "truth.csv", "--judge", "http://127.0.0.1:1/v1"], r"no server answers there"),
        (["--pred", "ours.csv", "--gt", "truth.csv", "--judge", "localhost"], r"not the URL of a server"),
        (["--pred", "ours.csv", "--gt", "truth.csv", "--judge", "x#y", "--groups", "g"], r"give one of them"),
        (["--pred", "x=ours.csv", "--pred", "x=theirs.csv", "--gt", "truth.csv"], r"a second system called x"),
        (["--pred", "ours.csv", "--gt", "truth.csv", "--prices", "cheap"], r"cheap: not two prices"),
        (["--gt", "truth.csv"], r"pred"),
    ],
)
def test_bad_usage_is_one_line_and_2(run: Run, tables: None, arguments: list[str], fault: str) -> None:
    outcome = run("evaluate", *arguments)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert re.fullmatch(rf"microemo: error: .*{fault}.*\n", outcome.stderr)


@pytest.mark.parametrize(("package", "option"), [("matplotlib", "--out"), ("openpyxl", "--wheels")])
def test_a_missing_package_of_the_extra_is_named_before_any_work(
    run: Run, tables: None, monkeypatch: pytest.MonkeyPatch, package: str, option: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    outcome = run("evaluate", "--pred", "none.csv", "--gt", "truth.csv", option, "folder")
    expected = f"microemo: error: {package} is not installed; run: pip install 'microemo[eval]'\n"
    assert (outcome.code, outcome.stderr) == (2, expected)


def test_published_wheels(run: Run, tables: None, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    folder.mkdir()
    (folder / "format.csv").write_text("name,format\nsad,[unhappy]\nhappy,[joyful]\n")
    for name in ("synonym", *(f"wheel{number}" for number in range(1, 6))):
        book = Workbook()
        words = [("word_1", "synonym_1"), ("sad", "[]"), ("happy", "[]")]
        levels = [("level1", "level2", "level3"), ("all", "low", "sad"), ("", "high", "happy")]
        for row in words if name == "synonym" else levels:
            book.worksheets[0].append(row)
        book.save(folder / f"{name}.xlsx")
    outcome = run("evaluate", "--pred", "ours.csv", "--gt", "truth.csv", "--wheels", "wheels", "--json")
    found = figures(outcome.stdout)
    assert (found["Wheel F1, level 1"], found["Wheel F1, level 2"]) == (1, 1)
    notices = json.loads(outcome.stdout)["systems"][0]["notices"]
    assert [(n["reason"], n["clips"]) for n in notices] == [
        ("no label of the truth is on wheels; left out there", ["b"])
    ]
