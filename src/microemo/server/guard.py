"""Who may ask, and how much: whoever has the token, where one is set, and no page of another site."""

import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "microemo_token"
OPEN = {"/", "/session", "/health"}  # the page shows a form for the token
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",  # what is told of people stays on no disk but ours
}


class Guard:
    """Middleware: refuses before a byte of the body is read, and sets headers that keep what is served to its place."""

    def __init__(self, app: ASGIApp, token: str | None, max_bytes: int) -> None:
        self._app, self._token, self._max_bytes = app, token, max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if scope["method"] not in ("GET", "HEAD") and origin and urlsplit(origin).netloc != headers.get("host"):
            return JSONResponse({"detail": "asked by a page of another site"}, 403)
        if scope["path"] not in OPEN and not knows(headers, self._token):
            detail = "a token is wanted: Authorization: Bearer TOKEN"
            return JSONResponse({"detail": detail}, 401, {"WWW-Authenticate": "Bearer"})
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._max_bytes:  # what is not announced, FastAPI counts
            return JSONResponse({"detail": f"too large; this server takes {self._max_bytes} bytes"}, 413)
        return None


def knows(headers: Headers, token: str | None) -> bool:
    """Whether a request shows the token, in its header or in the page's cookie; where there is none, everybody does."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    shown = bearer.strip() if scheme.lower() == "bearer" else cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
    return token is None or same(shown, token)


def same(shown: str, token: str) -> bool:
    return secrets.compare_digest(shown.encode(errors="replace"), token.encode())
