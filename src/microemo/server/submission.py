"""What comes with ``POST /jobs``: files, or paths within the root, and options."""

import shutil
from pathlib import Path
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from microemo.errors import InputError, in_a_line
from microemo.server.jobs import Options, PathJob, Sources
from microemo.server.places import OutsideRootError, Places, safe_name

FILES = {"file": "media", "subtitles": "subtitles", "neutral": "neutral"}
MAX_FIELDS, MAX_FIELD_BYTES = 32, 2**16
BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {name: {"type": "string", "format": "binary"} for name in FILES}
                | Options.model_json_schema()["properties"],
            }
        },
        "application/json": {"schema": PathJob.model_json_schema()},
    },
}
"""For the schema: a job comes as one of two."""

CORRECTIONS = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Corrections"}}},
}
"""These are read bit by bit, up to a limit."""

Model = TypeVar("Model", bound=BaseModel)


async def read_form(request: Request, places: Places, job_id: str) -> tuple[str, Options, Sources]:
    """The recording's name, options and sources; files are put into the job's folder. Raises ``HTTPException``."""
    async with request.form(max_files=len(FILES), max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES) as form:
        options = parsed(Options, _fields(form))
        uploads = {field: form[field] for field in FILES if field in form}
        files = {field: upload for field, upload in uploads.items() if isinstance(upload, UploadFile)}
        if "file" not in files or len(files) < len(uploads):
            raise HTTPException(422, "file: a video or audio file is wanted, as multipart/form-data")
        names = {}
        for field, upload in files.items():
            names[field] = f"{FILES[field]}/{safe_name(upload.filename, FILES[field])}"
            await run_in_threadpool(_keep, upload, places.uploads(job_id) / names[field])
    sources = Sources(uploaded=True, **{FILES[field]: name for field, name in names.items()})
    return Path(sources.media).name, options, sources


async def read_paths(request: Request, places: Places) -> tuple[str, Options, Sources]:
    """The same of a JSON body. Raises ``HTTPException``."""
    job = parsed(PathJob, await read_body(request, MAX_FIELD_BYTES))
    try:
        found = places.within_root(job.path)
        for other in filter(None, (job.subtitles, job.neutral)):
            places.within_root(other)
    except OutsideRootError as error:
        raise HTTPException(403, str(error)) from error
    except InputError as error:
        raise HTTPException(404, str(error)) from error
    sources = Sources(uploaded=False, media=job.path, subtitles=job.subtitles or None, neutral=job.neutral or None)
    return found.name, Options(**{name: getattr(job, name) for name in Options.model_fields}), sources


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Raises ``HTTPException`` where there is more of it."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise HTTPException(413, "the JSON is too large")
    return bytes(body)


def parsed(model: type[Model], given: bytes | dict[str, Any]) -> Model:
    """Raises ``HTTPException`` in one line, which names the first field that is wrong."""
    try:
        return model.model_validate_json(given) if isinstance(given, bytes) else model.model_validate(given)
    except ValidationError as error:
        raise HTTPException(422, in_a_line(dict(error.errors()[0]))) from error


def _fields(form: FormData) -> dict[str, Any]:
    """A form's options: what is left empty is not given, and ``formats`` may come several times."""
    names = {name for name in form if name not in FILES}
    fields = {name: [value for value in form.getlist(name) if value != ""] for name in names}
    return {name: values if name == "formats" else values[-1] for name, values in fields.items() if values}


def _keep(upload: UploadFile, path: Path) -> None:
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        shutil.copyfileobj(upload.file, file, 2**20)
