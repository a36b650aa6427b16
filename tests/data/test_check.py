"""Checks of manifests: counts are right, and what leaks between splits is found."""

from pathlib import Path
from typing import Any

from media_made import tone

from microemo.data import check, manifest
from microemo.data.manifest import Fault, Manifest, Sample


def sample(folder: Path, name: str, hertz: float, **fields: Any) -> Sample:
    return Sample(**{"name": name, "path": tone(folder / f"{name}.wav", hertz), "labels": ("calm",), **fields})


def checked(*samples: Sample, faults: tuple[Fault, ...] = ()) -> check.Check:
    return check.check(Path("m.jsonl"), Manifest(samples, faults))


def test_counts(tmp_path: Path) -> None:
    found = checked(
        sample(tmp_path, "a", 100, speaker="1", split="train", labels=("sad", "hurt"), subtitle="Oh."),
        sample(tmp_path, "b", 200, speaker="1", split="train", labels=("sad",), description="Low [1]."),
        sample(tmp_path, "c", 300, speaker="2", split="test"),
        sample(tmp_path, "d", 400),
        faults=(Fault("line 9", "no file", "e has no file e.wav"),),
    )
    assert list(found.splits) == ["train", "test", "none"]
    train = found.splits["train"]
    assert (train.clips, train.speakers, train.labels) == (2, 1, {"sad": 2, "hurt": 1})
    assert (train.with_picture, train.with_sound, train.with_words, train.with_description) == (0, 2, 1, 1)
    assert train.hours == round(1 / 3600, 4)
    assert found.faults == ("line 9: e has no file e.wav",)
    assert found.fault_kinds == {"no file": 1}
    assert not found.leaks


def test_speakers_files_and_telling_texts_leak(tmp_path: Path) -> None:
    found = checked(
        sample(tmp_path, "a", 100, speaker="1", split="train", subtitle="I love it here!"),
        sample(tmp_path, "b", 200, speaker="1", split="test", subtitle="Not  so."),
        sample(tmp_path, "c", 100, speaker="2", split="validation", subtitle="i love it here", labels=("calm", "fond")),
        sample(tmp_path, "d", 500, speaker="2", split="validation"),
    )
    assert [(leak.kind, leak.splits, leak.clips) for leak in found.leaks] == [
        ("speaker", ("test", "train"), ("a", "b")),
        ("file", ("train", "validation"), ("a", "c")),
        ("text", ("train", "validation"), ("a", "c")),
    ]


def test_a_script_spoken_under_several_labels_is_no_leak(tmp_path: Path) -> None:
    found = checked(
        sample(tmp_path, "a", 100, split="train", subtitle="It is noon.", labels=("sad",)),
        sample(tmp_path, "b", 200, split="test", subtitle="It is noon.", labels=("happy",)),
    )
    assert (found.leaks, found.scripts) == ((), 1)


def test_speakers_of_two_data_sets_are_not_one(tmp_path: Path) -> None:
    found = checked(
        sample(tmp_path, "a", 100, speaker="1", split="train", source="one"),
        sample(tmp_path, "b", 200, speaker="1", split="test", source="two"),
    )
    assert not found.leaks


def test_duplicates_within_a_split_are_told_and_do_not_leak(tmp_path: Path) -> None:
    found = checked(*(sample(tmp_path, name, 100, split="train") for name in "ab"))
    assert (found.duplicates, found.leaks) == ((("a", "b"),), ())


def test_media_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(b"no video")
    good = sample(tmp_path, "a", 100, split="train")
    found = checked(good, Sample(name="x", path=tmp_path / "noise.mp4", labels=("sad",), split="train"))
    assert found.splits["train"].clips == 1
    assert found.fault_kinds == {"unreadable media": 1}
    assert found.faults[0].startswith("x: ")
    assert check.Check.model_validate_json(found.model_dump_json()) == found
    assert manifest.Manifest((good,)).of("train") == (good,)
