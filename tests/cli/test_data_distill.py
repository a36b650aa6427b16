"""Another model's answers as training data."""

import json
from pathlib import Path

from console import Run
from media_made import tone

from microemo.data import manifest
from microemo.predict.predictions import Prediction
from microemo.predict.settings import PredictionSettings

SETTINGS = PredictionSettings()


def answered(folder: Path, **texts: str | tuple[str, tuple[str, ...]] | None) -> Path:
    """Predictions of a teacher that only speaks, names labels as well, or fails."""
    path = folder / "answers.jsonl"
    rows = []
    for name, said in texts.items():
        text, labels = said if isinstance(said, tuple) else (said or "", None)
        rows.append(
            Prediction(
                name=name, system="hf:teacher", text=text, labels=labels,
                confidences=(0.5,) * len(labels or ()), prompt="Why?", prompt_sha256="0", settings=SETTINGS,
                subtitle="I heard that.", seconds=1.0, error=None if said else "too long",
            )
        )  # fmt: skip
    path.write_bytes(b"".join(row.line() for row in rows))
    return path


def test_answers_become_labels_and_descriptions(tmp_path: Path, run: Run) -> None:
    for number, name in enumerate(("a", "b", "c", "d")):
        tone(tmp_path / "clips" / f"{name}.wav", 200 + number)
    answers = answered(
        tmp_path,
        a="She smiles broadly, so she seems happy.",
        b=("His voice trembles.", ("frightened", "uneasy")),
        c="The wall is grey.",
        d=None,
    )
    out = tmp_path / "taught.jsonl"
    done = run("data", "distill", str(answers), str(tmp_path / "clips"), "--out", str(out), "--max-failed-share", "1")
    assert done.code == 1
    samples = {sample.name: sample for sample in manifest.read(out).samples}
    assert {name: sample.labels for name, sample in samples.items()} == {"a": ("happy",), "b": ("frightened", "uneasy")}
    assert samples["a"].description == "She smiles broadly, so she seems happy."
    assert samples["a"].subtitle == "I heard that." and samples["b"].source == "hf:teacher"
    assert all(sample.split for sample in samples.values())
    assert "c: no feeling is named in its answer" in done.stderr and "d was not answered: too long" in done.stderr


def test_words_and_speakers_of_a_list_are_kept(tmp_path: Path, run: Run) -> None:
    for name in ("a", "b"):
        tone(tmp_path / f"{name}.wav", 300)
    clips = tmp_path / "clips.jsonl"
    clips.write_text(
        "".join(json.dumps({"path": f"{n}.wav", "subtitle": "Own words.", "speaker": n}) + "\n" for n in "ab")
    )
    out = tmp_path / "taught.jsonl"
    run("data", "distill", str(answered(tmp_path, a="sad", b="angry")), str(clips), "--out", str(out))
    assert {(s.speaker, s.subtitle, s.labels) for s in manifest.read(out).samples} == {
        ("a", "Own words.", ("sad",)), ("b", "Own words.", ("angry",))
    }  # fmt: skip


def test_clips_stay_in_their_split(tmp_path: Path, run: Run) -> None:
    for name in "abc":
        tone(tmp_path / f"{name}.wav", 300)
    clips, splits = tmp_path / "clips.jsonl", {"a": "train", "b": "test", "c": "validation"}
    clips.write_text("".join(json.dumps({"path": f"{n}.wav", "split": split}) + "\n" for n, split in splits.items()))
    out = tmp_path / "taught.jsonl"
    done = run("data", "distill", str(answered(tmp_path, a="sad", b="sad", c="sad")), str(clips), "--out", str(out))
    assert done.code == 0
    assert {sample.name: sample.split for sample in manifest.read(out).samples} == splits


def test_answers_of_other_clips_are_refused_in_a_line(tmp_path: Path, run: Run) -> None:
    tone(tmp_path / "clips" / "a.wav", 300)
    out = tmp_path / "taught.jsonl"
    done = run("data", "distill", str(answered(tmp_path, z="sad")), str(tmp_path / "clips"), "--out", str(out))
    assert done.code == 2 and "z is not among" in done.stderr and not out.exists()
