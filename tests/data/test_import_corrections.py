"""Corrected results as training data: the labels that a person gave the main person, and no label of the model's."""

import json
from pathlib import Path
from typing import Any

import pytest
from media_made import touch
from people_samples import make_people_result

from microemo import report
from microemo.data import layouts, manifest
from microemo.data.manifest import AnnotatedUtterance, Rejected, Sample

ANNA = {"person": "P1", "labels": ["Quietly furious"], "note": "She is mocked."}
FIRST = {"utterance": 0, "end_sec": 1.5, "parts": [ANNA, {"person": "P2", "labels": ["glad"]}]}
LISTENING = {"utterance": 1, "parts": [{"person": "P1", "labels": ["hurt"]}]}


def corrected(folder: Path, *utterances: dict[str, Any], clip: str = "talk.mp4") -> None:
    """A result of three people in a folder, and its corrections."""
    report.save(make_people_result(Path(clip)), folder, ["json"])
    (folder / "corrections.json").write_text(json.dumps({"clip": clip, "utterances": utterances}))


def imported(folder: Path) -> dict[str, Sample | str]:
    return dict(layouts.read("auto", folder))


def test_corrected_utterances_are_labels_of_the_main_person(tmp_path: Path) -> None:
    corrected(tmp_path / "day1" / "talk", FIRST, LISTENING)
    touch(tmp_path, "day1/talk/talk.mp4")
    (sample,) = imported(tmp_path).values()
    assert isinstance(sample, Sample)
    assert (sample.name, sample.speaker, sample.labels) == ("day1_talk_talk", "Anna", ())
    assert sample.utterances == (
        AnnotatedUtterance(
            text="That is unbelievable.", start_sec=0, end_sec=1.5, speaker="Anna", labels=("quietly furious",),
            description="She is mocked.",
            rejected=Rejected(labels=("annoyed",), description="The brows go down."),
        ),
        AnnotatedUtterance(
            text="Oh well, why not?", start_sec=2, end_sec=3, speaker="P3", labels=("hurt",),
            rejected=Rejected(labels=("surprised",), description="The mouth opens."),
        ),
    )  # fmt: skip


def test_a_manifest_of_them_can_be_written_and_read(tmp_path: Path) -> None:
    corrected(tmp_path / "talk", FIRST)
    touch(tmp_path, "talk/talk.mp4")
    found = manifest.admit(tmp_path, layouts.read("corrections", tmp_path))
    assert found.samples[0].is_corrected
    for name in ("corrected.jsonl", "corrected.parquet"):
        written = manifest.write(tmp_path / name, found.samples)
        assert manifest.read(written).samples == found.samples


def test_a_servers_jobs_are_read_where_they_are(tmp_path: Path) -> None:
    corrected(tmp_path / "jobs" / "a" / "results", FIRST)
    touch(tmp_path, "jobs/a/uploads/media/talk.mp4")
    (sample,) = imported(tmp_path / "jobs").values()
    assert isinstance(sample, Sample) and sample.path == tmp_path / "jobs/a/uploads/media/talk.mp4"


@pytest.mark.parametrize(
    ("utterance", "clip", "said"),
    [
        ({"utterance": 9}, "talk.mp4", "no utterance 9"),
        (FIRST, "gone.mp4", "no such recording; put it beside"),
        ({"utterance": 0, "start_sec": "soon"}, "talk.mp4", "corrections.json: no corrections"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, utterance: dict[str, Any], clip: str, said: str) -> None:
    corrected(tmp_path, utterance, clip=clip)
    touch(tmp_path, "talk.mp4")
    (fault,) = imported(tmp_path).values()
    assert isinstance(fault, str) and said in fault and "\n" not in fault


def test_corrections_of_others_alone_are_no_label(tmp_path: Path) -> None:
    corrected(tmp_path, {"utterance": 0, "parts": [{"person": "P2", "labels": ["glad"]}]})
    touch(tmp_path, "talk.mp4")
    found = manifest.admit(tmp_path, layouts.read("corrections", tmp_path), max_failed_share=1)
    assert [fault.kind for fault in found.faults] == ["no label"]
