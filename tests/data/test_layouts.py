"""Layouts of data sets: recognised, read in full, and what does not belong is named."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from media_made import touch
from people_samples import make_people_result

from microemo import report
from microemo.data import layouts
from microemo.data.manifest import Sample
from microemo.errors import InputError


def ravdess(folder: Path) -> None:
    touch(folder, "Actor_01/03-01-05-02-01-01-01.wav", "Actor_01/01-01-05-02-01-01-01.mp4")
    touch(
        folder, "Actor_02/02-01-02-01-02-02-02.mp4", "a/03-01-02-01-02-02-02.flac", "Actor_02/03-02-03-01-02-02-02.wav"
    )


def crema_d(folder: Path) -> None:
    touch(folder, "VideoFlash/1001_DFA_ANG_XX.flv", "AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1002_IEO_HAP_HI.wav")


def mead(folder: Path) -> None:
    touch(folder, "M003/video/front/contempt/level_3/001.mp4", "M003/audio/contempt/level_3/001.m4a")
    touch(folder, "M003/video/left_30/contempt/level_3/001.mp4", "W009/video/front/neutral/level_1/004.mp4")


def meld(folder: Path) -> None:
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime\n"
    row = '{},"It\x92s fine.",{},{},neutral,{},{},1,1,"00:00:01,000","00:00:02,000"\n'
    touch(folder, "train_splits/dia0_utt0.mp4", "dev_splits_complete/dia0_utt0.mp4")
    touch(
        folder,
        "output_repeated_splits_test/dia0_utt0.mp4",
        "output_repeated_splits_test/final_videos_testdia0_utt0.mp4",
    )
    (folder / "train_sent_emo.csv").write_text(header + row.format(1, "Joey", "joy", 0, 0))
    (folder / "dev_sent_emo.csv").write_text(header + row.format(1, "Ross", "anger", 0, 0))
    (folder / "test_sent_emo.csv").write_text(header + row.format(1, "Rachel", "surprise", 0, 0))


def mer2023(folder: Path) -> None:
    touch(folder, "mer2023train/train/sample_1.avi", "test1/sample_2.avi", "test3/sample_3.mp4")
    (folder / "mer2023train/train-label.csv").write_text("name,discrete,valence\nsample_1,worried,-1.5\n")
    touch(folder, "test-labels/x")
    (folder / "test-labels/test1-label.csv").write_text("name,discrete,valence\nsample_2,happy,2\n")
    (folder / "test-labels/test3-label.csv").write_text("name,discrete\nsample_3,surprise\n")


def mer2024(folder: Path) -> None:
    touch(folder, "video-labeled/sample_1.mp4", "video-unlabeled/sample_2.mp4")
    (folder / "label-disdim.csv").write_text("name,discrete,valence\nsample_1,sad,-2\n")
    (folder / "label-transcription.csv").write_text('name,chinese,english\nsample_1,"\u4f60\u597d","Hello, you."\n')


def mer_caption(folder: Path) -> None:
    touch(folder, "video/sample_1.mp4", "audio/sample_1.wav")
    (folder / "track2_train_mercaptionplus.csv").write_text("name,openset\nsample_1,\"['Calm', 'at ease']\"\n")
    (folder / "track3_train_mercaptionplus.csv").write_text('name,reason\nsample_1,"She smiles, gently."\n')
    (folder / "subtitle_chieng.csv").write_text("name,chinese,english\nsample_1,,Fine.\n")


def ov_merd(folder: Path) -> None:
    touch(folder, "video/sample_1.mp4")
    (folder / "track2_train_ovmerd.csv").write_text("name,openset\nsample_1,\"['worried']\"\n")


def emer(folder: Path) -> None:
    touch(folder, "videos/sample_1.mp4", "videos/sample_2.mp4")
    (folder / "emer-fine.csv").write_text(
        "name,openset,reason\nsample_1,\"['shy', 'happy']\",He smiles.\nsample_2,[],She frowns.\n"
    )
    (folder / "subtitle.csv").write_text("name,english\nsample_1,Well.\n")


def emotion_talk(folder: Path) -> None:
    for modality, media, felt in (("Multimodal", "mp4/{}.mp4", "surprise"), ("Audio", "wav/{}.wav", "happy")):
        for name in ("G00001_02_01_2", "G00002_05_01_001"):
            inside = "/".join((name[:6], name[:9], name[:12], name))
            touch(folder / modality, media.format(inside))
            judged = touch(folder / modality, f"json/{inside}.json") / f"json/{inside}.json"
            judged.write_text(json.dumps({"emotion_result": felt, "speaker_id": "02", "content": "\u771f\u7684"}))


def table(folder: Path) -> None:
    touch(folder, "clips/a.mov", "clips/b.wav")
    (folder / "labels.csv").write_text(
        'File,Label,Speaker,Split\nclips/a.mov,"proud, glad",ann,dev\nclips/b.wav,sad,bob,train\n'
    )


def folders(folder: Path) -> None:
    touch(folder, "train/angry/a.mp4", "test/worn_out/a.mp4")


def corrections(folder: Path) -> None:
    touch(folder, "talk/talk.mp4")
    report.save(make_people_result(Path("talk.mp4")), folder / "talk", ["json", "csv"])
    given = '{"clip": "talk.mp4", "utterances": [{"utterance": 0, "parts": [{"person": "P1", "labels": ["hurt"]}]}]}'
    (folder / "talk" / "corrections.json").write_text(given)


FOLDERS: dict[str, Callable[[Path], None]] = {
    "ravdess": ravdess, "crema-d": crema_d, "mead": mead, "meld": meld, "mer2023": mer2023, "mer2024": mer2024,
    "mer-caption": mer_caption, "ov-merd": ov_merd, "emer": emer, "emotion-talk": emotion_talk, "table": table,
    "folders": folders, "corrections": corrections,
}  # fmt: skip


def read(layout: str, folder: Path) -> dict[str, Sample]:
    found = dict(layouts.read(layout, folder))
    assert all(isinstance(item, Sample) for item in found.values()), found
    samples = [item for item in found.values() if isinstance(item, Sample)]
    assert all(file.is_file() for sample in samples for file in sample.files)
    return {sample.name: sample for sample in samples}


@pytest.mark.parametrize("layout", layouts.LAYOUTS)
def test_each_layout_is_recognised_and_no_other(tmp_path: Path, layout: str) -> None:
    FOLDERS[layout](tmp_path)
    assert layouts.recognise(tmp_path) == layout
    assert read("auto", tmp_path)


def test_ravdess_takes_are_one_sample_whatever_they_are_recorded_as(tmp_path: Path) -> None:
    ravdess(tmp_path)
    samples = read("ravdess", tmp_path)
    whole, halves = samples["01-01-05-02-01-01-01"], samples["02-01-02-01-02-02-02"]
    assert (whole.labels, whole.speaker, whole.intensity, whole.audio) == (("angry",), "01", 0.9, None)
    assert halves.audio is not None
    assert (halves.path.suffix, halves.audio.suffix, halves.labels) == (".mp4", ".flac", ("calm",))
    assert halves.subtitle == "Dogs are sitting by the door."
    assert len(samples) == 3


def test_crema_d(tmp_path: Path) -> None:
    crema_d(tmp_path)
    samples = read("crema-d", tmp_path)
    assert samples["1001_DFA_ANG_XX"].path.suffix == ".flv"
    assert samples["1001_DFA_ANG_XX"].intensity is None
    assert (samples["1002_IEO_HAP_HI"].labels, samples["1002_IEO_HAP_HI"].speaker) == (("happy",), "1002")


def test_mead_views_share_their_sound(tmp_path: Path) -> None:
    mead(tmp_path)
    samples = read("mead", tmp_path)
    assert sorted(samples) == ["M003_front_contempt_3_001", "M003_left_30_contempt_3_001", "W009_front_neutral_1_004"]
    assert samples["M003_left_30_contempt_3_001"].audio == tmp_path / "M003/audio/contempt/level_3/001.m4a"
    assert samples["M003_front_contempt_3_001"].labels == ("contemptuous",)
    assert samples["W009_front_neutral_1_004"].audio is None


def test_meld_has_its_split_and_the_mended_videos(tmp_path: Path) -> None:
    meld(tmp_path)
    samples = read("meld", tmp_path)
    assert {name: sample.split for name, sample in samples.items()} == {
        "train_dia0_utt0": "train", "dev_dia0_utt0": "validation", "test_dia0_utt0": "test",
    }  # fmt: skip
    assert samples["test_dia0_utt0"].path.name == "final_videos_testdia0_utt0.mp4"
    assert samples["train_dia0_utt0"].path.parent.name == "train_splits"
    assert (samples["train_dia0_utt0"].subtitle, samples["train_dia0_utt0"].speaker) == ("It's fine.", "Joey")


def test_mer_challenges(tmp_path: Path) -> None:
    mer2023(tmp_path / "2023")
    mer2024(tmp_path / "2024")
    samples = read("mer2023", tmp_path / "2023")
    assert [(sample.labels, sample.split) for sample in samples.values()] == [
        (("worried",), "train"), (("happy",), "test"), (("surprise",), "test"),
    ]  # fmt: skip
    assert read("mer2024", tmp_path / "2024")["sample_1"].subtitle == "Hello, you."


def test_descriptions_and_open_labels(tmp_path: Path) -> None:
    mer_caption(tmp_path / "caption")
    emer(tmp_path / "emer")
    caption = read("mer-caption", tmp_path / "caption")["sample_1"]
    assert (caption.labels, caption.description) == (("calm", "at ease"), "She smiles, gently.")
    assert (caption.subtitle, caption.path.suffix) == ("Fine.", ".mp4")
    fine = read("emer", tmp_path / "emer")
    assert (fine["sample_1"].labels, fine["sample_1"].subtitle) == (("shy", "happy"), "Well.")
    assert (fine["sample_2"].labels, fine["sample_2"].description) == ((), "She frowns.")


def test_emotion_talk_takes_the_judgement_of_all_modalities_together(tmp_path: Path) -> None:
    emotion_talk(tmp_path)
    samples = read("emotion-talk", tmp_path)
    first = samples["G00001_02_01_2"]
    assert (first.labels, first.split, first.speaker, first.subtitle) == (("surprised",), "validation", "02", "真的")
    assert (first.path.suffix, samples["G00002_05_01_001"].split) == (".mp4", "train")


def test_own_recordings(tmp_path: Path) -> None:
    table(tmp_path / "table")
    folders(tmp_path / "folders")
    samples = read("table", tmp_path / "table" / "labels.csv")
    assert (samples["a"].labels, samples["a"].speaker, samples["a"].split) == (("proud", "glad"), "ann", "validation")
    kept = read("folders", tmp_path / "folders")
    assert {(name, sample.labels, sample.split) for name, sample in kept.items()} == {
        ("train_angry_a", ("angry",), "train"), ("test_worn_out_a", ("worn out",), "test"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("layout", "spoil", "told"),
    [
        ("ravdess", lambda folder: touch(folder, "Actor_01/notes.wav"), "notes.wav is no name of RAVDESS's"),
        ("crema-d", lambda folder: touch(folder, "1001_DFA_JOY_XX.wav"), "1001_DFA_JOY_XX.wav is no name"),
        ("mead", lambda folder: touch(folder, "M003/video/front/bored/level_1/001.mp4"), "bored/level_1/001.mp4 is no"),
        ("meld", lambda folder: (folder / "train_splits/dia0_utt0.mp4").unlink(), "dia0_utt0 of the train part has no"),
        ("mer2023", lambda folder: (folder / "test1/sample_2.avi").unlink(), "sample_2 has no media file"),
        ("emer", lambda folder: (folder / "videos/sample_2.mp4").unlink(), "sample_2 has no media file"),
        ("emotion-talk", lambda folder: next(folder.rglob("Mu*/json/**/*_2.json")).write_text("{}"), "EmotionTalk's"),
        ("table", lambda folder: (folder / "labels.csv").write_text("file,label,split\na,sad,tset\n"), "split tset"),
        ("folders", lambda folder: touch(folder, "loose.mp4"), "loose.mp4 is not in a label's folder"),
    ],
)  # fmt: skip
def test_what_does_not_belong_is_named(tmp_path: Path, layout: str, spoil: Callable[[Path], object], told: str) -> None:
    FOLDERS[layout](tmp_path)
    spoil(tmp_path)
    assert [item for _, item in layouts.read(layout, tmp_path) if isinstance(item, str) and told in item]


def test_a_row_of_a_table_that_returns_is_a_fault(tmp_path: Path) -> None:
    emer(tmp_path)
    with (tmp_path / "emer-fine.csv").open("a") as file:
        file.write('sample_1,"[\'sad\']",Again.\nsample_2,"[never closed",He nods.\n')
    faults = [item for _, item in layouts.read("emer", tmp_path) if isinstance(item, str)]
    assert sum("again" in fault for fault in faults) == 4  # both rows, for their labels and for their descriptions


def test_a_folder_that_fits_none_or_several_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no layout that is known"):
        layouts.read("auto", touch(tmp_path / "some", "a.mp4"))
    mer_caption(tmp_path / "both")
    ov_merd(tmp_path / "both")
    with pytest.raises(InputError, match="fits mer-caption and ov-merd"):
        layouts.read("auto", tmp_path / "both")
    with pytest.raises(InputError, match="no layout iemocap"):
        layouts.read("iemocap", tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        layouts.read("auto", tmp_path / "absent")
