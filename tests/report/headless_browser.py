"""A browser that opens pages for tests, without a library: Chromium over a pipe."""

import fcntl
import json
import os
import select
import subprocess
from pathlib import Path
from typing import Any


class Browser:
    """A headless Chromium, spoken to over a pipe by the DevTools protocol."""

    FLAGS = (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
        "--window-size=1200,800",
    )  # fmt: skip
    TIMEOUT_SEC = 60

    def __init__(self, program: str, profile: Path) -> None:
        to_read, self.to_write = _pipe()
        self.from_read, from_write = _pipe()
        # Chromium reads commands from file descriptor 3 and answers on 4.
        connect = f'exec "$0" "$@" 3<&{to_read} 4>&{from_write}'
        self.process = subprocess.Popen(
            ["bash", "-c", connect, program, *self.FLAGS, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(to_read, from_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(from_write)
        self.buffer = b""
        self.num_sent = 0
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []

    def open(self, url: str, ready: str = "'ready' in document.documentElement.dataset") -> None:
        """Open a page in a new tab and wait until it is ``ready``: as reports are, whose script has run."""
        self.session = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.events.clear()
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.send("Page.navigate", url=url)
        self.wait_for(f"document.readyState == 'complete' && {ready}")

    def evaluate(self, expression: str) -> Any:
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript condition holds."""
        self.evaluate(f"new Promise(done => {{ const look = () => ({condition}) ? done() : setTimeout(look, 20);"
                      " look(); })")  # fmt: skip

    def click(self, selector: str) -> None:
        """Click on the middle of an element, as a mouse does."""
        element = f"document.querySelector({json.dumps(selector)})"
        self.evaluate(f"{element}.scrollIntoView({{block: 'center'}})")
        x, y = self.evaluate(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({element}.getClientRects()[0])")
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        code = {"Enter": 13, "ArrowRight": 39}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        self.num_sent += 1
        message: dict[str, Any] = {"id": self.num_sent, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self.num_sent:
            self.events.append(answer)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self.buffer:
            assert select.select([self.from_read], [], [], self.TIMEOUT_SEC)[0], "the browser does not answer"
            chunk = os.read(self.from_read, 1 << 20)
            assert chunk, "the browser has gone"
            self.buffer += chunk
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def close(self) -> None:
        os.close(self.to_write)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.from_read)


def _pipe() -> tuple[int, int]:
    """A pipe on file descriptors above those that Chromium expects its own to be."""
    low = os.pipe()
    to_read, to_write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low)
    for end in low:
        os.close(end)
    return to_read, to_write
