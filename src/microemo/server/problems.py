"""Errors as the interface tells them: JSON of one line, ``{"detail": …}``."""

import errno
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from microemo.errors import in_a_line
from microemo.schema import Record
from microemo.server.store import QueueFullError


class Problem(Record):
    detail: str


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The same problem under each status, for the schema."""
    return {status: {"model": Problem} for status in statuses}


async def _invalid(request: Request, error: Any) -> Response:
    return _told(422, in_a_line(error.errors()[0]))


async def _gone(request: Request, error: Any) -> Response:
    return Response(status_code=400)  # nobody reads it


async def _full(request: Request, error: Any) -> Response:
    return JSONResponse({"detail": "the queue is full; try again later"}, 429, {"Retry-After": "30"})


async def _no_room(request: Request, error: Any) -> Response:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _told(507, "the server's disk is full")
    return await _bug(request, error)


async def _bug(request: Request, error: Any) -> Response:
    return _told(500, f"a bug: {type(error).__name__}")


def _told(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status)


HANDLERS: dict[int | type[Exception], Any] = {
    RequestValidationError: _invalid,
    ClientDisconnect: _gone,
    QueueFullError: _full,
    OSError: _no_room,
    Exception: _bug,
}
