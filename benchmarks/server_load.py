"""A server under load: many requests at once, slow and aborted uploads, bad ones, a restart in the middle.

    python benchmarks/server_load.py [--requests 200] [--at-once 16] [--model DIR]

Starts ``microemo serve`` on a model of the ``tiny`` preset (or DIR) with made sounds, each of a length of its own, so
that no result can be taken for another's. Of the requests, shares are good, broken media, refused (too large, options
that are none, paths out of the root), sent slowly, and aborted half way. Clients that find the queue full come again.
Once a third of the jobs are done the server is killed (SIGKILL) and started again. Then every result is compared with
what was sent, all jobs are deleted, and what is left (files, rows, memory, processes) is counted. Linux.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from clips import SAMPLE_RATE

RESULTS = Path(__file__).parent / "results" / "server_load.json"
KINDS = ("good", "good", "good", "slow", "broken", "aborted", "too_large", "bad_option", "outside", "no_file")
REFUSED = {"too_large": 413, "bad_option": 422, "outside": 403, "no_file": 422}
MAX_UPLOAD_MIB = 1
ATTEMPTS = 5000


class Served:
    """``microemo serve`` as a user starts it, on a port that stays the same through restarts."""

    def __init__(self, folder: Path, model: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.folder, self.url = folder, f"http://127.0.0.1:{self.port}"
        options = {"data": folder / "data", "root": folder / "root", "model": model, "port": self.port,
                   "max-upload": MAX_UPLOAD_MIB, "max-queue": 8}  # fmt: skip
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        self.command = [sys.executable, "-m", "microemo", "serve", *words]
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None and self.process.stdout.readline().startswith("http")

    def restart(self) -> None:
        self.process.kill()
        self.process.wait()
        self.start()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def processes(self) -> list[int]:
        """The server, and the worker among its children."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [self.process.pid, *(int(pid) for task in children for pid in task.read_text().split())]

    def memory_mib(self) -> float:
        """Of the server alone, its own pages."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"RssAnon:\s+(\d+)", status)[0]) / 1024

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


class Client:
    """One request of a kind and all that follows from it; ``outcomes`` are counted, ``wrong`` are told."""

    def __init__(self, served: Served, folder: Path) -> None:
        self.served, self.folder = served, folder
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.num_done = 0
        self.seconds: list[float] = []
        self._lock = threading.Lock()

    def __call__(self, number: int) -> None:
        kind = KINDS[number % len(KINDS)]
        try:
            outcome = self._aborted(number) if kind == "aborted" else self._asked(kind, number)
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
        with self._lock:
            self.outcomes[f"{kind}: {outcome}"] += 1
            expected = {"good": "right", "slow": "right", "broken": "failed in one line", "aborted": "aborted"}
            if outcome != expected.get(kind, str(REFUSED.get(kind))):
                self.wrong.append(f"{number} {kind}: {outcome}")

    def _asked(self, kind: str, number: int) -> str:
        began = time.monotonic()
        response = self._post(kind, number)
        if response.status_code != 201:
            one_line = list(response.json()) == ["detail"] and "\n" not in response.json()["detail"]
            return str(response.status_code) if one_line else f"{response.status_code} of more than a line"
        job = self._over(response.json()["id"])
        self.seconds.append(time.monotonic() - began)
        if job["state"] == "failed":
            return "failed in one line" if "\n" not in job["error"] and kind == "broken" else job["error"]
        result = self._get(f"/jobs/{job['id']}/result").json()
        report = self._get(f"/jobs/{job['id']}/report.html").text
        media = self._get(f"/jobs/{job['id']}/media", {"range": "bytes=5-9"})
        right = (
            result["clip"]["path"] == f"{number}.wav"
            and abs(result["clip"]["duration_sec"] - duration_sec(number)) < 0.05
            and f"<h1>{number}.wav</h1>" in report
            and (media.status_code, media.content) == (206, sound(self.folder, number)[5:10])
        )
        return "right" if right else "wrong answer"

    def _post(self, kind: str, number: int) -> httpx2.Response:
        """Sent again while the queue is full or the server is away."""
        for _ in range(ATTEMPTS):
            try:
                response = httpx2.post(f"{self.served.url}/jobs", **self._request(kind, number), timeout=60)
            except httpx2.TransportError:
                time.sleep(0.2)
                continue
            if response.status_code != 429:
                return response
            self.outcomes["asked again, the queue was full"] += 1
            time.sleep(0.3)
        raise TimeoutError

    def _request(self, kind: str, number: int) -> dict[str, Any]:
        good = sound(self.folder, number)
        name = f"{number}.wav"
        return {
            "good": {"files": {"file": (name, good)}, "data": {"asr": "false"}},
            "slow": {"content": slowly(multipart(name, good)), "headers": MULTIPART},
            "broken": {"files": {"file": (name, b"RIFF" + good[200:900])}},
            "too_large": {"files": {"file": (name, bytes(MAX_UPLOAD_MIB * 2**20 + 1))}},
            "bad_option": {"files": {"file": (name, good)}, "data": {"person": "nobody"}},
            "outside": {"json": {"path": "../model/model.safetensors"}},
            "no_file": {"files": {"neutral": ("a.jpg", b"x")}},
        }[kind]

    def _aborted(self, number: int) -> str:
        body = multipart(f"{number}.wav", sound(self.folder, number))
        head = (f"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: {MULTIPART['content-type']}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n")  # fmt: skip
        for _ in range(ATTEMPTS):
            try:
                with socket.create_connection(("127.0.0.1", self.served.port)) as connection:
                    connection.sendall(head.encode() + body[: len(body) // 2])
                    time.sleep(0.2)
                return "aborted"
            except OSError:
                time.sleep(0.2)
        raise TimeoutError

    def _over(self, job_id: str) -> dict[str, Any]:
        for _ in range(ATTEMPTS):
            job = self._get(f"/jobs/{job_id}").json()
            if job["state"] in ("done", "failed"):
                self.num_done += 1
                return job
            time.sleep(0.2)
        raise TimeoutError

    def _get(self, path: str, headers: dict[str, str] | None = None) -> httpx2.Response:
        for _ in range(ATTEMPTS):
            try:
                return httpx2.get(self.served.url + path, headers=headers, timeout=60)
            except httpx2.TransportError:
                time.sleep(0.2)
        raise TimeoutError


MULTIPART = {"content-type": "multipart/form-data; boundary=here"}


def multipart(name: str, content: bytes) -> bytes:
    head = f'--here\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--here--\r\n"


def slowly(body: bytes) -> Iterator[bytes]:
    step = len(body) // 10 + 1
    for first in range(0, len(body), step):
        yield body[first : first + step]
        time.sleep(0.2)


def duration_sec(number: int) -> float:
    return 0.5 + 0.01 * number


def sound(folder: Path, number: int) -> bytes:
    return (folder / f"{number}.wav").read_bytes()


def make_sounds(folder: Path, count: int) -> None:
    folder.mkdir()
    for number in range(count):
        steps = np.arange(round(duration_sec(number) * SAMPLE_RATE)) / SAMPLE_RATE
        tone = 0.1 * np.sin(2 * np.pi * 220 * steps)
        write_wav(folder / f"{number}.wav", tone)


def write_wav(path: Path, tone: np.ndarray) -> None:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        file.writeframes((tone * 32767).astype("<i2").tobytes())


def make_model(folder: Path) -> Path:
    import torch

    from microemo.config import TINY
    from microemo.model import checkpoint
    from microemo.model.microemo import MicroEmo

    torch.manual_seed(0)
    checkpoint.save(MicroEmo(TINY), folder)
    return folder


def measure(folder: Path, model: Path, num_requests: int, at_once: int) -> dict[str, Any]:
    make_sounds(folder / "sounds", num_requests)
    (folder / "root").mkdir()
    served = Served(folder, model)
    client = Client(served, folder / "sounds")
    began = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        asked = [pool.submit(client, number) for number in range(num_requests)]
        while client.num_done < num_requests // 6 and not all(one.done() for one in asked):
            time.sleep(0.1)
        served.restart()
        memory_before, files_before = served.memory_mib(), served.open_files()
    took = time.monotonic() - began
    time.sleep(2)
    jobs = httpx2.get(f"{served.url}/jobs?limit=1000", timeout=60).json()["jobs"]
    waiting = [job["id"] for job in jobs if job["state"] not in ("done", "failed")]
    for job in jobs:
        httpx2.delete(f"{served.url}/jobs/{job['id']}", timeout=60).raise_for_status()
    left = [str(path) for path in (folder / "data").rglob("*") if path.is_file() and path.parent.name != "data"]
    processes = served.processes()
    outcome = {
        "requests": num_requests,
        "at_once": at_once,
        "restarts": 1,
        "wrong": client.wrong,
        "outcomes": dict(sorted(client.outcomes.items())),
        "jobs_kept": len(jobs),
        "jobs_that_never_ended": len(waiting),
        "files_left": left,
        "server_processes": len(processes),
        "open_files_after_restart_and_at_the_end": [files_before, served.open_files()],
        "server_memory_mib_after_restart_and_at_the_end": [round(memory_before), round(served.memory_mib())],
        "seconds": round(took, 1),
        "median_seconds_to_result": round(float(np.median(client.seconds)), 1),
        "cores": os.cpu_count(),
    }
    served.stop()
    return outcome | {"exit_code": served.process.returncode}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--model", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        model = asked.model or make_model(folder / "model")
        outcome = measure(folder, model.absolute(), asked.requests, asked.at_once)
    print(json.dumps(outcome, indent=2))
    RESULTS.write_text(json.dumps(outcome, indent=2) + "\n")


if __name__ == "__main__":
    main()
