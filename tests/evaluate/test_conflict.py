"""The test of voices and faces that disagree: whom it puts together, and that it counts as one would by hand."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from benchmarks import conflict
from recipes.nano.faces import FACE_FAMILIES


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> list[conflict.Pair]:
    takes = [
        SimpleNamespace(labels=(family,), path=Path(f"{family}{n}.flac")) for family in FACE_FAMILIES for n in "ab"
    ]
    shown = [(f"test/{family}/{n}.jpg", family) for family in FACE_FAMILIES for n in "cd"]
    monkeypatch.setattr(conflict, "takes", lambda _: takes)
    monkeypatch.setattr(conflict, "shown", lambda _: shown)
    return list(conflict.pairs(Path(), Path(), 2))


def test_each_voice_and_each_face_is_once_in_agreement_and_once_in_conflict(pairs: list[conflict.Pair]) -> None:
    agree = [pair for pair in pairs if pair.voice == pair.face]
    torn = [pair for pair in pairs if pair.voice != pair.face]
    assert len(agree) == len(torn) == 14
    for some in (agree, torn):
        assert Counter(pair.take for pair in some).most_common(1)[0][1] == 1
        assert Counter(pair.picture for pair in some).most_common(1)[0][1] == 1
    assert len({(pair.voice, pair.face) for pair in torn}) == 14
    assert len({pair.name for pair in pairs}) == 28


def row(take: str, voice: str, face: str, families: list[str], possible: list[str], confidence: float) -> conflict.Row:
    return {
        "take": take,
        "voice": voice,
        "face": face,
        "families": families,
        "possible": possible,
        "confidence": confidence,
        "has_face": True,
    }


def test_it_counts_as_one_would_by_hand() -> None:
    rows = [
        row("a", "happy", "happy", ["happy"], ["happy", "sad"], 0.9),
        row("b", "sad", "sad", ["angry"], ["angry"], 0.7),
        row("a", "happy", "sad", ["happy", "sad"], ["happy", "sad"], 0.5),
        row("b", "sad", "angry", ["angry"], ["angry", "sad", "calm"], 0.7),
        row("c", "sad", "happy", ["neutral"], ["neutral"], 0.4),
        row("d", "sad", "happy", ["sad"], ["sad"], 0.4) | {"has_face": False},
    ]
    found = [line.split(" [")[0] for line in conflict.report(rows)]
    assert found == [
        "faces not found: 1 of 6",
        "in agreement, first label right: 1 of 2, 0.500",
        "in conflict, first label the voice's: 1 of 3, 0.333",
        "in conflict, first label the face's: 1 of 3, 0.333",
        "in conflict, first label neither's: 1 of 3, 0.333",
        "the face's, where it is either's: 1 of 2, 0.500",
        "a later label is the other's: 1 of 2, 0.500",
        "the other's is possible: 2 of 2, 1.000",
        "both are possible: 2 of 3, 0.667",
        "so are these two, of the same voice in agreement: 1 of 2, 0.500",
        "families possible: 2.500 in conflict, 1.500 in agreement, +1.000",
        "confidence of the first label: 0.600 in conflict, 0.800 in agreement, -0.200",
    ]
