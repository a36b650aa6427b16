"""Work ahead of whoever uses it: while one item is used, the next ones are made in a thread."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
END: Any = object()


def ahead(items: Iterable[Item], size: int) -> Generator[Item, None, None]:
    """The items in order; up to ``size`` of them are made before they are asked for, in one thread.

    What ``items`` raises is raised in the place of its item. When the items are at an end, or whoever uses them stops
    and closes this iterator, ``items`` is closed in its thread, if it is a generator, and the thread is gone.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1, "ahead") as thread:
        made: deque[Future[Item]] = deque(thread.submit(next, iterator, END) for _ in range(size))
        try:
            while (item := made.popleft().result()) is not END:
                made.append(thread.submit(next, iterator, END))
                yield item
        finally:
            for future in made:
                future.cancel()
            if hasattr(iterator, "close"):
                thread.submit(iterator.close).result()
