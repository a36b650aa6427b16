"""``Result``: what ``analyze`` returns. The record that is ``result.json``, and what one does with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pydantic import PrivateAttr, ValidationError

from microemo import extras, report
from microemo.errors import InputError
from microemo.report import notebook, series, tables
from microemo.report.columns import Scheme
from microemo.report.faces import followed
from microemo.report.key_frames import portrait
from microemo.report.tables import TableName
from microemo.schema import KeyFrame, ResultRecord, Series

if TYPE_CHECKING:
    import pandas


class Result(ResultRecord):
    """Who feels what, when, and from which clues; frozen. Two results are equal if they say the same.

    ``key_frames`` are a few pictures of what was analysed, for reports, and ``series`` what was measured of each person
    frame by frame. They are no part of ``result.json``, so a result that was read from a file has none.
    """

    _key_frames: tuple[KeyFrame, ...] = PrivateAttr(default=())
    _series: tuple[Series, ...] = PrivateAttr(default=())

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """A result from its ``result.json``. Raises ``InputError`` where the file is none."""
        try:
            return cls.model_validate_json(Path(path).read_bytes())
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
        except ValidationError as error:
            raise InputError(f"{path}: not a result.json of this version ({error.errors()[0]['msg']})") from error

    @property
    def key_frames(self) -> tuple[KeyFrame, ...]:
        return self._key_frames

    @property
    def series(self) -> tuple[Series, ...]:
        return self._series

    def illustrated(self, key_frames: Sequence[KeyFrame], series: Sequence[Series] = ()) -> Self:
        """The same result with these pictures, in which the series say how faces move on, and series."""
        copy = self.model_copy()
        copy._key_frames, copy._series = followed(key_frames, series), tuple(series)
        return copy

    def portrait(self, person: str) -> KeyFrame | None:
        """The key frame that shows the person with this id best; None where none was kept, or nobody has the id."""
        found = (one for one in self.people if one.id == person)
        return next((portrait(self.key_frames, one) for one in found), None)

    def save(self, directory: Path | str, formats: Sequence[str] = report.DEFAULT_FORMATS) -> list[Path]:
        """Write what ``microemo analyze`` writes into ``directory/<the clip's stem>``, and return the files' paths.

        Two clips of one stem share a folder. Raises ``InputError`` on an unknown format and where the directory cannot
        be written.
        """
        folder = Path(directory) / report.folder_name(self.clip.path)
        return report.save(self, folder, formats, self.key_frames)

    def save_series(self, directory: Path | str, columns: Scheme = "microemo") -> list[Path]:
        """Write the series as CSV into ``directory/<the clip's stem>``, and return the files' paths.

        ``columns`` "openface", "pyfeat" or "libreface" names the face's columns as these packages do. Raises
        ``InputError`` on other names and where the directory cannot be written.
        """
        folder = Path(directory) / report.folder_name(self.clip.path)
        return series.save(self.series, self.clip, folder, columns)

    def to_dataframe(self, table: TableName = "utterances") -> "pandas.DataFrame":
        """A tidy table, by its name (``report.tables.TableName``); times in seconds.

        Raises ``InputError`` on another name, and ``MicroEmoError`` where pandas is not installed.
        """
        rows = tables.rows(self, table)
        frame = extras.require("pandas", "pandas").DataFrame(rows, columns=list(tables.columns(table)))
        return frame.astype({name: "Int64" for name in tables.REFERENCES if name in frame})

    def _repr_html_(self) -> str:
        """How Jupyter shows it."""
        return notebook.render(self, self.key_frames)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Result) and self.model_dump() == other.model_dump()

    def __hash__(self) -> int:
        return hash(self.model_dump_json())
