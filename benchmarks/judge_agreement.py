"""How far the offline judge, and simpler ones, agree with groups that a language model made of the same labels.

    python benchmarks/judge_agreement.py TRUTH.csv PREDICTION.csv GROUPS.zip

Clips sorted by name are split into a development half (even positions: its disagreements were read, its figures
chosen by) and a held-out half (odd positions: figures alone). Per half and judge: precision, recall and F1 of "the
same group" over all pairs of a clip's distinct labels, then Accuracy_S, Recall_S and Avg under that judge's groups.
The last line bounds every judge that sees labels and not clips: the majority's verdict on each pair, taken from the
very clips that it is scored on.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path

from microemo.evaluate import sentences, set_metric, tables
from microemo.evaluate.grouping import GivenGroups, Groups
from microemo.evaluate.groups_file import read_groups
from microemo.evaluate.offline_judge import OfflineJudge
from microemo.vocabulary.lexicon import place

Labels = dict[str, tuple[str, ...]]
Grouping = Mapping[str, Groups]
THRESHOLDS = [number / 100 for number in range(30, 91, 5)]


def main(truth_file: str, prediction_file: str, groups_file: str) -> None:
    golden = GivenGroups("golden", read_groups(Path(groups_file)))
    truth, predicted = (_labels(Path(file), golden) for file in (truth_file, prediction_file))
    clips = sorted(truth)
    halves = {"development": clips[::2], "held out": clips[1::2]}
    union = {clip: tuple(dict.fromkeys((*truth[clip], *predicted[clip]))) for clip in clips}
    threshold = _best_threshold({clip: union[clip] for clip in halves["development"]}, golden.group(union))
    for half, names in halves.items():
        labels = {clip: union[clip] for clip in names}
        reference = golden.group(labels)
        print(f"{half}: {len(names)} clips, {len(list(_pairs(labels)))} pairs; embeddings cut at {threshold}")
        judges = {
            "golden": reference,
            "same word": _by_key(labels, str),
            "lexicon families": _by_key(labels, _family),
            "lexicon groups": _by_key(labels, _group),
            "embeddings": _by_similarity(labels, threshold),
            "offline judge": OfflineJudge().group(labels),
        }
        for name, groups in judges.items():
            scores = set_metric.set_metrics(
                *({clip: table[clip] for clip in names} for table in (truth, predicted)), groups
            )
            _show(name, _agreement(labels, reference, groups), [metric.value for metric in scores])
        _show("label-wise bound", _bound(labels, reference), [])


def _labels(file: Path, golden: GivenGroups) -> Labels:
    return {clip: golden.spelled(clip, row.labels or ()) for clip, row in tables.read(file).items()}


def _show(name: str, agreement: tuple[float, float, float], scores: list[float]) -> None:
    print(f"  {name:18}", *(f"{figure:.4f}" for figure in (*agreement, *scores)))


def _pairs(labels: Labels) -> Iterator[tuple[str, str, str]]:
    for clip, its_labels in labels.items():
        for one, other in combinations(sorted(its_labels), 2):
            yield clip, one, other


def _together(labels: Labels, groups: Grouping) -> list[bool]:
    number = {clip: {label: index for index, group in enumerate(groups[clip]) for label in group} for clip in labels}
    return [number[clip][one] == number[clip][other] for clip, one, other in _pairs(labels)]


def _agreement(labels: Labels, reference: Grouping, groups: Grouping) -> tuple[float, float, float]:
    return _f1(_together(labels, reference), _together(labels, groups))


def _f1(true: list[bool], said: list[bool]) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    both = sum(t and s for t, s in zip(true, said, strict=True))
    precision, recall = both / max(sum(said), 1), both / max(sum(true), 1)
    return precision, recall, 2 * both / max(sum(true) + sum(said), 1)


def _bound(labels: Labels, reference: Grouping) -> tuple[float, float, float]:
    true = _together(labels, reference)
    votes: Counter[tuple[str, str]] = Counter()
    for (_, one, other), together in zip(_pairs(labels), true, strict=True):
        votes[one, other] += 1 if together else -1
    return _f1(true, [votes[one, other] >= 0 for _, one, other in _pairs(labels)])


def _family(label: str) -> str:
    found = place(label)
    return found.family if found else label


def _group(label: str) -> str:
    found = place(label)
    return found.group if found else label


def _by_key(labels: Labels, key: Callable[[str], str]) -> dict[str, Groups]:
    return {
        clip: tuple(
            tuple(label for label in its_labels if key(label) == name) for name in dict.fromkeys(map(key, its_labels))
        )
        for clip, its_labels in labels.items()
    }


def _by_similarity(labels: Labels, threshold: float) -> dict[str, Groups]:
    """Average-link clusters of each clip's labels by the cosine of their embeddings."""
    from scipy.cluster.hierarchy import fcluster, linkage

    distinct = sorted({label for its_labels in labels.values() for label in its_labels})
    vectors = dict(zip(distinct, sentences.embed(distinct), strict=True))
    clusters = {}
    for clip, its_labels in labels.items():
        numbers = dict.fromkeys(its_labels, 0)
        if len(its_labels) > 1:
            tree = linkage([vectors[label] for label in its_labels], "average", metric="cosine")
            numbers = dict(zip(its_labels, fcluster(tree, 1 - threshold, "distance"), strict=True))
        clusters[clip] = _by_key({clip: its_labels}, lambda label, numbers=numbers: str(numbers[label]))[clip]
    return clusters


def _best_threshold(labels: Labels, reference: Grouping) -> float:
    return max(THRESHOLDS, key=lambda cut: _agreement(labels, reference, _by_similarity(labels, cut))[2])


if __name__ == "__main__":
    main(*sys.argv[1:])
