"""Whatever a client calls its file, and whatever path it names, files stay where they belong."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microemo.errors import InputError
from microemo.server.jobs import Sources
from microemo.server.places import MAX_NAME_BYTES, OutsideRootError, Places, safe_name

HOSTILE = st.text(st.sampled_from("../\\\0\n\x1b a\u202e\ud800ä🎬~:%")) | st.text(max_size=400)


@settings(max_examples=60)
@given(HOSTILE)
def test_every_name_is_one_that_a_folder_can_hold(name: str) -> None:
    made = safe_name(name, "media")
    assert made and made.isprintable() and made not in (".", "..") and not {"/", "\\"} & set(made)
    assert len(made.encode()) <= MAX_NAME_BYTES
    assert safe_name(made, "media") == made or made.startswith(" ") or made.endswith(" ")


@settings(max_examples=60)
@given(HOSTILE)
def test_no_path_leads_out_of_the_root(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    root = folder / "root"
    root.mkdir(exist_ok=True)
    (folder / "a").touch()
    try:
        assert Places(folder / "data", root).within_root(path).is_relative_to(root)
    except InputError as error:
        assert "secret" not in str(error)


def test_without_a_root_no_path_will_do(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(OutsideRootError, match="no --root"):
        Places(tmp_path).within_root(str(tmp_path / "clip.mp4"))


def test_sweeping_removes_what_no_job_knows(tmp_path: Path) -> None:
    places = Places(tmp_path)
    for job_id in ("known", "unknown"):
        places.uploads(job_id).mkdir(parents=True)
    places.sweep({"known"})
    assert [path.name for path in (tmp_path / "jobs").iterdir()] == ["known"]
    sources = Sources(uploaded=True, media="media/a.mp4")
    assert places.source("known", sources, sources.media) == tmp_path / "jobs" / "known" / "uploads" / "media" / "a.mp4"
