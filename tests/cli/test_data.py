"""``microemo data`` as a user types it."""

import json
import wave
from pathlib import Path

import pytest
from console import Run
from stub_server import stub_server

from microemo.errors import InputError


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


@pytest.mark.parametrize("split", ["80,20", "a,b,c", "0,0,0", "train", "validation=", "validation=77", "test=01,01"])
def test_a_split_that_is_none_is_one_line(run: Run, ravdess: Path, split: str) -> None:
    outcome = run("data", "import", "ravdess", str(ravdess), "--out", "m.jsonl", "--split", split)
    assert outcome.code == 2
    assert outcome.stderr.count("\n") == 1
    assert "--split" in outcome.stderr


def test_speakers_of_a_split_can_be_named_one_by_one(run: Run, ravdess: Path) -> None:
    named = ["--split", "test=01", "--split", "validation=02", "--split", "test=03"]
    outcome = run("data", "import", "ravdess", str(ravdess), "--out", "m.jsonl", *named)
    assert outcome.stdout == "m.jsonl: 8 clips (2 train, 2 validation, 4 test) of 4 speakers\n"
    outcome = run("data", "import", "ravdess", str(ravdess), "--out", "n.jsonl", *named, "--split", "train=01")
    assert (outcome.code, "speakers 01 are named more than once" in outcome.stderr) == (2, True)


@pytest.mark.parametrize("option", [("--prices", "1,2"), ("--yes",)])
def test_options_about_rewriting_need_it(run: Run, ravdess: Path, option: tuple[str, ...]) -> None:
    run("data", "import", "ravdess", str(ravdess), "--out", "m.jsonl")
    outcome = run("data", "describe", "m.jsonl", "--out", "d.jsonl", *option)
    assert (outcome.code, "--rewrite" in outcome.stderr, Path("d.jsonl").exists()) == (2, True, False)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tense voice in each clip, but for the first actor's, which cannot be read."""
    from microemo.data import described
    from microemo.data.manifest import Sample
    from microemo.data.measure import Measured
    from microemo.schema import Clue, Utterance

    def measure(sample: Sample, asr: bool = False) -> Measured:
        if sample.speaker == "01":
            raise InputError(f"{sample.path.name}: not media")
        clue = Clue(
            id=1, modality="voice", region="voice", kind="voice_tense", start_sec=0, apex_sec=1, end_sec=2, value=1,
            baseline=0, strength=0.9,
        )  # fmt: skip
        utterance = Utterance(index=0, start_sec=0, end_sec=2, source="window")
        return Measured(duration_sec=2, modalities=("voice",), utterances=(utterance,), clues=(clue,))

    monkeypatch.setattr(described, "measure", measure)


@pytest.mark.usefixtures("measured")
def test_describe(run: Run, ravdess: Path, tmp_path: Path) -> None:
    run("data", "import", "ravdess", str(ravdess), "--out", "m.jsonl")
    outcome = run("data", "describe", "m.jsonl", "--out", "d.jsonl", "--max-failed-share", "0.3")
    assert outcome.code == 1
    assert outcome.stderr.startswith("microemo: 2 rows left out: 03-01-03-01-01-01-01: ")
    assert "6 described; 6 of 6 claims verified" in outcome.stdout
    rows = [json.loads(line) for line in (tmp_path / "d.jsonl").read_text().splitlines()]
    assert [("description" in row, row["speaker"] == "01") for row in rows].count((True, False)) == 6
    outcome = run("data", "describe", "m.jsonl", "--out", "e.jsonl")
    assert (outcome.code, "2 of 8 rows cannot be used" in outcome.stderr) == (2, True)


@pytest.mark.usefixtures("measured")
def test_describe_and_rewrite(run: Run, ravdess: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("microemo.chat.cache_dir", lambda: tmp_path / "cache")
    run("data", "import", "ravdess", str(ravdess), "--out", "m.jsonl")
    with stub_server(lambda request: "The voice is tense [1], so the person seems angry.") as stub:
        outcome = run(
            "data", "describe", "m.jsonl", "--out", "d.parquet", "--max-failed-share", "1", "--json",
            "--rewrite", f"{stub.url}#stub", "--prices", "1,2",
        )  # fmt: skip
    assert "4 requests" in outcome.stderr  # men and women, happy and angry: six clips have four texts
    assert "3 rewritten, 3 kept as they were" in outcome.stderr  # those of happy clips do not name it
    assert json.loads(outcome.stdout)["verified"] == 6
