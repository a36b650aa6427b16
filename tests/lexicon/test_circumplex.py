"""Labels on the circumplex of affect: within the circle, and nowhere where the source says nothing."""

import math

import pytest

from microemo.lexicon import circumplex
from microemo.lexicon.circumplex import affect
from microemo.lexicon.families import emotion_families
from microemo.lexicon.labels import lexicon


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("happy", (1, 0)),
        ("slightly worried", (-math.sqrt(0.5), math.sqrt(0.5))),
        ("sad", (-math.sqrt(0.5), -math.sqrt(0.5))),
        ("neutral", (0, 0)),
        ("excited", (math.sqrt(0.5), math.sqrt(0.5))),
        ("surprised", (0, 1)),
    ],
)
def test_known_places(label: str, place: tuple[float, float]) -> None:
    assert affect(label) == pytest.approx(place)


@pytest.mark.parametrize("label", ["gruntled", "not happy", "serious", ""])
def test_no_place_is_none(label: str) -> None:
    assert affect(label) is None


def test_the_table_names_what_there_is() -> None:
    table = circumplex._table()
    groups = {place.group for place in lexicon().values()}
    assert table["families"].keys() <= emotion_families().keys() and table["groups"].keys() <= groups
    assert {*table["families"].values(), *table["groups"].values()} <= {*table["angles"], circumplex.CENTRE}


def test_every_word_is_on_the_circle_or_in_its_centre_and_on_the_side_of_its_family() -> None:
    for place in set(lexicon().values()):
        found, valence = affect(place.word), emotion_families()[place.family].valence
        if found is not None:
            assert math.hypot(*found) in (pytest.approx(1), 0)
            assert {"positive": found.valence > 0, "negative": found.valence < 1e-9, "neutral": True}[valence]
