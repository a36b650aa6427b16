"""How sure a score is: intervals that cover, tests that neither cry wolf nor sleep, and their corrections."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microemo.evaluate.metrics import Metric, harmonic_mean, mean_of, ratio
from microemo.evaluate.statistics import (
    Estimate,
    Interval,
    Resampling,
    estimates,
    holm,
    interval,
    intervals,
    num_clusters,
    paired_test,
    paired_tests,
)

UNTIMED = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])


def names(count: int) -> tuple[str, ...]:
    return tuple(f"clip{number:05}" for number in range(count))


def mean(values: np.ndarray | list[float], clips: tuple[str, ...] | None = None) -> Metric:
    columns = np.array(values, float).reshape(-1, 1)
    return Metric("mean", clips or names(len(columns)), columns, mean_of(0))


def f1(columns: np.ndarray) -> Metric:
    """From true positives, truths and predictions."""
    return Metric("F1", names(len(columns)), columns, lambda m: ratio(2 * m[..., 0], m[..., 1] + m[..., 2]))


def width(found: Interval | None) -> float:
    assert found is not None
    return found.high - found.low


def test_interval_of_a_mean_is_the_normal_one() -> None:
    values = np.random.default_rng(1).random(400)
    found = interval(mean(values), Resampling(resamples=20_000))
    error = 1.96 * values.std() / 20
    assert found is not None
    assert found.low == pytest.approx(values.mean() - error, abs=0.1 * error)
    assert found.high == pytest.approx(values.mean() + error, abs=0.1 * error)


def test_interval_covers_as_often_as_it_says() -> None:
    """400 samples of 60 clips: 95 % plus or minus three standard errors of the simulation, less what the percentile
    method is known to lack at this size."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(400):
        found = interval(mean(rng.random(60) < 0.6), Resampling(resamples=400))
        assert found is not None
        hits += found.low <= 0.6 <= found.high
    assert 0.91 <= hits / 400 <= 0.98


def test_interval_of_a_ratio_covers_too() -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(300):
        truth = rng.random(120) < 0.5
        predicted = np.where(rng.random(120) < 0.8, truth, ~truth)
        metric = f1(np.stack([truth & predicted, truth, predicted], 1).astype(float))
        found = interval(metric, Resampling(resamples=400))
        assert found is not None
        hits += found.low <= 0.8 <= found.high
    assert 0.90 <= hits / 300 <= 0.985


def test_interval_is_exact_where_the_distribution_is_known() -> None:
    """Of two clips, 0 and 1: a quarter of the resamples have the mean 0, half 0.5, a quarter 1."""
    assert interval(mean([0, 1])) == Interval(low=0, high=1)
    assert interval(mean([0, 1]), Resampling(level=0.4)) == Interval(low=0.5, high=0.5)
    assert interval(mean([0.25] * 9)) == Interval(low=0.25, high=0.25)


def test_no_interval_is_made_up() -> None:
    clips = names(5)
    assert interval(mean([])) is None
    assert interval(mean([0.5])) is None
    assert interval(mean([0, 1, 0, 1, 1]), Resampling(clusters=dict.fromkeys(clips, "one speaker"))) is None
    assert interval(f1(np.zeros((5, 3)))) is None
    assert estimates([f1(np.zeros((5, 3)))]) == [Estimate(value=None, interval=None, num_clips=5)]


def test_undefined_resamples_are_left_out() -> None:
    """One clip in three has the class; resamples without it have no F1."""
    assert interval(f1(np.array([[1, 1, 1], [0, 0, 0], [0, 0, 0]], float))) == Interval(low=1, high=1)


def test_clusters_widen_the_interval() -> None:
    """Ten clips of a speaker that are all alike are worth one: the interval is sqrt(10) times as wide."""
    speakers = np.random.default_rng(4).random(100)
    metric = mean(np.repeat(speakers, 10))
    by_speaker = Resampling(clusters={clip: f"speaker{number // 10:03}" for number, clip in enumerate(metric.clips)})
    assert width(interval(metric, by_speaker)) / width(interval(metric)) == pytest.approx(10**0.5, rel=0.1)
    assert width(interval(metric, by_speaker)) == pytest.approx(width(interval(mean(speakers))), rel=1e-9)


