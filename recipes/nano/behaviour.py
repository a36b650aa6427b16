"""Does the LLM decide, and by which tokens? First labels on label-paired utterances of held-out people.

    python -m recipes.nano.behaviour runs/nano/instruction data/features [--num 1200]

By what an utterance shows: how often the LLM's first label is in the right family; beside it, on the same utterances,
what the label scores of their windows say (a classifier that answers nothing). Then the tokens are exchanged between
two utterances that show as much and are labelled otherwise, all of them, those of the whole clip alone, those of the
windows alone: does the label go with them? And they are zero: what is still named? Clues are shuffled among utterances.
The clue regions of faces are taken away, made one, or put elsewhere in the face. Last, two utterances are put into one
clip and one prompt: is each as often right as alone? Whoever RAVDESS 19 is, temperatures may have been chosen by;
``--speaker`` leaves one out.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from benchmarks.shares import proportion
from microemo import weights
from microemo.lexicon import FAMILIES, family_of
from microemo.model import checkpoint
from microemo.model.audio import FEATURES_PER_SEC
from microemo.model.features import Features
from microemo.model.labels import label_anchors, label_scores
from microemo.model.language import Generation, greedy
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot, numbered_from_one, question_about
from microemo.parse import emotions
from microemo.train.examples import WINDOWS, Example
from recipes.nano.pairs import Pairs

BATCH = 16
MAX_TOKENS = 6  # enough for a label

Tokens = Mapping[Slot, Float[Tensor, "Q H"]]

EXCHANGED: Mapping[str, Callable[[Slot], bool]] = {
    "tokens": lambda slot: True,
    "tokens of the whole clip": lambda slot: slot.kind not in WINDOWS,
    "tokens of the windows": lambda slot: slot.kind in WINDOWS,
}


@dataclass(frozen=True)
class Told:
    """A held-out utterance, its tokens, and what was said of it."""

    example: Example
    tokens: Tokens
    first: str
    by_windows: str

    @property
    def truth(self) -> str:
        return self.example.turns[0].answer.text

    @property
    def shows(self) -> str:
        (entry,) = self.example.utterances
        parts = {
            "face": self.example.features.frames is not None,
            "voice": self.example.features.audio is not None,
            "words": bool(entry.text),
        }
        return " and ".join(part for part, is_there in parts.items() if is_there)


class Asker:
    """Asks a model about examples, with their own tokens or with others."""

    def __init__(self, model: MicroEmo) -> None:
        model.language.config = model.language.config.model_copy(update={"max_new_tokens": MAX_TOKENS})
        self.model = model
        self.anchors = label_anchors(model.language)

    def tell(self, examples: Sequence[Example]) -> list[Told]:
        tokens = self.tokens(examples)
        return [
            Told(example, filled, first, self.by_windows(filled))
            for example, filled, first in zip(examples, tokens, self.firsts(examples, tokens), strict=True)
        ]

    @torch.no_grad()
    def tokens(self, examples: Sequence[Example]) -> list[Tokens]:
        return [
            filled
            for some in _batches(len(examples))
            for filled in self.model.tokens(
                [one.features for one in examples[some]], [one.spans for one in examples[some]]
            )
        ]

    @torch.no_grad()
    def firsts(self, examples: Sequence[Example], tokens: Sequence[Tokens]) -> list[str]:
        """The family of each first label; the label itself where it is of none."""
        found: list[str] = []
        for some in _batches(len(examples)):
            asked = (
                [dict(filled) for filled in tokens[some]],
                [one.features for one in examples[some]],
                [one.utterances for one in examples[some]],
                [one.turns[0].question for one in examples[some]],
            )
            label = self.model.first_label
            choose = greedy if label is None else partial(label, fused=self.model.fused(*asked))
            answers = self.model.language.answer(self.model.prompts(*asked), choose)
            found += [_family(generation) for generation in answers]
        return found

    def by_windows(self, tokens: Tokens) -> str:
        windows = [tokens[slot] for slot in tokens if slot.kind in WINDOWS]
        scores = [label_scores(window, self.anchors).log_softmax(-1) for window in windows]
        return FAMILIES[int(torch.stack(scores).sum(0).argmax())] if scores else ""


def _batches(num: int) -> list[slice]:
    return [slice(start, start + BATCH) for start in range(0, num, BATCH)]


def _family(generation: Generation) -> str:
    labels = emotions(generation, len(generation.text.partition(".")[0]))
    word = labels[0].label if labels else ""
    return family_of(word) or word


def accuracies(told: Sequence[Told]) -> list[str]:
    groups: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        groups[one.shows].append(one)
    lines = []
    for shows, some in sorted(groups.items()):
        lines.append(proportion(f"{shows}, the LLM", sum(one.first == one.truth for one in some), len(some)))
        if shows != "words":
            lines.append(proportion(f"{shows}, windows", sum(one.by_windows == one.truth for one in some), len(some)))
    return lines


def exchanged(asker: Asker, told: Sequence[Told], rng: random.Random) -> list[str]:
    """The share of answers that become the one which the other's tokens had, where the two answers differ."""
    pairs = [(one, other) for one, other in _partners(told, rng) if one.first != other.first]
    lines = []
    for which, is_exchanged in EXCHANGED.items():
        tokens = [
            {slot: (other if is_exchanged(slot) else one).tokens[slot] for slot in one.tokens} for one, other in pairs
        ]
        after = asker.firsts([one.example for one, _ in pairs], tokens)
        went = sum(new == other.first for new, (_, other) in zip(after, pairs, strict=True))
        lines.append(proportion(f"{which} exchanged, the label goes with them", went, len(pairs)))
    return lines


