"""The metrics of EMER (paper 4.2, Table 1): Accuracy_S, Recall_S and their mean, over labels grouped by meaning.

Each label stands for its group. With Y the groups of a clip's truth and Ŷ those of its prediction,
Accuracy_S = |Y ∩ Ŷ| / |Ŷ| and Recall_S = |Y ∩ Ŷ| / |Y|, both 0 where nothing was predicted, averaged over clips.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from microemo.evaluate.grouping import Groups
from microemo.evaluate.metric import Metric, mean_of

Labels = Mapping[str, Sequence[str]]
"""Labels by the clip's name."""


def set_metrics(truth: Labels, predicted: Labels, groups: Mapping[str, Groups]) -> tuple[Metric, Metric, Metric]:
    """Avg, Accuracy_S and Recall_S over the clips of ``truth``, each of which has labels.

    Raises ``KeyError`` on a clip without a prediction or groups, and on a label that its clip's groups lack.
    """
    clips = tuple(truth)
    columns = np.array([overlap(*_sets(truth[clip], predicted[clip], groups[clip])) for clip in clips]).reshape(-1, 2)
    return (
        Metric("Avg", clips, columns, lambda means: means.mean(axis=-1)),
        Metric("Accuracy_S", clips, columns, mean_of(0)),
        Metric("Recall_S", clips, columns, mean_of(1)),
    )


def overlap(truth: set[str], predicted: set[str]) -> tuple[float, float]:
    """What a clip's prediction gets right, as a share of the prediction and of the truth (not empty)."""
    both = len(truth & predicted)
    return (both / len(predicted) if predicted else 0.0), both / len(truth)


def _sets(truth: Sequence[str], predicted: Sequence[str], groups: Groups) -> tuple[set[str], set[str]]:
    first = {label: group[0] for group in groups for label in group}
    return {first[label] for label in truth}, {first[label] for label in predicted}
