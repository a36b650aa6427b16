"""Arrays in a temporary file read as those in memory do."""

import errno
import io
import pickle
import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.errors import MicroEmoError
from microemo.perception.array_file import ArrayFile, Stored


def pictures(num: int) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 256, (num, 4, 4, 3), np.uint8)


@given(st.lists(st.integers(0, 3), max_size=4), st.lists(st.booleans(), min_size=12, max_size=12))
def test_stored_arrays_are_those_in_memory(sizes: list[int], places: list[bool]) -> None:
    whole, file = pictures(sum(sizes)), ArrayFile((4, 4, 3), np.uint8)
    first = [file.extend(part) for part in np.split(whole, np.cumsum(sizes)[:-1])] if sizes else []
    assert first == [1 + sum(sizes[:number]) for number in range(len(sizes))]
    stored = Stored(file, 1 + np.arange(len(whole)))
    assert (len(stored), stored.shape, stored.dtype) == (len(whole), whole.shape, np.uint8)
    mask = np.array(places)[: len(whole)]
    for index in (slice(None), slice(1, None, 2), mask, np.flatnonzero(mask)):
        np.testing.assert_array_equal(stored[index], whole[index])
    np.testing.assert_array_equal(np.asarray(stored), whole)


def test_what_was_read_stays_when_more_is_written() -> None:
    file = ArrayFile((2,), np.float32)
    file.extend(np.ones((1, 2)))
    before = file[1]
    file.extend(np.full((5000, 2), 7.0))
    assert (before == 1).all() and (file[5000] == 7).all()
    assert before.flags.writeable and type(before) is np.ndarray  # as torch wants its arrays


def test_another_process_gets_the_array_itself() -> None:
    file = ArrayFile((4, 4, 3), np.uint8)
    file.extend(pictures(3))
    sent = pickle.loads(pickle.dumps(Stored(file, np.array([3, 1]))))
    np.testing.assert_array_equal(sent, pictures(3)[[2, 0]])


class FullDisk(io.BytesIO):
    def write(self, content: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_no_room_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", FullDisk)
    with pytest.raises(MicroEmoError, match=r"cannot be written \(No space left on device\); set TMPDIR"):
        ArrayFile((4,), np.uint8)