def zeroed(asker: Asker, told: Sequence[Told]) -> list[str]:
    """What is named without any token, of utterances without words: right by chance, or not at all."""
    silent = [one for one in told if "words" not in one.shows]
    nothing = [{slot: torch.zeros_like(filled) for slot, filled in one.tokens.items()} for one in silent]
    after = asker.firsts([_without_clues(one.example) for one in silent], nothing)
    right = sum(new == one.truth for new, one in zip(after, silent, strict=True))
    most = max(after.count(name) for name in set(after))
    return [
        proportion("tokens zero and no clues, right", right, len(silent)),
        proportion("  the same label for all of them", most, len(silent)),
    ]


def shuffled_clues(asker: Asker, told: Sequence[Told], rng: random.Random) -> str:
    """How often the first label changes when the clues in the prompt are another utterance's."""
    pairs = [(one, other) for one, other in _partners(told, rng) if one.example.utterances[0].clues]
    changed = [
        replace(one.example, utterances=[replace(one.example.utterances[0], clues=other.example.utterances[0].clues)])
        for one, other in pairs
    ]
    after = asker.firsts(changed, [one.tokens for one, _ in pairs])
    other = sum(new != one.first for new, (one, _) in zip(after, pairs, strict=True))
    return proportion("clues of another utterance, another first label", other, len(pairs))


def regions(asker: Asker, told: Sequence[Told]) -> list[str]:
    """How often utterances with a face are right without its clue regions, with one for all, with them elsewhere."""
    seen = [one for one in told if one.example.features.region_masks is not None]
    lines = [proportion("with a face, as it is", sum(one.first == one.truth for one in seen), len(seen))]
    for how, changed in REGIONS.items():
        examples = [_with_regions(one.example, changed) for one in seen]
        after = asker.firsts(examples, asker.tokens(examples))
        change = np.array([
            float(new == one.truth) - float(one.first == one.truth) for new, one in zip(after, seen, strict=True)
        ])  # fmt: skip
        lines.append(_difference(f"  {how}", change))
    return lines


def _with_regions(example: Example, changed: Callable[[Tensor], Tensor]) -> Example:
    masks = example.features.region_masks
    assert masks is not None
    return replace(example, features=replace(example.features, region_masks=changed(masks)))


def _elsewhere(masks: Float[Tensor, "T R P"]) -> Float[Tensor, "T R P"]:
    """Regions of the same sizes, of patches anywhere in the view: the same ones in all views."""
    return masks[..., torch.randperm(masks.shape[-1], generator=torch.Generator().manual_seed(0))]


REGIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "no clue regions": torch.zeros_like,
    "all of them one region": lambda masks: masks.amax(1, keepdim=True).expand_as(masks),
    "of patches anywhere": _elsewhere,
}


