"""Which system may be called the best."""

from microemo.evaluate.evaluation import Evaluation, Score


def best(evaluation: Evaluation, task: str, metric: str) -> str | None:
    """Name of the system with the highest score, if it differs from every other's; else None.

    Against the baseline, or as the baseline, the adjusted p-value of the paired test decides; against the
    others, intervals that do not overlap. What has no interval, or no other beside it, is not best.
    """
    scores = {
        system.name: score
        for system in evaluation.systems
        for score in system.scores
        if (score.task, score.metric) == (task, metric) and score.value is not None
    }
    if len(scores) < 2:
        return None
    leader = max(scores, key=lambda name: scores[name].value or 0.0)
    apart = all(_differ(evaluation, scores[leader], scores[name], {leader, name}) for name in scores if name != leader)
    return leader if apart else None


def _differ(evaluation: Evaluation, leader: Score, other: Score, names: set[str]) -> bool:
    for row in evaluation.comparisons:
        if {row.system, row.baseline} == names and (row.task, row.metric) == (leader.task, leader.metric):
            return row.adjusted_p_value is not None and row.adjusted_p_value < 1 - evaluation.resampling.level
    return bool(leader.interval and other.interval and leader.interval.low > other.interval.high)
