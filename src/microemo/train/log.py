"""What a run leaves to read: a line of JSON a step and a validation, and the same as TensorBoard curves."""

import json
from pathlib import Path
from types import TracebackType
from typing import Self

from torch.utils.tensorboard import SummaryWriter

FILE, FOLDER = "log.jsonl", "tensorboard"


class Log:
    """Appends to a run's log; what an earlier attempt wrote after ``first_step`` is done again, and is taken out."""

    def __init__(self, directory: Path, first_step: int) -> None:
        path = directory / FILE
        kept = [line for line in _lines(path) if json.loads(line)["step"] <= first_step]
        path.write_text("".join(f"{line}\n" for line in kept))
        self._file = path.open("a")
        self._writer = SummaryWriter(str(directory / FOLDER), purge_step=first_step + 1)

    def write(self, step: int, **values: float) -> None:
        self._file.write(json.dumps({"step": step, **values}) + "\n")
        self._file.flush()
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._writer.close()


def _lines(path: Path) -> list[str]:
    """Whole lines: the last one of a killed run may be cut."""
    text = path.read_text() if path.exists() else ""
    return text[: text.rfind("\n") + 1].splitlines()