def together(asker: Asker, told: Sequence[Told], rng: random.Random) -> list[str]:
    """Utterances in one prompt with another of another label, before or behind it, against the same alone."""
    pairs = [(one, other) for one, other in _partners(told, rng) if one.example.features.audio is not None]
    joined = [after(one.example, other.example) for one, other in pairs]
    tokens = asker.tokens(joined)
    alone = np.array([(one.first == one.truth, other.first == other.truth) for one, other in pairs])
    first, second = (asker.firsts([_asked(both, place) for both in joined], tokens) for place in (0, 1))
    beside = np.array([
        (before == one.truth, behind == other.truth)
        for before, behind, (one, other) in zip(first, second, pairs, strict=True)
    ])  # fmt: skip
    change = beside.astype(float) - alone
    return [
        proportion("two utterances, alone", int(alone.sum()), alone.size),
        proportion("  in one prompt", int(beside.sum()), beside.size),
        _difference("  difference", change),
    ]


def _difference(name: str, change: Float[np.ndarray, "..."]) -> str:
    half = 1.96 * change.std() / change.size**0.5
    return f"{name} {change.mean():+.3f} [{change.mean() - half:+.3f}, {change.mean() + half:+.3f}], n={change.size}"


def after(one: Example, other: Example) -> Example:
    """A clip of two utterances that show as much, the other behind the one."""
    (first,), (second,) = one.utterances, other.utterances
    start, features, more = first.end_sec, one.features, other.features
    moved = replace(
        second,
        start_sec=start + second.start_sec,
        end_sec=start + second.end_sec,
        clues=tuple(clue._replace(id=clue.id + len(first.clues)) for clue in second.clues),
    )
    entries, _ = numbered_from_one([first, moved])
    return replace(
        one,
        features=Features(
            (*features.times_sec, *(start + time for time in more.times_sec)),
            _end_to_end(features.frames, more.frames),
            _end_to_end(features.faces, more.faces),
            _end_to_end(features.region_masks, more.region_masks),
            _end_to_end(_lasting(features.audio, first.end_sec), more.audio),
        ),
        utterances=entries,
    )


def _end_to_end(one: Tensor | None, other: Tensor | None) -> Tensor | None:
    return None if one is None or other is None else torch.cat([one, other])


def _lasting(sound: Float[Tensor, "F L E"] | None, seconds: float) -> Float[Tensor, "_ L E"] | None:
    """Cut or held until that time, so that what follows begins then."""
    if sound is None:
        return None
    rows = torch.arange(round(seconds * FEATURES_PER_SEC)).clamp_max(len(sound) - 1)
    return sound[rows]


def _asked(example: Example, place: int) -> Example:
    (turn,) = example.turns
    return replace(example, turns=[turn._replace(question=question_about(example.utterances, place))])


def _partners(told: Sequence[Told], rng: random.Random) -> list[tuple[Told, Told]]:
    """Each utterance that has tokens, with one that shows as much and is labelled otherwise."""
    groups: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        if one.tokens:
            groups[one.shows].append(one)
    return [
        (one, rng.choice(others))
        for some in groups.values()
        for one in some
        if (others := [other for other in some if other.truth != one.truth])
    ]


def _without_clues(example: Example) -> Example:
    return replace(example, utterances=[replace(entry, clues=()) for entry in example.utterances])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("features", type=Path, help="folder of recipes.nano.features")
    parser.add_argument("--num", type=int, default=1200, help="utterances")
    parser.add_argument("--speaker", help="whose voices alone; all held-out ones' by default")
    arguments = parser.parse_args()
    pairs = Pairs(arguments.features, "held_out", speakers={arguments.speaker} if arguments.speaker else None)
    asker = Asker(checkpoint.load(arguments.model, weights.path))
    told = asker.tell([pairs.example(number, random.Random(number)) for number in range(arguments.num)])
    rng = random.Random(0)
    steps: Sequence[Callable[[], Sequence[str]]] = (
        lambda: accuracies(told),
        lambda: exchanged(asker, told, rng),
        lambda: zeroed(asker, told),
        lambda: [shuffled_clues(asker, told, rng)],
        lambda: regions(asker, told),
        lambda: together(asker, told, rng),
    )
    for step in steps:
        print(*step(), sep="\n", flush=True)


if __name__ == "__main__":
    main()
