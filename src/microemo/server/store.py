"""The jobs' state, in SQLite: what is written here survives the server."""

import sqlite3
import threading
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from microemo.server.jobs import Job, Options, Sources

MAX_ATTEMPTS = 3  # a job with which the server itself went down so often is not tried again
TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    options TEXT NOT NULL,
    sources TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    error TEXT,
    files TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0
)
"""
WAITING = "state IN ('queued', 'running')"


class QueueFullError(Exception):
    """As many jobs wait as may."""


class Store:
    """Jobs by their ids, in the order in which they came. May be used by several threads."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._do("PRAGMA journal_mode = WAL")
        self._do(TABLE)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    def add(self, name: str, options: Options, sources: Sources, max_waiting: int, job_id: str | None = None) -> Job:
        """A new job at the end of the queue. Raises ``QueueFullError`` where ``max_waiting`` wait already."""
        row = (job_id or new_id(), name, options.model_dump_json(), sources.model_dump_json(), _now(), max_waiting)
        added = self._do(
            "INSERT INTO jobs (id, name, state, options, sources, created_at) "
            f"SELECT ?, ?, 'queued', ?, ?, ? WHERE (SELECT COUNT(*) FROM jobs WHERE {WAITING}) < ? RETURNING *",
            *row,
        )
        if not added:
            raise QueueFullError
        return _job(added[0])

    def get(self, job_id: str) -> Job | None:
        return next(map(_job, self._do("SELECT * FROM jobs WHERE id = ?", job_id)), None)

    def page(self, limit: int, offset: int) -> tuple[Job, ...]:
        """Newest first."""
        return tuple(map(_job, self._do("SELECT * FROM jobs ORDER BY number DESC LIMIT ? OFFSET ?", limit, offset)))

    def count(self) -> int:
        return self._do("SELECT COUNT(*) FROM jobs")[0][0]

    def num_waiting(self) -> int:
        return self._do(f"SELECT COUNT(*) FROM jobs WHERE {WAITING}")[0][0]

    def ids(self) -> set[str]:
        return {row["id"] for row in self._do("SELECT id FROM jobs")}

    def sources(self, job_id: str) -> Sources | None:
        rows = self._do("SELECT sources FROM jobs WHERE id = ?", job_id)
        return Sources.model_validate_json(rows[0]["sources"]) if rows else None

    def claim(self) -> Job | None:
        """The first job of the queue, which now runs."""
        claimed = self._do(
            "UPDATE jobs SET state = 'running', started_at = ?, attempts = attempts + 1 WHERE number = "
            "(SELECT MIN(number) FROM jobs WHERE state = 'queued') RETURNING *",
            _now(),
        )
        return next(map(_job, claimed), None)

    def finish(self, job_id: str, error: str | None = None, files: Iterable[str] = ()) -> None:
        """A job is done or, with an error, failed; nothing happens where it has been deleted."""
        self._do(
            "UPDATE jobs SET state = ?, finished_at = ?, error = ?, files = ? WHERE id = ?",
            "failed" if error else "done", _now(), error, "\n".join(files), job_id,
        )  # fmt: skip

    def delete(self, job_id: str) -> bool:
        """Whether there was such a job."""
        return bool(self._do("DELETE FROM jobs WHERE id = ? RETURNING id", job_id))

    def recover(self) -> None:
        """What ran when the last server stopped waits again; what stopped it too often has failed."""
        error = f"the server stopped {MAX_ATTEMPTS} times while this ran; delete it, or try a shorter recording"
        self._do(
            "UPDATE jobs SET state = 'failed', finished_at = ?, error = ? WHERE state = 'running' AND attempts >= ?",
            _now(), error, MAX_ATTEMPTS,
        )  # fmt: skip
        self._do("UPDATE jobs SET state = 'queued', started_at = NULL WHERE state = 'running'")

    def _do(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()


def new_id() -> str:
    return uuid.uuid4().hex


def _job(row: sqlite3.Row) -> Job:
    kept = {name: row[name] for name in ("id", "name", "state", "created_at", "started_at", "finished_at", "error")}
    options = Options.model_validate_json(row["options"])
    return Job(**kept, options=options, files=tuple(filter(None, row["files"].split("\n"))))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
