"""The HTTP interface; ``/openapi.json`` is its schema. Every error is JSON of one line, ``{"detail": …}``."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.middleware.trustedhost import TrustedHostMiddleware

from microemo import __version__, report
from microemo.corrections import MAX_BYTES, Corrections
from microemo.errors import InputError, MicroEmoError
from microemo.server import corrected, page, problems, submission
from microemo.server.guard import COOKIE, Guard, knows, same
from microemo.server.jobs import Health, Job, Jobs
from microemo.server.places import Places
from microemo.server.runner import Runner
from microemo.server.settings import Settings
from microemo.server.store import QueueFullError, Store, new_id
from microemo.server.worker import Load, Worker

POLL_SEC = 0.2
UPLOAD_SEC = 3600.0
RESULT, REPORT = (report.FORMATS[name].filename for name in ("json", "html"))


class Server:
    """What the requests share: settings, the store, and the runner with its worker."""

    def __init__(self, settings: Settings, load: Load) -> None:
        self.settings = settings
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.store = Store(settings.data / "jobs.sqlite")
        self.places = Places(settings.data, settings.root)
        self.runner = Runner(self.store, self.places, Worker(load))
        self.num_uploads = 0

    def job(self, job_id: str) -> Job:
        """A job, with its progress. Raises ``HTTPException`` where there is none."""
        if (job := self.store.get(job_id)) is None:
            raise HTTPException(404, "no such job")
        return self.with_progress(job)

    def with_progress(self, job: Job) -> Job:
        progress = self.runner.progress(job.id) if job.state == "running" else None
        return job.model_copy(update={"progress": progress})

    def check_room(self) -> None:
        if self.store.num_waiting() + self.num_uploads >= self.settings.max_queue:
            raise QueueFullError


def shared(request: Request) -> Server:
    return request.app.state.server


Shared = Annotated[Server, Depends(shared)]


def found(job_id: str, server: Shared) -> Job:
    return server.job(job_id)


Found = Annotated[Job, Depends(found)]
api = APIRouter(responses=problems.documented(400, 401, 404))


@api.post("/jobs", status_code=201, openapi_extra={"requestBody": submission.BODY},
          responses=problems.documented(403, 408, 413, 415, 422, 429, 507))  # fmt: skip
async def submit(request: Request, response: Response, server: Shared) -> Job:
    """Queue a recording: a file as multipart/form-data, or JSON with a path within the root; options beside it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("multipart/form-data", "application/json"):
        raise HTTPException(415, "send multipart/form-data with a file, or application/json with a path")
    await run_in_threadpool(server.check_room)
    job_id, job = new_id(), None
    server.num_uploads += 1
    try:
        async with asyncio.timeout(UPLOAD_SEC):
            if kind == "application/json":
                name, options, sources = await submission.read_paths(request, server.places)
            else:
                name, options, sources = await submission.read_form(request, server.places, job_id)
        job = server.store.add(name, options, sources, server.settings.max_queue, job_id)
    except TimeoutError:
        raise HTTPException(408, "the upload took too long") from None
    finally:
        server.num_uploads -= 1
        if job is None:
            server.places.remove(job_id)
    server.runner.wake()
    response.headers["Location"] = f"/jobs/{job.id}"
    return job


