"""Weights that users bring are found by path or by name, and never fetched."""

from pathlib import Path

import pytest

from microemo import weights
from microemo.errors import WeightsError


def test_a_directory_is_found_by_its_path_and_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROEMO_CACHE", str(tmp_path / "cache"))
    here, cached = tmp_path / "here", weights.cache_dir() / "eva_vit_g"
    for directory in (here, cached):
        directory.mkdir(parents=True)
    assert weights.path(str(here)) == here
    assert weights.path("eva_vit_g") == cached


@pytest.mark.parametrize("name", ["eva_vit_g", "meta-llama/Llama-2-7b-chat-hf", "../nowhere/at all"])
def test_what_is_not_there_is_told_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("MICROEMO_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match=r"no such part.*weights convert SOURCE --to"):
        weights.path(name)
