"""How far the offline judge, and simpler ones, agree with groups that a language model made of the same labels.

    python benchmarks/judge_agreement.py --gt TRUTH.csv --pred PREDICTION.csv --groups GROUPS.zip [--wheels FOLDER ...]

Clips sorted by name are split into a development half (even positions: its disagreements were read, and all choices
made by it) and a held-out half (odd positions: figures alone). For each, and for both together:

- Every judge's precision, recall and F1 of "in one group" over all pairs of a clip's distinct labels, with a bootstrap
  interval by clip; Avg, Accuracy_S and Recall_S under its groups; its Avg less that under the golden groups, and the
  correlation of the two over clips.
- The language model against itself: of pairs of labels that meet in several clips, how far the verdict in one clip
  foretells that in another, and the majority's in the others; and how the offline judge does on the same.
- The wheel metric by our table and by published ones, and the share of labels of the truth that each leaves out.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path

import numpy as np

from microemo.evaluate import sentences, tables
from microemo.evaluate.groups import GivenGroups, read_groups
from microemo.evaluate.label_places import places
from microemo.evaluate.lexicon_wheel import LexiconWheel
from microemo.evaluate.metrics import Groups, Metric, set_metrics
from microemo.evaluate.offline_judge import OfflineJudge
from microemo.evaluate.statistics import Interval, interval, paired_test
from microemo.evaluate.wheels import Wheels, published, wheel_metrics

Labels = dict[str, tuple[str, ...]]
Grouping = Mapping[str, Groups]
Pair = tuple[str, str]
THRESHOLDS = [number / 100 for number in range(30, 91, 5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gt", type=Path, required=True)
    parser.add_argument("--pred", type=Path, required=True)
    parser.add_argument("--groups", type=Path, required=True)
    parser.add_argument("--wheels", type=Path, nargs="*", default=[])
    parser.add_argument("--num-pairs", type=int, default=15, help="pairs to list where judge and golden groups differ")
    arguments = parser.parse_args()

    golden = GivenGroups("golden", read_groups(arguments.groups))
    truth, predicted = (labels_of(file, golden) for file in (arguments.gt, arguments.pred))
    union = {clip: tuple(dict.fromkeys((*truth[clip], *predicted[clip]))) for clip in sorted(truth)}
    halves = {"development": half_of(union, 0), "held out": half_of(union, 1)}
    threshold = best_threshold(halves["development"], golden.group(union))
    wheels: list[Wheels] = [LexiconWheel(), *map(published, arguments.wheels)]
    for half, labels in {**halves, "all": union}.items():
        reference, grouped = golden.group(labels), OfflineJudge().group(labels)
        print(f"\n{half}: {len(labels)} clips, {len(list(pairs_of(labels)))} pairs of labels")
        judges = {
            "golden": reference,
            "offline judge": grouped,
            "lexicon groups": by_place(labels, "group"),
            "lexicon families": by_place(labels, "family"),
            f"embeddings > {threshold}": by_similarity(labels, threshold),
            "same word": {clip: tuple((label,) for label in its_labels) for clip, its_labels in labels.items()},
        }
        half_truth, half_predicted = ({clip: table[clip] for clip in labels} for table in (truth, predicted))
        show_judges(labels, half_truth, half_predicted, reference, judges)
        show_constancy(labels, reference, grouped)
        show_wheels(half_truth, half_predicted, wheels)
        if half == "development":
            show_differences(labels, reference, grouped, arguments.num_pairs)


def labels_of(file: Path, golden: GivenGroups) -> Labels:
    return {clip: golden.spelled(clip, row.labels or ()) for clip, row in tables.read(file).items()}


def half_of(labels: Labels, start: int) -> Labels:
    return {clip: labels[clip] for clip in list(labels)[start::2]}


def pairs_of(labels: Labels) -> Iterator[tuple[str, Pair]]:
    for clip, its_labels in labels.items():
        for one, other in combinations(sorted(its_labels), 2):
            yield clip, (one, other)


def together(labels: Labels, groups: Grouping) -> np.ndarray:
    """Of each pair, whether it is in one group."""
    number = {clip: {label: index for index, group in enumerate(groups[clip]) for label in group} for clip in labels}
    return np.array([number[clip][one] == number[clip][other] for clip, (one, other) in pairs_of(labels)])


def verdicts_of(labels: Labels, reference: Grouping, grouped: Grouping) -> Iterator[tuple[Pair, bool, bool]]:
    """Of each pair in each clip, whether the reference has it in one group, and whether the judge has."""
    true, said = together(labels, reference), together(labels, grouped)
    for (_, pair), is_true, is_said in zip(pairs_of(labels), true, said, strict=True):
        yield pair, bool(is_true), bool(is_said)


def agreement(labels: Labels, reference: Grouping, groups: Grouping) -> tuple[Metric, Metric, Metric]:
    """Precision, recall and F1 over pairs."""
    row = {clip: number for number, clip in enumerate(labels)}
    counts = np.zeros((len(labels), 3))
    true, said = together(labels, reference), together(labels, groups)
    np.add.at(counts, [row[clip] for clip, _ in pairs_of(labels)], np.stack([true & said, true, said], axis=1))
    clips = tuple(labels)
    return (
        Metric("precision", clips, counts, lambda means: ratio(means[..., 0], means[..., 2])),
        Metric("recall", clips, counts, lambda means: ratio(means[..., 0], means[..., 1])),
        Metric("F1", clips, counts, lambda means: ratio(2 * means[..., 0], means[..., 1] + means[..., 2])),
    )


def ratio(share: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """0 where nothing is in one group."""
    return np.divide(share, whole, out=np.zeros_like(whole), where=whole > 0)


def show_judges(
    labels: Labels, truth: Labels, predicted: Labels, reference: Grouping, judges: Mapping[str, Grouping]
) -> None:
    print(f"  {'':18}   P    R    F1                Avg  Acc  Rec    Avg less golden's      r")
    golden = set_metrics(truth, predicted, reference)[0]
    for name, groups in judges.items():
        precision, recall, f1 = agreement(labels, reference, groups)
        scores = set_metrics(truth, predicted, groups)
        test = paired_test(scores[0], golden)
        over_clips = np.corrcoef(scores[0].columns.mean(axis=1), golden.columns.mean(axis=1))[0, 1]
        print(
            f"  {name:18} {percent(precision.value, recall.value, f1.value)} {spelled(interval(f1)):12}  ",
            f"{percent(*(score.value for score in scores))}  ",
            f"{percent(test.difference)} {spelled(test.interval):12} {over_clips:6.2f}",
        )


def show_constancy(labels: Labels, reference: Grouping, grouped: Grouping) -> None:
    """F1 on pairs that are in several clips: of another clip's verdict, of the other clips' majority, of the judge."""
    verdicts: dict[Pair, list[tuple[bool, bool]]] = defaultdict(list)
    for pair, true, said in verdicts_of(labels, reference, grouped):
        verdicts[pair].append((true, said))
    several = [several for several in verdicts.values() if len(several) > 1]
    varying = sum(0 < sum(true for true, _ in clips) < len(clips) for clips in several)
    one_other, majority, judge = np.zeros(3), np.zeros(3), np.zeros(3)
    for clips in several:
        for number, (true, said) in enumerate(clips):
            others = [verdict for index, (verdict, _) in enumerate(clips) if index != number]
            share = sum(others) / len(others)
            one_other += (true * share, true, share)
            majority += (true and share >= 0.5, true, share >= 0.5)
            judge += (true and said, true, said)
    occurrences = sum(map(len, several))
    print(f"  pairs in several clips: {len(several)}, {occurrences} times; the golden verdict varies on {varying}")
    for name, counts in (("another clip", one_other), ("other clips", majority), ("offline judge", judge)):
        print(f"  {name:18} {percent(2 * counts[0] / (counts[1] + counts[2]))} F1 there")


def show_wheels(truth: Labels, predicted: Labels, wheels: list[Wheels]) -> None:
    occurrences = Counter(label for its_labels in truth.values() for label in its_labels)
    for wheel in wheels:
        on_wheels = [found.keys() for found in wheel.clusters(occurrences, 1)]
        left_out = [sum(count for label, count in occurrences.items() if label not in on) for on in on_wheels]
        on_none = sum(count for label, count in occurrences.items() if not any(label in on for on in on_wheels))
        levels = [percent(*(m.value for m in wheel_metrics(truth, predicted, wheel, level))) for level in (1, 2)]
        off = percent(float(np.mean(left_out)) / occurrences.total(), on_none / occurrences.total())
        print(f"  {wheel.name:22} F1, P, R of level 1 {levels[0]}, level 2 {levels[1]}; left out", end=" ")
        print(f"on a wheel, on all {off}")


def show_differences(labels: Labels, reference: Grouping, grouped: Grouping, num: int) -> None:
    """Pairs on which the two differ, those that differ most often first: how often, and of how many clips."""
    found: dict[Pair, list[tuple[bool, bool]]] = defaultdict(list)
    for pair, true, said in verdicts_of(labels, reference, grouped):
        found[pair].append((true, said))
    kinds = {"golden together, judge apart": (True, False), "golden apart, judge together": (False, True)}
    for name, sought in kinds.items():
        counts = {pair: verdicts.count(sought) for pair, verdicts in found.items() if sought in verdicts}
        several = sum(count for pair, count in counts.items() if len(found[pair]) > 1)
        varying = sum(count for pair, count in counts.items() if len({true for true, _ in found[pair]}) > 1)
        print(f"  {name}: {sum(counts.values())}, {several} of them on pairs in several clips,", end=" ")
        print(f"{varying} on pairs where the golden verdict varies")
        for pair, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:num]:
            print(f"    {count} of {len(found[pair])}  {' / '.join(pair)}")


def by_key(labels: tuple[str, ...], key: Callable[[str], object]) -> Groups:
    groups: dict[object, list[str]] = defaultdict(list)
    for label in labels:
        groups[key(label)].append(label)
    return tuple(map(tuple, groups.values()))


def by_place(labels: Labels, rank: str) -> Grouping:
    found = places(label for its_labels in labels.values() for label in its_labels)
    return {clip: by_key(some, lambda label: getattr(found[label], rank)) for clip, some in labels.items()}


def by_similarity(labels: Labels, threshold: float) -> Grouping:
    """Each clip's labels joined by the mean cosine of their embeddings, the closest first (average linkage)."""
    distinct = sorted({label for its_labels in labels.values() for label in its_labels})
    vectors = dict(zip(distinct, sentences.embed(distinct), strict=True))
    return {
        clip: average_link(some, np.stack([vectors[label] for label in some]), threshold)
        for clip, some in labels.items()
    }


def average_link(labels: tuple[str, ...], vectors: np.ndarray, threshold: float) -> Groups:
    cosines = vectors @ vectors.T
    clusters = [[number] for number in range(len(labels))]
    while len(clusters) > 1:
        one, other = max(combinations(clusters, 2), key=lambda pair: cosines[np.ix_(*pair)].mean())
        if cosines[np.ix_(one, other)].mean() < threshold:
            break
        clusters = [cluster for cluster in clusters if cluster not in (one, other)] + [one + other]
    return tuple(tuple(labels[number] for number in cluster) for cluster in clusters)


def best_threshold(labels: Labels, reference: Grouping) -> float:
    return max(THRESHOLDS, key=lambda cut: agreement(labels, reference, by_similarity(labels, cut))[2].value)


def percent(*shares: float) -> str:
    return " ".join(f"{100 * share:4.1f}" for share in shares)


def spelled(found: Interval | None) -> str:
    return f"[{percent(found.low)}, {percent(found.high)}]" if found else ""


if __name__ == "__main__":
    main()