@api.get("/jobs", responses=problems.documented(422))
def list_jobs(
    server: Shared,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Jobs:
    """The jobs, newest first."""
    jobs = tuple(map(server.with_progress, server.store.page(limit, offset)))
    return Jobs(jobs=jobs, total=server.store.count())


@api.get("/jobs/{job_id}")
def get_job(job: Found) -> Job:
    """One job."""
    return job


@api.delete("/jobs/{job_id}", status_code=204)
def delete_job(job: Found, server: Shared) -> None:
    """Cancel a job that waits or runs, and delete all that there is of it."""
    server.store.delete(job.id)
    server.runner.cancel(job.id)


@api.get("/jobs/{job_id}/events", response_class=EventSourceResponse)
async def get_events(job: Found, server: Shared) -> AsyncIterator[ServerSentEvent]:
    """The job, as often as it changes: events ``progress`` and, when it is over, one ``end`` (null: it was deleted)."""
    told: Job | None = None
    while True:
        now = await run_in_threadpool(server.store.get, job.id)
        now = now and server.with_progress(now)
        if now is None or now.over:
            yield ServerSentEvent(event="end", data=now and now.model_dump(mode="json"))
            return
        if now != told:
            yield ServerSentEvent(event="progress", data=now.model_dump(mode="json"))
            told = now
        await asyncio.sleep(POLL_SEC)


@api.get("/jobs/{job_id}/result", response_class=FileResponse, responses=problems.documented(409))
def get_result(job: Found, server: Shared) -> Response:
    """``result.json``, as corrected if it has been."""
    return _file(job, server, RESULT)


@api.get("/jobs/{job_id}/report.html", response_class=HTMLResponse, responses=problems.documented(409))
def get_report(job: Found, server: Shared) -> Response:
    """The report, one page that holds everything."""
    return _file(job, server, REPORT)


@api.get("/jobs/{job_id}/files/{name}", response_class=FileResponse, responses=problems.documented(409))
def get_file(name: str, job: Found, server: Shared) -> Response:
    """Any of the job's ``files``, as corrected if the result has been."""
    return _file(job, server, name)


@api.get("/jobs/{job_id}/corrections", responses=problems.documented(409))
def get_corrections(job: Found, server: Shared) -> Corrections | None:
    """What somebody corrected in the result; null where nothing is."""
    _check_done(job)
    return corrected.corrections(server.places, job)


@api.put("/jobs/{job_id}/corrections", status_code=204, responses=problems.documented(409, 413, 422),
         openapi_extra={"requestBody": submission.CORRECTIONS})  # fmt: skip
async def put_corrections(request: Request, job: Found, server: Shared) -> None:
    """Keep corrections in place of earlier ones; the job's files, and all formats, are as corrected from then on."""
    _check_done(job)
    given = submission.parsed(Corrections, await submission.read_body(request, MAX_BYTES))
    try:
        await run_in_threadpool(corrected.keep, server.places, job, given)
    except InputError as error:
        raise HTTPException(422, str(error)) from error


@api.get("/jobs/{job_id}/formats/{name}", response_class=Response, responses=problems.documented(409, 501))
def get_format(name: str, job: Found, server: Shared) -> Response:
    """The result, as corrected if it has been, in any format but HTML; what is several files, as a ZIP archive."""
    _check_done(job)
    if name not in report.FORMATS or report.FORMATS[name].filename == REPORT:
        raise HTTPException(404, f"no such format; choose from {', '.join(report.FORMATS)}")
    try:
        filename, content = corrected.exported(server.places, job, name)
    except MicroEmoError as error:
        raise HTTPException(501, str(error)) from error
    kind = guess_type(filename)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{filename}"'})


@api.get(
    "/jobs/{job_id}/media",
    response_class=FileResponse,
    responses={206: {"description": "A range of it"}, **problems.documented(416)},
)
def get_media(job: Found, server: Shared) -> Response:
    """The recording; ranges of it where asked for."""
    sources = server.store.sources(job.id)
    if sources is None:
        raise HTTPException(404, "no such job")
    try:
        path = server.places.source(job.id, sources, sources.media)
    except InputError as error:
        raise HTTPException(404, str(error)) from error
    kind = guess_type(job.name)[0] or ""
    plays = kind.startswith(("video/", "audio/"))  # anything else, a browser might run
    return FileResponse(
        path,
        media_type=kind if plays else "application/octet-stream",
        filename=job.name,
        content_disposition_type="inline" if plays else "attachment",
    )


@api.get("/health")
def get_health(server: Shared) -> Health:
    """That the server answers, and what it takes."""
    return Health(
        version=__version__,
        waiting=server.store.num_waiting(),
        max_queue=server.settings.max_queue,
        max_upload_bytes=server.settings.max_upload_bytes,
        paths=server.settings.root is not None,
    )


@api.get("/", include_in_schema=False)
def get_page(request: Request, server: Shared) -> HTMLResponse:
    if knows(request.headers, server.settings.token):
        return HTMLResponse(page.jobs_page())
    return HTMLResponse(page.token_page(), 401)


@api.post("/session", include_in_schema=False)
def open_session(request: Request, server: Shared, token: Annotated[str, Form(max_length=1000)] = "") -> Response:
    """What the page's form sends: the token, kept in a cookie that scripts cannot read."""
    if not same(token, server.settings.token or ""):
        return HTMLResponse(page.token_page(wrong=True), 401)
    response = RedirectResponse("/", 303)
    response.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=request.url.scheme == "https")
    return response


@contextmanager
def running(settings: Settings, load: Load) -> Iterator[FastAPI]:
    """The application while its worker and its runner are up; ``load`` is called in the worker process.

    Raises ``InputError`` on settings that are not safe, and ``MicroEmoError`` where the model cannot be loaded.
    """
    settings.check()
    server = Server(settings, load)
    try:
        server.runner.start()
        yield _app(server)
    finally:
        server.runner.close()
        server.store.close()


def _app(server: Server) -> FastAPI:
    settings = server.settings
    app = FastAPI(
        title="MicroEmo",
        version=__version__,
        description="A recording of people in; what they express, when, in free words, with the evidence, out.",
        docs_url=None,  # these pages would fetch scripts from elsewhere
        redoc_url=None,
        exception_handlers=problems.HANDLERS,
    )
    app.state.server = server
    app.include_router(api, max_body_size=settings.max_upload_bytes)
    app.add_middleware(Guard, token=settings.token, max_bytes=settings.max_upload_bytes)
    own = ["*"] if settings.token else ["localhost", "127.0.0.1", "[::1]", settings.host]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=own, www_redirect=False)  # against DNS rebinding
    return app


def _check_done(job: Job) -> None:
    if not job.over:
        raise HTTPException(409, f"the job is {job.state}; its files come when it is done")
    if job.state == "failed":
        raise HTTPException(404, job.error or "no result")


def _file(job: Job, server: Server, name: str) -> FileResponse:
    _check_done(job)
    if name not in job.files:
        raise HTTPException(404, "no such file")
    path: Path = corrected.file(server.places, job, name)
    return FileResponse(path)
