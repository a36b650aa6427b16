"""A chat completions endpoint on this machine that answers as a test says, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Request = dict[str, Any]


@dataclass(frozen=True)
class Response:
    """Anything but a good reply: an error, garbage, a reply that was cut off, or one that takes long."""

    status: int = 200
    text: str | None = ""
    finish_reason: str = "stop"
    body: bytes | None = None  # instead of a completion
    delay_sec: float = 0.0

    def encoded(self) -> bytes:
        if self.body is not None:
            return self.body
        if self.status != 200:
            return json.dumps({"error": {"message": f"stub says {self.status}"}}).encode()
        choice = {"index": 0, "message": {"role": "assistant", "content": self.text}}
        usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
        return json.dumps({"choices": [{**choice, "finish_reason": self.finish_reason}], "usage": usage}).encode()


@dataclass
class Stub:
    """The running server: its base URL, the requests' bodies, and how many were under way at once."""

    url: str
    requests: list[Request] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    under_way: int = 0
    most_under_way: int = 0


def last_text(request: Request) -> str:
    """The text of a request's last message, its parts in a row."""
    content = request["messages"][-1]["content"]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


@contextmanager
def stub_server(answer: Callable[[Request], str | Response]) -> Iterator[Stub]:
    """Serve ``/v1/chat/completions`` with ``answer(request)``: a reply's text, or a ``Response``."""
    lock, closing = threading.Lock(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                stub.requests.append(request)
                stub.keys.append(self.headers["Authorization"])
                stub.under_way += 1
                stub.most_under_way = max(stub.most_under_way, stub.under_way)
                said = answer(request) if self.path == "/v1/chat/completions" else Response(404)
            response = said if isinstance(said, Response) else Response(text=said)
            closing.wait(response.delay_sec)
            with lock:
                stub.under_way -= 1
            self._send(response)

        def _send(self, response: Response) -> None:
            content = response.encoded()
            try:
                self.send_response(response.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.send_header("Retry-After-Ms", "1")  # so that tests of repeated requests do not wait
                self.end_headers()
                self.wfile.write(content)
            except ConnectionError:  # the client lost patience
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub = Stub(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
