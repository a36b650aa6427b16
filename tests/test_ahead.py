"""A generator in a thread ahead of its consumer: the same items, errors in their place, and an end in every case."""

import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import count

import pytest

from microemo.ahead import ahead


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("ahead")]


class Numbers:
    """Numbers from 0 on; what was made, and in which thread it was begun and closed."""

    def __init__(self, stop: int | None = None, error: Exception | None = None) -> None:
        self.made: list[int] = []
        self.closed_in: list[threading.Thread] = []
        self._stop, self._error = stop, error

    def __iter__(self) -> Iterator[int]:
        try:
            for number in count():
                if number == self._stop:
                    if self._error:
                        raise self._error
                    return
                self.made.append(number)
                yield number
        finally:
            self.closed_in.append(threading.current_thread())


@pytest.mark.parametrize("size", [1, 4, 50])
def test_all_items_come_in_their_order(size: int) -> None:
    numbers = Numbers(20)
    assert list(ahead(numbers, size)) == list(range(20))
    assert not threads()
    assert list(ahead([], size)) == []
    assert list(ahead([None, 1], size)) == [None, 1]


def test_it_is_ahead_by_no_more_than_its_size() -> None:
    numbers = Numbers()
    with closing(ahead(numbers, 3)) as items:
        assert next(items) == 0
        while len(numbers.made) < 4:  # the thread gets there, and waits
            pass
        assert next(items) == 1
        assert len(numbers.made) <= 5


def test_an_error_comes_in_its_place() -> None:
    numbers = Numbers(2, OSError("no room"))
    items = ahead(numbers, 4)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(OSError, match="no room"):
        next(items)
    assert list(items) == [] and not threads()


def test_whoever_stops_early_leaves_no_thread_and_all_is_closed() -> None:
    numbers = Numbers()
    with closing(ahead(ahead(numbers, 2), 3)) as items:
        assert [next(items), next(items)] == [0, 1]
        assert len(threads()) == 2
    assert len(numbers.closed_in) == 1 and numbers.closed_in[0] is not threading.main_thread()
    assert not threads()


def test_an_error_of_whoever_uses_the_items_ends_it_too() -> None:
    numbers = Numbers()

    def use() -> None:
        for number in ahead(numbers, 2):
            if number == 3:
                raise ValueError("used up")

    with pytest.raises(ValueError, match="used up"):
        use()
    assert len(numbers.closed_in) == 1 and not threads()