def test_clusters_of_different_sizes_are_pooled() -> None:
    """Three clips with 1 and one with 0: resamples of the two speakers have the means 1, 3/4 and 0."""
    metric = mean([1, 1, 1, 0])
    clusters = dict(zip(metric.clips, "aaab", strict=True))
    assert interval(metric, Resampling(clusters=clusters, level=0.4)) == Interval(low=0.75, high=0.75)


def test_clip_without_a_speaker_stands_for_itself() -> None:
    metric = mean([0, 1, 1, 0, 1], ("a", "b", "c", "d", "e"))
    assert num_clusters(metric.clips, {"a": "x", "b": "x"}) == 4
    assert num_clusters(("a", "b"), {"a": "b"}) == 2  # a speaker who has the name of another's clip
    assert interval(metric, Resampling(clusters={})) == interval(metric)


def test_metrics_together_are_as_alone() -> None:
    rng = np.random.default_rng(5)
    columns = rng.random((50, 2))
    together = [
        Metric("a", names(50), columns, mean_of(0)),
        mean(rng.random(20)),
        Metric("b", names(50), columns, lambda m: harmonic_mean(m[..., 0], m[..., 1])),
        Metric("c", names(50), rng.random((50, 3)), mean_of(2)),
    ]
    for found, metric in zip(intervals(together, Resampling(seed=7)), together, strict=True):
        alone = interval(metric, Resampling(seed=7))
        assert found is not None and alone is not None
        assert (found.low, found.high) == pytest.approx((alone.low, alone.high))


@UNTIMED
@given(st.lists(st.integers(0, 1000), min_size=2, max_size=30), st.randoms(use_true_random=False))
def test_order_of_the_clips_does_not_matter(values: list[int], random) -> None:
    a, b = mean(values), mean(values[::-1])
    clusters = {clip: f"speaker{value % 3}" for clip, value in zip(a.clips, values, strict=True)}
    resampling = Resampling(clusters=clusters, resamples=50)
    order = list(range(len(values)))
    random.shuffle(order)
    clips = tuple(a.clips[number] for number in order)
    shuffled = [Metric(m.name, clips, m.columns[order], m.statistic) for m in (a, b)]
    assert interval(shuffled[0], resampling) == interval(a, resampling)
    assert paired_test(*shuffled, resampling).p_value == paired_test(a, b, resampling).p_value


@UNTIMED
@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_intervals_lie_within_the_values_and_tests_are_symmetric(first: list[float], second: list[float]) -> None:
    size = min(len(first), len(second))
    a, b = mean(first[:size]), mean(second[:size])
    found = interval(a, Resampling(resamples=50))
    assert found is not None
    assert min(first[:size]) - 1e-9 <= found.low <= found.high <= max(first[:size]) + 1e-9
    forth, back = paired_test(a, b, Resampling(resamples=50)), paired_test(b, a, Resampling(resamples=50))
    assert forth.difference == pytest.approx(-back.difference)
    assert forth.p_value == back.p_value


def test_p_value_is_uniform_where_there_is_no_difference() -> None:
    rng = np.random.default_rng(6)
    p_values = []
    for _ in range(300):
        common, own = rng.random(40), rng.random((2, 40))
        p_values.append(paired_test(mean(common + own[0]), mean(common + own[1]), Resampling(resamples=199)).p_value)
    shares = [np.mean([p is not None and p <= level for p in p_values]) for level in (0.05, 0.25, 0.5, 0.75)]
    assert shares == pytest.approx([0.05, 0.25, 0.5, 0.75], abs=0.09)
    assert shares[0] <= 0.09


def test_pairing_finds_a_small_difference_that_intervals_cannot_show() -> None:
    rng = np.random.default_rng(7)
    common = rng.random(200)
    a, b = mean(common + 0.02 + 0.03 * rng.standard_normal(200)), mean(common)
    found = paired_test(a, b)
    assert found.p_value == pytest.approx(1 / 2001)
    assert found.interval is not None and found.interval.low > 0
    of_a, of_b = interval(a), interval(b)
    assert of_a is not None and of_b is not None and of_a.low < of_b.high


