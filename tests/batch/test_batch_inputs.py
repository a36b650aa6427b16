import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.batch.inputs import content_sha256, find, share
from microemo.data.manifest import Sample
from microemo.errors import InputError


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("study/b.mp4", "study/a.WAV", "study/p1/a.mp4", "study/notes.txt", "study/.hidden.mp4",
                 "study/.git/x.mp4", "study/out/old.mp4", "study/p1/a.srt", "other/c.mp4"):  # fmt: skip
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)


def names(*given: str, out: str = "study/out") -> list[str]:
    return [sample.name for sample in find(given, Path(out)).samples]


def test_a_folder_is_its_media_at_any_depth_by_their_paths_in_it() -> None:
    assert names("study") == names("study/") == names(str(Path("study").absolute())) == ["a.WAV", "b.mp4", "p1/a.mp4"]


def test_what_else_is_in_it_is_named() -> None:
    assert find(["study"], Path("study/out")).left_alone == (Path("study/notes.txt"), Path("study/p1/a.srt"))


def test_what_is_named_is_taken_whatever_it_is() -> None:
    assert names("study/notes.txt", "study/b.mp4") == ["b.mp4", "notes.txt"]
    assert names("study/n*", "study") == ["a.WAV", "b.mp4", "notes.txt", "p1/a.mp4"]


def test_globs_and_several_folders_have_names_from_where_they_part() -> None:
    assert names("study/**/a.*") == ["a.WAV", "p1/a.mp4", "p1/a.srt"]
    assert names("study/p1", "other", "study/p1/a.mp4") == ["other/c.mp4", "study/p1/a.mp4"]


def test_results_among_what_a_glob_names_are_not_seen() -> None:
    assert names("study/*") == names("study", "study/notes.txt") == names(*map(str, Path("study").glob("[!.]*")))


def test_links_are_taken_and_no_circle_is_walked() -> None:
    Path("study/p1/up").symlink_to("..")
    Path("study/link.mp4").symlink_to("../other/c.mp4")
    assert names("study") == ["a.WAV", "b.mp4", "link.mp4", "p1/a.mp4"]


@pytest.mark.parametrize(
    "given", [("absent",), ("absent*",), ("study", "absent.mp4"), ("study/p1/*.srt/",), ("empty",)]
)
def test_what_is_not_there_is_an_error_that_names_it(given: tuple[str, ...]) -> None:
    Path("empty").mkdir()
    with pytest.raises(InputError, match=given[-1].replace("*", r"\*")):
        names(*given)


def test_results_do_not_go_into_the_study_itself() -> None:
    with pytest.raises(InputError, match="--out study"):
        names("study", out="study/")


def test_a_manifest_needs_no_labels_and_its_faults_are_kept() -> None:
    Path("clips.jsonl").write_text(
        '{"name": "second", "path": "study/b.mp4", "subtitle": "Hm."}\n{"name": "first", "path": "study/a.WAV"}\n'
        '{"name": "gone", "path": "gone.mp4"}\n{"name": "odd", "path": "study/b.mp4", "colour": "red"}\n'
    )
    found = find(["clips.jsonl"], Path("out"))
    assert [(sample.name, sample.subtitle) for sample in found.samples] == [("first", ""), ("second", "Hm.")]
    assert [fault.place for fault in found.faults] == ["line 3", "line 4"]
    assert "gone.mp4" in found.faults[0].reason
    with pytest.raises(InputError, match=r"clips\.jsonl: a manifest goes alone"):
        names("study", "clips.jsonl")


@given(st.integers(0, 40), st.integers(1, 9))
def test_shares_are_all_clips_each_once_and_of_one_size(number: int, of: int) -> None:
    samples = [Sample(name=str(index), path=Path("x")) for index in range(number)]
    shares = [share(samples, (shard, of)) for shard in range(1, of + 1)]
    assert sorted(sample.name for one in shares for sample in one) == sorted(sample.name for sample in samples)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("shard", [(0, 4), (5, 4), (1, 0), (-1, 2)])
def test_there_is_no_other_share(shard: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=f"--shard {shard[0]}/{shard[1]}"):
        share([], shard)


def test_content_is_the_bytes_and_the_given_words() -> None:
    one, path = Path("study/b.mp4"), Path("study/copy.mp4")
    path.write_bytes(one.read_bytes())
    plain = content_sha256(Sample(name="one", path=one))
    assert plain == content_sha256(Sample(name="two", path=path, speaker="Ann", labels=("sad",)))
    others = [
        content_sha256(Sample(name="one", path=Path("study/a.WAV"))),
        content_sha256(Sample(name="one", path=one, audio=path)),
        content_sha256(Sample(name="one", path=one, subtitle="Well.")),
        content_sha256(Sample(name="one", path=one, subtitle="Well?")),
    ]
    assert len({plain, *others}) == 5


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_cannot_be_read_is_an_error() -> None:
    Path("study/p1").chmod(0)
    try:
        with pytest.raises(InputError, match="study/p1: cannot be read"):
            names("study")
    finally:
        Path("study/p1").chmod(0o755)
