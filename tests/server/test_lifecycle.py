"""A server's own life: full queues, cancelled jobs, crashes, restarts, tokens."""

from pathlib import Path

import pytest
import stub_analysis
from asking import files_in, upload, wait
from served import Start

from microemo.errors import InputError, MicroEmoError
from microemo.server.jobs import Options, Sources
from microemo.server.settings import Settings
from microemo.server.store import MAX_ATTEMPTS, QueueFullError, Store


def test_full_queue_cancel_crash_and_restart(start: Start, tmp_path: Path) -> None:
    client = start(max_queue=2)
    runs, waits = upload(client, b"slow", "1.mp4"), upload(client, b"good", "2.mp4")
    assert wait(client, runs, "running")["state"] == "running"
    assert client.get(f"/jobs/{runs['id']}/result").status_code == 409

    full = client.post("/jobs", files={"file": ("3.mp4", b"good")})
    assert (full.status_code, full.headers["retry-after"]) == (429, "30")
    assert len(files_in(tmp_path / "data" / "jobs")) <= 3  # two recordings, and what the first has begun to write

    assert client.delete(f"/jobs/{runs['id']}").status_code == 204  # while it runs
    assert not (tmp_path / "data" / "jobs" / runs["id"]).exists()
    assert wait(client, waits)["state"] == "done"  # by another process

    crash = wait(client, upload(client, b"crash"))
    assert crash["error"] == "the worker process stopped (exit code 9)"

    runs, waits = upload(client, b"slow again", "4.mp4"), upload(client, b"good", "5.mp4")
    wait(client, runs, "running")
    client.close()
    (tmp_path / "data" / "jobs" / "no-row-of-the-store").mkdir()
    (tmp_path / "gate").touch()
    client = start()
    assert [wait(client, job)["state"] for job in (runs, waits)] == ["done", "done"]
    assert client.get(f"/jobs/{runs['id']}/result").json()["said"].startswith("4.mp4 10")
    assert client.get(f"/jobs/{crash['id']}").json() == crash
    assert not (tmp_path / "data" / "jobs" / "no-row-of-the-store").exists()


def test_token(start: Start) -> None:
    client = start(token="s3cret", host="0.0.0.0")
    for path in ("/jobs", "/jobs/x/events", "/openapi.json"):
        assert client.get(path).status_code == 401
    refused = client.post("/jobs", files={"file": ("a.mp4", b"good")})
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert client.get("/jobs", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/jobs", headers={"authorization": "Bearer s3cret"}).status_code == 200

    page = client.get("/")
    assert page.status_code == 401 and 'type="password"' in page.text
    assert client.post("/session", data={"token": "wröng"}).status_code == 401
    assert client.get("/jobs").status_code == 401
    assert "Drop a recording" in client.post("/session", data={"token": "s3cret"}).text
    assert client.get("/jobs").status_code == 200  # by the cookie


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org"])
def test_other_addresses_want_a_token(host: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="set a token"):
        Settings(tmp_path, host=host).check()
    Settings(tmp_path, host=host, token="t").check()
    with pytest.raises(InputError, match="token"):
        Settings(tmp_path, host=host, token=" ").check()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_wants_none(host: str, tmp_path: Path) -> None:
    Settings(tmp_path, host=host).check()


def test_a_model_that_is_none_stops_the_start(start: Start) -> None:
    with pytest.raises(MicroEmoError, match="nano: no such model"):
        start(stub_analysis.load_nothing)


def test_a_job_that_takes_the_server_down_is_not_tried_for_ever(tmp_path: Path) -> None:
    for attempt in range(MAX_ATTEMPTS):
        store = Store(tmp_path / "jobs.sqlite")
        store.recover()
        if attempt == 0:
            store.add("clip.mp4", Options(), Sources(uploaded=True, media="media/clip.mp4"), 1)
        assert store.claim() is not None
        store.close()
    store = Store(tmp_path / "jobs.sqlite")
    store.recover()
    assert store.claim() is None
    assert "3 times" in (store.page(1, 0)[0].error or "")
    store.close()


def test_a_queue_is_bounded_and_first_come_first_served(tmp_path: Path) -> None:
    store = Store(tmp_path / "jobs.sqlite")
    sources = Sources(uploaded=True, media="media/clip.mp4")
    first, second = (store.add(name, Options(), sources, 2) for name in ("a", "b"))
    with pytest.raises(QueueFullError):
        store.add("c", Options(), sources, 2)
    claimed = store.claim()
    assert claimed is not None and claimed.id == first.id and store.num_waiting() == 2
    store.finish(first.id, None, ["result.json"])
    assert store.add("c", Options(), sources, 2).id != second.id
    assert [job.name for job in store.page(10, 0)] == ["c", "b", "a"] and store.page(1, 2)[0].files == ("result.json",)
    store.close()
