"""The benchmark of judges counts pairs as one would by hand."""

import judge_agreement as benchmark
import numpy as np
import pytest

LABELS = {"a": ("happy", "glad", "sad"), "b": ("calm", "serene"), "c": ("worried",)}
REFERENCE = {"a": (("happy", "glad"), ("sad",)), "b": (("calm", "serene"),), "c": (("worried",),)}


def test_agreement_counts_pairs_of_all_clips() -> None:
    judged = {"a": (("happy", "glad", "sad"),), "b": (("calm",), ("serene",)), "c": (("worried",),)}
    precision, recall, f1 = (metric.value for metric in benchmark.agreement(LABELS, REFERENCE, judged))
    assert (precision, recall, f1) == pytest.approx((1 / 3, 1 / 2, 2 / 5))
    assert [metric.value for metric in benchmark.agreement(LABELS, REFERENCE, REFERENCE)] == [1, 1, 1]


def test_another_clips_verdict_foretells_as_often_as_the_verdicts_agree(capsys: pytest.CaptureFixture[str]) -> None:
    labels = dict.fromkeys("abcd", ("glad", "happy")) | {"e": ("sad", "glad")}
    joined, apart = (("glad", "happy"),), (("glad",), ("happy",))
    reference = {"a": joined, "b": joined, "c": joined, "d": apart, "e": (("sad",), ("glad",))}
    benchmark.show_constancy(labels, reference, dict.fromkeys("abcd", joined) | {"e": reference["e"]})
    counted, *figures = capsys.readouterr().out.splitlines()
    assert counted.strip() == "pairs in several clips: 1, 4 times; the golden verdict varies on 1"
    # another clip: 3 x 2/3 right of 3 true and 3 x 2/3 + 1 said; other clips' majority, and judge: 3 right of 3 and 4
    assert [figure.split()[-3] for figure in figures] == ["66.7", "85.7", "85.7"]


def test_average_linkage_joins_the_closest_first() -> None:
    angles = np.radians([0, 20, 50, 180])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    groups = benchmark.average_link(("a", "b", "c", "d"), vectors, 0.7)
    assert {frozenset(group) for group in groups} == {frozenset("abc"), frozenset("d")}
    assert len(benchmark.average_link(("a", "b", "c", "d"), vectors, 0.9)) == 3
