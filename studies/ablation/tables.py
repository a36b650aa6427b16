"""The ablation study's figures, from its predictions alone: Table 2, where the modules matter, and why.

Accuracies are means over seeds. Two things are by chance: the training run, for which there are intervals over seeds
(Student's t), and the clips, for which there are intervals and p-values by clip (bootstrap and randomisation,
``evaluate/statistics.py``), all seeds' predictions to a clip together. A difference is one where both agree.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np

from microemo.evaluate.metrics import Metric, ratio
from microemo.evaluate.statistics import Interval, PairedTest, Resampling, holm, paired_tests
from microemo.schema import Modality
from recipes.nano.faces import FACE_FAMILIES

VARIANTS = {
    "full": "full",
    "without_utterance_windows": "w/o utterance windows",
    "without_local_clues": "w/o local clues",
    "without_both": "w/o both",
    "one_region": "the face as one region",
    "anothers_regions": "another face's regions",
    "without_whole": "w/o the whole clip's tokens",
}
FULL, *ABLATED = VARIANTS
STUDENT = {2: 12.71, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}  # 97.5 %, by n


@dataclass(frozen=True)
class Prediction:
    """What a trained variant says of one held-out utterance.

    families    of the clip's utterances, in time
    shows       the family that each present modality shows
    intruders   families of the faces between the utterances
    """

    variant: str
    seed: int
    clip: int
    utterance: int
    families: list[str]
    predicted: str
    shows: dict[Modality, str]
    has_regions: bool
    intruders: list[str]

    @property
    def family(self) -> str:
        return self.families[self.utterance]

    @property
    def is_correct(self) -> bool:
        return self.predicted == self.family

    @property
    def in_conflict(self) -> list[Modality]:
        return [modality for modality, family in self.shows.items() if family != self.family]


Where = Callable[[Prediction], bool]


def _of_length(num: int) -> Where:
    return lambda prediction: len(prediction.families) == num


WHERE: dict[str, Where] = {
    "all": lambda prediction: True,
    "face only": lambda prediction: [*prediction.shows] == ["face"],
    "face only, clue regions found": lambda prediction: [*prediction.shows] == ["face"] and prediction.has_regions,
    "face only, none found": lambda prediction: [*prediction.shows] == ["face"] and not prediction.has_regions,
    "voice only": lambda prediction: [*prediction.shows] == ["voice"],
    "words only": lambda prediction: [*prediction.shows] == ["words"],
    "several, in agreement": lambda prediction: len(prediction.shows) > 1 and not prediction.in_conflict,
    "words in conflict": lambda prediction: prediction.in_conflict == ["words"],
    "face or voice in conflict": lambda prediction: prediction.in_conflict in (["face"], ["voice"]),
    **{f"of {num} utterances": _of_length(num) for num in (2, 3, 4, 5)},
    "faces between utterances": lambda prediction: bool(prediction.intruders),
    "none between utterances": lambda prediction: not prediction.intruders,
}

MODALITY_PLACES = ("face only", "voice only", "words only", "several, in agreement", "words in conflict")


def tables(predictions: Sequence[Prediction]) -> str:
    """Three tables in Markdown, of the seeds that all variants have; one sentence where there is none."""
    seeds = common_seeds(predictions, VARIANTS)
    if not seeds:
        return "No seed has been trained in all variants yet."
    asked = tuple(VARIANTS)
    counted = [one for one in predictions if one.seed in seeds and one.variant.split(", ")[0] in asked]
    told = (compared(counted, seeds, VARIANTS), _breakdown(counted), _errors(counted))
    return "\n\n".join("\n".join(table) for table in told)


def common_seeds(predictions: Sequence[Prediction], variants: Iterable[str]) -> list[int]:
    """Those that all variants were trained with."""
    return sorted(set.intersection(*({a.seed for a in predictions if a.variant == name} for name in variants)))


def accuracy(predictions: Iterable[Prediction]) -> Metric:
    """The share of right predictions; one row for each clip and seed."""
    counts: dict[tuple[int, int], list[int]] = {}
    for prediction in predictions:
        count = counts.setdefault((prediction.clip, prediction.seed), [0, 0])
        count[0] += prediction.is_correct
        count[1] += 1
    columns = np.array([*counts.values()], float).reshape(-1, 2)
    return Metric("accuracy", tuple(map(_name, counts)), columns, lambda means: ratio(means[..., 0], means[..., 1]))


def against_full(predictions: Sequence[Prediction], variants: Sequence[str] = ABLATED) -> list[PairedTest]:
    """Each of the variants against the full model, on the clips."""
    full = accuracy(of(predictions, FULL))
    clips = {_name(key): f"clip {key[0]}" for key in {(prediction.clip, prediction.seed) for prediction in predictions}}
    return paired_tests(
        [(accuracy(of(predictions, variant)), full) for variant in variants], Resampling(clusters=clips)
    )


def over_seeds(values: Sequence[float]) -> Interval | None:
    """Student's 95 % interval of the mean; None of a single value. Of more than ten, a little too wide."""
    if len(values) < 2:
        return None
    half = STUDENT[min(len(values), max(STUDENT))] * stdev(values) / len(values) ** 0.5
    return Interval(low=fmean(values) - half, high=fmean(values) + half)


