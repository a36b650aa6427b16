"""From easy to hard: the easiest at first, all from the middle of a run on, always the same by the seed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_task import Line, Numbers, config_of

from microemo.errors import InputError
from microemo.train.config import KinShares
from microemo.train.kin import curriculum
from microemo.train.loop import fit
from microemo.train.task import Task


class GradedNumbers(Numbers):
    """Numbers, of which later ones are harder; it notes what is asked for."""

    def __init__(self, num: int) -> None:
        super().__init__(num)
        self.asked: list[int] = []

    def difficulty(self, index: int) -> float:
        return -index

    def example(self, index, rng):  # type: ignore[no-untyped-def]
        self.asked.append(index)
        return super().example(index, rng)


@given(
    difficulties=st.lists(st.floats(0, 9), min_size=1, max_size=40),
    seed=st.integers(0, 9),
    num_steps=st.integers(1, 30),
    size=st.integers(1, 8),
)
def test_what_is_drawn_is_among_the_easiest_and_repeatable(
    difficulties: list[float], seed: int, num_steps: int, size: int
) -> None:
    ordered = curriculum.easiest_first(difficulties)
    assert sorted(ordered) == [*range(len(difficulties))]
    assert [difficulties[index] for index in ordered] == sorted(difficulties)
    for step in range(num_steps):
        drawn = curriculum.batch(seed, step, num_steps, size, ordered)
        assert len(drawn) == size and drawn == curriculum.batch(seed, step, num_steps, size, ordered)
        known = max(size, -(-len(ordered) * min(1.0, (step + 1) * 2 / num_steps) // 1))
        assert {*drawn} <= {*ordered[: int(known) + 1]}


def test_a_run_begins_with_the_easiest(tmp_path: Path) -> None:
    numbers = GradedNumbers(64)
    config = config_of(tmp_path / "run", kin=KinShares(easy_first=True), steps=20, epochs=1)
    fit(Task(Line(), numbers, Numbers(8), save=lambda folder: None), config)
    first, last = numbers.asked[: config.batch_size], numbers.asked[-config.batch_size * 5 :]
    assert min(first) >= 64 - 8  # the hardest have the lowest numbers
    assert min(last) < 32


def test_examples_that_nobody_graded_are_refused(tmp_path: Path) -> None:
    config = config_of(tmp_path / "run", kin=KinShares(easy_first=True))
    with pytest.raises(InputError, match="how hard"):
        fit(Task(Line(), Numbers(16), Numbers(8), save=lambda folder: None), config)
