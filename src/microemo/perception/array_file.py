"""Arrays that are too many for memory: kept in an unnamed temporary file, and read where they are indexed."""

import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int, Shaped
from numpy.typing import DTypeLike

from microemo.errors import MicroEmoError


class ArrayFile:
    """Arrays of one shape, appended one after another and indexed like one array of them all.

    The first one is all zeros, since an empty file cannot be mapped. The file goes when the object does.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the object)
        self._length = 0
        self.extend(np.zeros((1, *shape), dtype))

    def extend(self, arrays: Shaped[np.ndarray, "n *shape"]) -> int:
        """Append arrays, and return the index of the first. Raises ``MicroEmoError`` where there is no more room."""
        try:
            self._file.write(np.ascontiguousarray(arrays, self.dtype).tobytes())
            self._file.flush()
        except OSError as error:
            raise MicroEmoError(
                f"{tempfile.gettempdir()}: cannot be written ({error.strerror}); set TMPDIR to a folder with room"
            ) from error
        first, self._length = self._length, self._length + len(arrays)
        return first

    def __getitem__(self, index: Any) -> Any:
        # Mapped anew each time: pages that stay mapped would count as memory of the process.
        return np.array(np.memmap(self._file, self.dtype, "r", shape=(self._length, *self.shape))[index])


@dataclass(frozen=True, eq=False)
class Stored:
    """Some arrays of a file as one array (N, *shape), which is read where it is indexed."""

    file: ArrayFile
    indices: Int[np.ndarray, " N"]

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self.file.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.file.dtype

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any, /) -> Any:
        return self.file[self.indices[index]]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Shaped[np.ndarray, "N *shape"]:
        return np.asarray(self[:], dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return np.array, (self[:],)  # another process, which has no such file, gets the array itself