def of(predictions: Iterable[Prediction], variant: str) -> list[Prediction]:
    return [prediction for prediction in predictions if prediction.variant == variant]


def by_seed(predictions: Sequence[Prediction], variant: str, seeds: Sequence[int]) -> list[float]:
    return [
        accuracy(prediction for prediction in of(predictions, variant) if prediction.seed == seed).value
        for seed in seeds
    ]


def _name(clip_and_seed: tuple[int, int]) -> str:
    return "clip {}, seed {}".format(*clip_and_seed)


def compared(predictions: Sequence[Prediction], seeds: Sequence[int], variants: Mapping[str, str]) -> Iterator[str]:
    """A table of the variants, by name and title, each against the full model, which is the first."""
    others = [variant for variant in variants if variant != FULL]
    num = len(of(predictions, FULL)) // len(seeds)
    num_clips, chance = len({prediction.clip for prediction in predictions}), 100 / len(FACE_FAMILIES)
    about = f"Accuracy in % on {num} utterances of {num_clips} clips, chance {chance:.1f}"
    yield f"{about}; p by clip, of {len(others)} by Holm."
    yield from _head("", "mean [over seeds]", "each seed", "less full [by clip]", "[over seeds]", "p")
    full, found = by_seed(predictions, FULL, seeds), against_full(predictions, others)
    tested = dict(zip(others, zip(found, holm([test.p_value for test in found]), strict=True), strict=True))
    for variant, title in variants.items():
        values = by_seed(predictions, variant, seeds)
        cells = [title, _figure(fmean(values), over_seeds(values)), ", ".join(f"{100 * value:.1f}" for value in values)]
        if variant in tested:
            test, p_value = tested[variant]
            change = over_seeds([value - its_full for value, its_full in zip(values, full, strict=True)])
            cells += [_figure(test.difference, test.interval, "+"), _interval(change, "+"), _p(p_value)]
        else:
            cells += [""] * 3
        yield _row(cells)


def _breakdown(predictions: Sequence[Prediction]) -> Iterator[str]:
    yield "Where: accuracy in % of the full model, and of the others less it [95 % by clip]."
    yield from _head("utterances", "n a seed", *VARIANTS.values())
    for title, where in WHERE.items():
        if found := _less_full([one for one in predictions if where(one)], ABLATED):
            yield _row([title, *found])


def modalities(predictions: Sequence[Prediction], variants: Mapping[str, str]) -> Iterator[str]:
    """A table of where the variants help, by what there is of an utterance; the other way round, as they are many."""
    others = [variant for variant in variants if variant != FULL]
    places = {name: _less_full([one for one in predictions if WHERE[name](one)], others) for name in MODALITY_PLACES}
    columns = [column for column in places.values() if column]
    yield "Where: accuracy in % of the full model, and of the others less it [95 % by clip]."
    yield from _head("", *(name for name, column in places.items() if column))
    for title, *cells in zip(["n a seed", variants[FULL], *(variants[name] for name in others)], *columns, strict=True):
        yield _row([title, *cells])


def _less_full(predictions: Sequence[Prediction], variants: Sequence[str]) -> list[str]:
    """How many a seed, the full model's accuracy, and the variants' less it; nothing where there is none."""
    full = of(predictions, FULL)
    if not full:
        return []
    num_seeds = len({prediction.seed for prediction in full})
    changes = [_figure(test.difference, test.interval, "+") for test in against_full(predictions, variants)]
    return [str(len(full) // num_seeds), f"{100 * accuracy(full).value:.1f}", *changes]


def _errors(predictions: Sequence[Prediction]) -> Iterator[str]:
    yield "Why: accuracy in %, and what wrong answers name, in % of them (in brackets: if they named all labels alike)."
    yield from _head("", "accuracy", "another utterance's label", "that of a face between utterances")
    for variant in dict.fromkeys(prediction.variant for prediction in predictions):
        mine = of(predictions, variant)
        wrong = [prediction for prediction in mine if not prediction.is_correct]
        cells = [VARIANTS.get(variant, variant), f"{100 * accuracy(mine).value:.1f}"]
        for named in (lambda a: {*a.families} - {a.family}, lambda a: {*a.intruders}):
            cells.append(_named(wrong, named))
        yield _row(cells)


def _named(wrong: Sequence[Prediction], named: Callable[[Prediction], set[str]]) -> str:
    if not wrong:
        return ""
    share = fmean(prediction.predicted in named(prediction) for prediction in wrong)
    alike = fmean(len(named(prediction)) / (len(FACE_FAMILIES) - 1) for prediction in wrong)
    return f"{100 * share:.1f} ({100 * alike:.1f})"


def _head(*cells: str) -> tuple[str, str, str]:
    return "", _row(cells), "|---" * len(cells) + "|"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(value: float, interval: Interval | None, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f} {_interval(interval, sign)}".rstrip()


def _interval(interval: Interval | None, sign: str = "") -> str:
    return f"[{100 * interval.low:{sign}.1f}, {100 * interval.high:{sign}.1f}]" if interval else ""


def _p(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
