"""An empty cache, a manifest of one's own and an index in a folder: fetching without a network."""

import os
from pathlib import Path

import pytest
from toy_part import Index, make_part

from microemo.weights import manifest


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """No network, no cache and no settings of the user's; tests of the real weights keep all three."""
    if request.node.get_closest_marker("weights"):
        return
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("MICROEMO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MICROEMO_WEIGHTS", raising=False)


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "index")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, manifest.Part]:
    """The manifest in effect: one part, ``toy``, of two files; tests change it as they need."""
    toy = make_part()
    known = {toy.name: toy}
    monkeypatch.setattr(manifest, "read", lambda: known)
    return known
