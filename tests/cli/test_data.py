"""``microemo data`` as a user types it."""

import json
import wave
from pathlib import Path

import pytest
from console import Run


@pytest.fixture
def ravdess(tmp_path: Path) -> Path:
    """Silence under RAVDESS's names: four actors, two emotions."""
    folder = tmp_path / "ravdess"
    folder.mkdir()
    for actor in range(1, 5):
        for emotion in (3, 5):
            with wave.open(str(folder / f"03-01-0{emotion}-01-01-01-0{actor}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(16_000)
                file.writeframes(bytes(3200 + 2 * (10 * actor + emotion)))  # no two are alike
    return folder


def test_import_then_check(run: Run, ravdess: Path) -> None:
    outcome = run("data", "import", "auto", str(ravdess), "--out", "m.parquet", "--split", "test=04")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout == "m.parquet: 8 clips (6 train, 0 validation, 2 test) of 4 speakers\n"
    outcome = run("data", "check", "m.parquet", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.stdout)["splits"]["test"]["labels"] == {"angry": 1, "happy": 1}
    assert "2 labels" in run("data", "check", "m.parquet").stdout


def test_leaks_are_exit_code_1_unless_they_are_allowed(run: Run, ravdess: Path, tmp_path: Path) -> None:
    run("data", "import", "ravdess", str(ravdess), "--out", "m.jsonl", "--split", "50,25,25")
    manifest = tmp_path / "m.jsonl"
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    rows[0]["speaker"] = next(row["speaker"] for row in rows if row["split"] != rows[0]["split"])
    manifest.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    outcome = run("data", "check", "m.jsonl")
    assert outcome.code == 1
    assert "leak: speaker" in outcome.stdout
    assert run("data", "check", "m.jsonl", "--allow", "speaker").code == 0


def test_rows_left_out_are_named_and_too_many_stop(run: Run, ravdess: Path) -> None:
    (ravdess / "notes.wav").write_bytes(b"")
    outcome = run("data", "import", "ravdess", str(ravdess), "--out", "m.jsonl", "--max-failed-share", "0.2")
    assert outcome.code == 1
    assert outcome.stderr == "microemo: 1 rows left out: notes.wav: notes.wav is no name of RAVDESS's\n"
    outcome = run("data", "import", "ravdess", str(ravdess), "--out", "n.jsonl")
    assert outcome.code == 2
    assert "1 of 9 rows cannot be used" in outcome.stderr
    assert not Path("n.jsonl").exists()


@pytest.mark.parametrize("split", ["80,20", "a,b,c", "0,0,0", "train", "validation=", "validation=77"])
def test_a_split_that_is_none_is_one_line(run: Run, ravdess: Path, split: str) -> None:
    outcome = run("data", "import", "ravdess", str(ravdess), "--out", "m.jsonl", "--split", split)
    assert outcome.code == 2
    assert outcome.stderr.count("\n") == 1
    assert "--split" in outcome.stderr
