"""The ablation study's figures, from its answers alone: Table 2, where the modules matter, and why.

Accuracies are means over seeds. Two things are by chance: the training run, for which there are intervals over seeds
(Student's t), and the clips, for which there are intervals and p-values by clip (bootstrap and randomisation,
``evaluate/statistics.py``), all seeds' answers to a clip together. A difference is one where both agree.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np

from microemo.evaluate.metrics import Metric, ratio
from microemo.evaluate.statistics import Interval, PairedTest, Resampling, holm, paired_tests
from microemo.schema import Modality
from microemo.train.pairs import FACE_FAMILIES

VARIANTS = {
    "full": "full",
    "without_utterance_windows": "w/o utterance windows",
    "without_local_clues": "w/o local clues",
    "without_both": "w/o both",
}
FULL, *ABLATED = VARIANTS
STUDENT = {2: 12.71, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}  # 97.5 %, by n


@dataclass(frozen=True)
class Answer:
    """What a trained variant says of one held-out utterance.

    families    of the clip's utterances, in time
    shows       the family that each modality which is present shows
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
    def is_right(self) -> bool:
        return self.predicted == self.family

    @property
    def in_conflict(self) -> list[Modality]:
        return [modality for modality, family in self.shows.items() if family != self.family]


Where = Callable[[Answer], bool]
WHERE: dict[str, Where] = {
    "all": lambda answer: True,
    "face only": lambda answer: [*answer.shows] == ["face"],
    "face only, clue regions found": lambda answer: [*answer.shows] == ["face"] and answer.has_regions,
    "face only, none found": lambda answer: [*answer.shows] == ["face"] and not answer.has_regions,
    "voice only": lambda answer: [*answer.shows] == ["voice"],
    "words only": lambda answer: [*answer.shows] == ["words"],
    "several, in agreement": lambda answer: len(answer.shows) > 1 and not answer.in_conflict,
    "words in conflict": lambda answer: answer.in_conflict == ["words"],
    "face or voice in conflict": lambda answer: answer.in_conflict in (["face"], ["voice"]),
    **{f"of {num} utterances": lambda answer, num=num: len(answer.families) == num for num in (2, 3, 4, 5)},
    "faces between utterances": lambda answer: bool(answer.intruders),
    "none between utterances": lambda answer: not answer.intruders,
}


def tables(answers: Sequence[Answer]) -> str:
    """Three tables in Markdown, of the seeds that all variants have; one sentence where there is none."""
    seeds = sorted(set.intersection(*({a.seed for a in answers if a.variant == variant} for variant in VARIANTS)))
    if not seeds:
        return "No seed has been trained in all variants yet."
    counted = [answer for answer in answers if answer.seed in seeds]
    return "\n\n".join("\n".join(table) for table in (_ablation(counted, seeds), _breakdown(counted), _errors(counted)))


def accuracy(answers: Iterable[Answer]) -> Metric:
    """The share of right answers; one row for each clip and seed."""
    counts: dict[tuple[int, int], list[int]] = {}
    for answer in answers:
        count = counts.setdefault((answer.clip, answer.seed), [0, 0])
        count[0] += answer.is_right
        count[1] += 1
    columns = np.array([*counts.values()], float).reshape(-1, 2)
    return Metric("accuracy", tuple(map(_name, counts)), columns, lambda means: ratio(means[..., 0], means[..., 1]))


def against_full(answers: Sequence[Answer]) -> list[PairedTest]:
    """Each ablated variant against the full model, on the clips."""
    full = accuracy(of(answers, FULL))
    clips = {_name(key): f"clip {key[0]}" for key in {(answer.clip, answer.seed) for answer in answers}}
    return paired_tests([(accuracy(of(answers, variant)), full) for variant in ABLATED], Resampling(clusters=clips))


def over_seeds(values: Sequence[float]) -> Interval | None:
    """Student's 95 % interval of the mean; None of a single value. Of more than ten, a little too wide."""
    if len(values) < 2:
        return None
    half = STUDENT[min(len(values), max(STUDENT))] * stdev(values) / len(values) ** 0.5
    return Interval(low=fmean(values) - half, high=fmean(values) + half)


def of(answers: Iterable[Answer], variant: str) -> list[Answer]:
    return [answer for answer in answers if answer.variant == variant]


def by_seed(answers: Sequence[Answer], variant: str, seeds: Sequence[int]) -> list[float]:
    return [accuracy(answer for answer in of(answers, variant) if answer.seed == seed).value for seed in seeds]


def _name(clip_and_seed: tuple[int, int]) -> str:
    return "clip {}, seed {}".format(*clip_and_seed)


def _ablation(answers: Sequence[Answer], seeds: Sequence[int]) -> Iterator[str]:
    num = len(of(answers, FULL)) // len(seeds)
    num_clips, chance = len({answer.clip for answer in answers}), 100 / len(FACE_FAMILIES)
    yield f"Accuracy in % on {num} utterances of {num_clips} clips, chance {chance:.1f}; p by clip, of three by Holm."
    yield from _head("", "mean [over seeds]", "each seed", "less full [by clip]", "[over seeds]", "p")
    full, found = by_seed(answers, FULL, seeds), against_full(answers)
    tested = dict(zip(ABLATED, zip(found, holm([test.p_value for test in found]), strict=True), strict=True))
    for variant, title in VARIANTS.items():
        values = by_seed(answers, variant, seeds)
        cells = [title, _figure(fmean(values), over_seeds(values)), ", ".join(f"{100 * value:.1f}" for value in values)]
        if variant in tested:
            test, p_value = tested[variant]
            change = over_seeds([value - its_full for value, its_full in zip(values, full, strict=True)])
            cells += [_figure(test.difference, test.interval, "+"), _interval(change, "+"), _p(p_value)]
        else:
            cells += [""] * 3
        yield _row(cells)


def _breakdown(answers: Sequence[Answer]) -> Iterator[str]:
    yield "Where: accuracy in % of the full model, and of the others less it [95 % by clip]."
    yield from _head("utterances", "n a seed", *VARIANTS.values())
    num_seeds = len({answer.seed for answer in answers})
    for title, where in WHERE.items():
        chosen = [answer for answer in answers if where(answer)]
        full = of(chosen, FULL)
        if full:
            changes = [_figure(test.difference, test.interval, "+") for test in against_full(chosen)]
            yield _row([title, str(len(full) // num_seeds), f"{100 * accuracy(full).value:.1f}", *changes])


def _errors(answers: Sequence[Answer]) -> Iterator[str]:
    yield "Why: accuracy in %, and what wrong answers name, in % of them (in brackets: if they named all labels alike)."
    yield from _head("", "accuracy", "another utterance's label", "that of a face between utterances")
    for variant in dict.fromkeys(answer.variant for answer in answers):
        mine = of(answers, variant)
        wrong = [answer for answer in mine if not answer.is_right]
        cells = [VARIANTS.get(variant, variant), f"{100 * accuracy(mine).value:.1f}"]
        for named in (lambda a: {*a.families} - {a.family}, lambda a: {*a.intruders}):
            cells.append(_named(wrong, named))
        yield _row(cells)


def _named(wrong: Sequence[Answer], named: Callable[[Answer], set[str]]) -> str:
    if not wrong:
        return ""
    share = fmean(answer.predicted in named(answer) for answer in wrong)
    alike = fmean(len(named(answer)) / (len(FACE_FAMILIES) - 1) for answer in wrong)
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