def test_p_value_of_three_clips_is_known() -> None:
    """A difference of one sign on all three: as extreme are 2 of 8 swaps."""
    found = paired_test(mean([1, 1, 1]), mean([0, 0, 0]), Resampling(resamples=20_000))
    assert found.p_value == pytest.approx(0.25, abs=0.01)
    assert (found.difference, found.num_clips, found.num_clusters) == (1, 3, 3)


def test_speakers_are_swapped_as_one() -> None:
    """Thirty clips of three speakers are no more than three pairs."""
    a, b = mean([1] * 30), mean([0] * 30)
    clusters = {clip: f"speaker{number % 3}" for number, clip in enumerate(a.clips)}
    found = paired_test(a, b, Resampling(clusters=clusters, resamples=20_000))
    assert found.p_value == pytest.approx(0.25, abs=0.01)
    assert (found.num_clips, found.num_clusters) == (30, 3)


def test_f1_is_compared_as_pooled() -> None:
    truth = np.arange(60) % 2 == 0
    good, poor = truth, np.arange(60) % 3 == 0
    a, b = (f1(np.stack([truth & predicted, truth, predicted], 1).astype(float)) for predicted in (good, poor))
    found = paired_test(a, b)
    assert found.difference == pytest.approx(1 - 2 * 10 / (30 + 20))
    assert found.p_value is not None and found.p_value < 0.01


def test_only_clips_of_both_are_compared() -> None:
    a = mean([1, 0, 1, 0], ("w", "x", "y", "z"))
    b = mean([0, 1, 0, 1, 1], ("z", "y", "x", "v", "u"))
    found = paired_test(a, b)
    assert (found.difference, found.num_clips, found.num_unpaired) == (0, 3, 3)
    assert found.p_value == 1


def test_nothing_in_common_is_said_so() -> None:
    found = paired_test(mean([1, 0], ("a", "b")), mean([1, 0], ("c", "d")))
    assert np.isnan(found.difference)
    assert (found.interval, found.p_value, found.num_clips, found.num_unpaired) == (None, None, 0, 4)
    alone = paired_test(mean([1]), mean([0]))
    assert (alone.interval, alone.p_value) == (None, None)


def test_different_scores_are_not_compared() -> None:
    with pytest.raises(ValueError, match="not the same score"):
        paired_tests([(mean([1, 2]), Metric("two", names(2), np.zeros((2, 2)), mean_of(0)))])


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_holm_leaves_out_what_is_not_defined() -> None:
    adjusted = holm([None, 0.02, float("nan"), 0.03])
    assert adjusted[0::2] == [None, None]
    assert adjusted[1::2] == pytest.approx([0.04, 0.04])


@UNTIMED
@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_keeps_the_ranking_and_lies_between_none_and_bonferroni(p_values: list[float]) -> None:
    pairs = sorted(zip(p_values, holm(p_values), strict=True))
    assert all(adjusted is not None and p <= adjusted <= min(1, len(pairs) * p) for p, adjusted in pairs)
    assert [adjusted for _, adjusted in pairs] == sorted(adjusted for _, adjusted in pairs if adjusted is not None)


def test_a_ratio_of_nothing_is_not_defined() -> None:
    with np.errstate(all="raise"):
        found = ratio(np.array([1.0, 0.0]), np.array([2.0, 0.0]))
    assert found[0] == 0.5 and np.isnan(found[1])


def test_resampling_says_what_is_resampled_and_keeps_no_speakers() -> None:
    by_speaker = Resampling(seed=7).by({"a": "S"})
    assert by_speaker == Resampling(seed=7, clusters={"a": "S"})
    assert (Resampling().by({}).resampled, by_speaker.resampled) == ("clip", "speaker")
    kept = by_speaker.model_dump()
    assert kept == {"resampled": "speaker", "resamples": 2000, "level": 0.95, "seed": 7}
    assert Resampling.model_validate(kept).resampled == "speaker"
