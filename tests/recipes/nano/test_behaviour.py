"""Who decides: an asker that reads the tokens goes with them, one that reads the prompt does not."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from microemo.config import TINY
from microemo.lexicon import FAMILIES
from microemo.model.features import Features
from microemo.model.language import Text
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import ListedClue, PromptUtterance, Question, Slot
from microemo.train.examples import Example, Turn
from recipes.nano.behaviour import Asker, Told, accuracies, after, exchanged, regions, shuffled_clues, together, zeroed
from recipes.nano.pairs import Pairs

WINDOW = Slot("audio_window")


def told(family: str, first: str) -> Told:
    entry = PromptUtterance(0.0, 2.0, clues=(ListedClue(1, family, "face"),))
    example = Example(Features(audio=torch.rand(4, 1, 8)), [entry], [Turn(Question(""), Text(family))])
    return Told(example, {WINDOW: torch.eye(len(FAMILIES))[[FAMILIES.index(first)]]}, first, family)


def asker(firsts: Callable[[Sequence[Example], Sequence[Any]], list[str]]) -> Asker:
    return cast(Asker, SimpleNamespace(firsts=firsts))


def by_tokens(examples: Sequence[Example], tokens: Sequence[Any]) -> list[str]:
    return [FAMILIES[int(filled[WINDOW].sum(0).argmax())] for filled in tokens]


def by_clues(examples: Sequence[Example], tokens: Sequence[Any]) -> list[str]:
    return [one.utterances[0].clues[0][1] if one.utterances[0].clues else FAMILIES[0] for one in examples]


@pytest.fixture
def some() -> list[Told]:
    return [told(family, family) for family in FAMILIES for _ in range(3)]


def test_exchanged_tokens_take_the_label_with_them_or_do_not(some: list[Told]) -> None:
    whole, of_the_clip, of_windows = exchanged(asker(by_tokens), some, random.Random(0))
    assert "24 of 24, 1.000" in whole and "24 of 24, 1.000" in of_windows
    assert "0 of 24, 0.000" in of_the_clip  # there are none here
    assert all("0 of 24, 0.000" in line for line in exchanged(asker(by_clues), some, random.Random(0)))


def test_clue_regions_count_for_who_reads_within_them() -> None:
    """The last of four patches is a region, and all that is read of a face."""
    masks = torch.tensor([0.0, 0.0, 0.0, 1.0]).expand(1, 7, 4)
    seen = [
        replace(one, example=replace(one.example, features=Features((0.5,), region_masks=masks)))
        for one in (told(family, family) for family in FAMILIES)
    ]

    def by_regions(examples: Sequence[Example], tokens: Sequence[Any]) -> list[str]:
        kept = [cast(torch.Tensor, one.features.region_masks)[..., 3].any() for one in examples]
        return [one.utterances[0].clues[0][1] if own else "" for one, own in zip(examples, kept, strict=True)]

    asking = cast(Asker, SimpleNamespace(firsts=by_regions, tokens=lambda examples: [{} for _ in examples]))
    as_it_is, none, one, elsewhere = regions(asking, seen)
    assert "8 of 8" in as_it_is and "no clue regions -1.000" in none
    assert "one region +0.000" in one and "anywhere -1.000" in elsewhere


def test_other_clues_change_the_label_of_who_reads_them_alone(some: list[Told]) -> None:
    assert "0 of 24, 0.000" in shuffled_clues(asker(by_tokens), some, random.Random(0))
    assert "24 of 24, 1.000" in shuffled_clues(asker(by_clues), some, random.Random(0))


def test_two_utterances_in_a_prompt_are_those_that_they_were_alone() -> None:
    one, other = told("sad", "sad").example, told("happy", "happy").example
    both = after(one, other)
    assert [(entry.start_sec, entry.end_sec, entry.clues) for entry in both.utterances] == [
        (0.0, 2.0, ((1, "sad", "face"),)), (2.0, 4.0, ((2, "happy", "face"),)),
    ]  # fmt: skip
    assert one.features.audio is not None and other.features.audio is not None and both.features.audio is not None
    assert len(both.features.audio) == 100 + 4 and both.features.frames is None
    assert torch.equal(both.features.audio[100:], other.features.audio)


def test_who_reads_its_own_part_is_as_right_in_a_prompt_with_others(some: list[Told]) -> None:
    def by_own_clues(examples: Sequence[Example], tokens: Sequence[Any]) -> list[str]:
        return [one.utterances[one.turns[0].question.utterance or 0].clues[0][1] for one in examples]

    asking = cast(Asker, SimpleNamespace(firsts=by_own_clues, tokens=lambda examples: [{} for _ in examples]))
    alone, beside, difference = together(asking, some, random.Random(0))
    assert "48 of 48" in alone and "48 of 48" in beside and "+0.000 [+0.000, +0.000]" in difference
    by_first = cast(Asker, SimpleNamespace(firsts=by_clues, tokens=lambda examples: [{} for _ in examples]))
    assert "24 of 48" in together(by_first, some, random.Random(0))[1]


@pytest.mark.parametrize("by", [by_tokens, by_clues])
def test_without_tokens_and_clues_nothing_tells_the_families_apart(some: list[Told], by: Any) -> None:
    right, same = zeroed(asker(by), some)
    assert right.endswith("3 of 24, 0.125 [0.043, 0.310]") and "24 of 24" in same


def test_windows_and_llm_are_counted_by_what_is_shown() -> None:
    lines = accuracies([told("sad", "sad"), told("happy", "sad")])
    assert [line.partition(" [")[0] for line in lines] == [
        "voice, the LLM: 1 of 2, 0.500",
        "voice, windows: 2 of 2, 1.000",
    ]


def test_a_model_is_asked_about_held_out_examples(features: Path) -> None:
    pairs = Pairs(features, "held_out")
    examples = [pairs.example(0, random.Random(seed)) for seed in range(20)]
    asking = Asker(MicroEmo(TINY).eval())
    found = asking.tell(examples)
    assert {one.truth for one in found} <= set(FAMILIES)
    assert {one.by_windows for one in found} <= {*FAMILIES, ""}
    assert asking.firsts(examples, [one.tokens for one in found]) == [one.first for one in found]
