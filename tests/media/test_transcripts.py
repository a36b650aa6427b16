"""Transcripts from ELAN and Praat: which tier, who speaks, and when."""

import sys
from pathlib import Path

import pytest
from praatio import textgrid
from pympi import Elan

from microemo.errors import InputError, MicroEmoError
from microemo.media import subtitles, transcripts
from microemo.media.subtitles import Cue

Tiers = dict[str, list[tuple[int, int, str]]]  # milliseconds
TALK: Tiers = {
    "gaze": [(0, 4000, "at the camera for all of the time, more words than anybody says")],
    "Anna transcript": [(1000, 2000, "Oh no."), (3000, 3500, "Why now?")],
    "Ben transcript": [(2100, 2900, "What is it?")],
}
TURNS = [
    Cue(1.0, 2.0, "Oh no.", "Anna"),
    Cue(2.1, 2.9, "What is it?", "Ben"),
    Cue(3.0, 3.5, "Why now?", "Anna"),
]


def elan(path: Path, tiers: Tiers, participants: dict[str, str] | None = None, origin_ms: int | None = None) -> Path:
    eaf = Elan.Eaf()
    eaf.remove_tier("default")
    eaf.add_linked_file("file:///talk.mp4", "./talk.mp4", "video/mp4", time_origin=origin_ms)
    for name, spans in tiers.items():
        eaf.add_tier(name, part=(participants or {}).get(name))
        for span in spans:
            eaf.add_annotation(name, *span)
    eaf.to_file(str(path))
    return path


def praat(path: Path, tiers: Tiers) -> Path:
    grid = textgrid.Textgrid(0, 5)
    for name, spans in tiers.items():
        grid.addTier(textgrid.IntervalTier(name, [(a / 1000, b / 1000, text) for a, b, text in spans], 0, 5))
    grid.save(str(path), format="long_textgrid", includeBlankSpaces=True)
    return path


def test_tiers_named_as_transcripts_are_read_with_who_speaks(tmp_path: Path) -> None:
    assert subtitles.read(elan(tmp_path / "talk.eaf", TALK)) == TURNS
    assert subtitles.read(praat(tmp_path / "talk.TextGrid", TALK)) == TURNS


def test_a_participant_is_who_speaks(tmp_path: Path) -> None:
    path = elan(tmp_path / "talk.eaf", TALK, {"Anna transcript": "AN", "Ben transcript": "BE"})
    assert [cue.speaker for cue in subtitles.read(path)] == ["AN", "BE", "AN"]


def test_else_the_tier_with_most_words_is_read(tmp_path: Path) -> None:
    tiers = {"A": [(0, 900, "Well, who knows that?")], "B": [(0, 900, "smiles")]}
    for path in (elan(tmp_path / "a.eaf", tiers), praat(tmp_path / "a.TextGrid", tiers)):
        assert subtitles.read(path) == [Cue(0.0, 0.9, "Well, who knows that?", None)]


def test_elans_origin_moves_the_times(tmp_path: Path) -> None:
    path = elan(tmp_path / "talk.eaf", {"transcript": [(0, 500, "Oh no."), (500, 900, "Not now.")]}, origin_ms=1500)
    assert [(cue.start_sec, cue.end_sec) for cue in subtitles.read(path)] == [(1.5, 2.0), (2.0, 2.4)]


def test_an_aligners_words_are_joined_at_short_pauses(tmp_path: Path) -> None:
    words = [(0, 200, "oh"), (250, 500, "no"), (500, 800, "sil"), (1600, 1800, "why"), (1800, 2000, "now")]
    path = praat(tmp_path / "aligned.TextGrid", {"words": words, "phones": [(0, 100, "o"), (100, 200, "w")]})
    assert subtitles.read(path) == [Cue(0.0, 0.5, "oh no", None), Cue(1.6, 2.0, "why now", None)]


@pytest.mark.parametrize("name", ["broken.eaf", "broken.TextGrid", "absent.eaf", "absent.TextGrid"])
def test_what_cannot_be_read_is_said_in_a_line(tmp_path: Path, name: str) -> None:
    if name.startswith("broken"):
        (tmp_path / name).write_text("<ANNOTATION_DOCUMENT><broken")
    with pytest.raises(InputError, match=r"(cannot|can) be read") as caught:
        subtitles.read(tmp_path / name)
    assert "\n" not in str(caught.value) and name in str(caught.value)


def test_a_file_without_words_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no tier with words"):
        subtitles.read(elan(tmp_path / "empty.eaf", {"gaze": []}))


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = elan(tmp_path / "talk.eaf", TALK)
    monkeypatch.setitem(sys.modules, "pympi.Elan", None)
    monkeypatch.setitem(sys.modules, "pympi", None)
    with pytest.raises(MicroEmoError, match=r"microemo\[formats\]"):
        list(transcripts.read(path))
