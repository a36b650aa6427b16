"""A job, as everybody sees it: one recording to be analysed, and how far that is."""

from datetime import datetime
from typing import Literal

from pydantic import Field, field_validator

from microemo import report
from microemo.report.columns import Scheme
from microemo.schema import Record

State = Literal["queued", "running", "done", "failed"]


class Options(Record):
    """What ``microemo analyze`` can be told, under the same names."""

    language: str | None = Field(None, pattern="^(auto|[A-Za-z]{2,3})$", description="Of what is said, as en, de, zh")
    asr: bool = Field(True, description="Recognise speech where there are no subtitles")
    diarize: bool | None = Field(None, description="Tell speakers apart by voice; null: where several people are seen")
    audio_track: int | None = Field(None, ge=1, le=999, description="Counted from 1; null: one with a voice")
    person: str | None = Field(None, pattern="^P[1-9][0-9]{0,3}$", description="Judge this person alone")
    why: bool = Field(False, description="Take each told clue away and ask again how sure the label is")
    columns: Scheme | None = Field(None, description="Also write what was measured frame by frame, under these names")
    formats: tuple[str, ...] = Field((), max_length=32, description="To write besides result.json and report.html")

    @field_validator("formats")
    @classmethod
    def _known(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        for name in formats:
            if name not in report.FORMATS:
                raise ValueError(f"{name}: unknown; choose from {', '.join(report.FORMATS)}")
        return formats


class PathJob(Options):
    """A job whose files are there already; paths are within the server's root."""

    path: str = Field(min_length=1, max_length=4096)
    subtitles: str | None = Field(None, max_length=4096)
    neutral: str | None = Field(None, max_length=4096, description="A picture or video of the person at rest")


class Sources(Record):
    """A job's files, in its own folder if they were uploaded, else relative to the server's root."""

    uploaded: bool
    media: str
    subtitles: str | None = None
    neutral: str | None = None


class Progress(Record):
    """Of the step that is under way, in the step's own unit; ``total`` is null where it is not known."""

    step: str
    completed: float
    total: float | None


class Job(Record):
    id: str
    name: str = Field(description="Of the recording")
    state: State
    options: Options
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    progress: Progress | None = Field(None, description="While it runs")
    error: str | None = Field(None, description="Why it failed, in one line")
    files: tuple[str, ...] = Field((), description="What was written, once it is done")

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed")


class Jobs(Record):
    jobs: tuple[Job, ...] = Field(description="Newest first")
    total: int


class Health(Record):
    status: Literal["ok"] = "ok"
    version: str
    waiting: int = Field(description="Jobs that wait or run")
    max_queue: int
    max_upload_bytes: int
    paths: bool = Field(description="Whether jobs may name files within a root")
