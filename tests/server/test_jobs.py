"""Jobs over HTTP: sent, watched, fetched, deleted; and what is refused, in one line."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asking import files_in, upload, wait
from fastapi.testclient import TestClient


def events(client: TestClient, job: dict[str, Any]) -> list[tuple[str, Any]]:
    with client.stream("GET", f"/jobs/{job['id']}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in stream.iter_lines() if line and not line.startswith(":")]
    names, data = lines[::2], lines[1::2]
    return [(n.removeprefix("event: "), json.loads(d.removeprefix("data: "))) for n, d in zip(names, data, strict=True)]


def test_upload_to_result(shared: TestClient, folder: Path) -> None:
    job = upload(shared, b"good", "my clip.mp4", language="de", why="true")
    told = events(shared, job)

    assert [name for name, _ in told[-1:]] == ["end"] and told[-1][1]["state"] == "done"
    assert shared.get(f"/jobs/{job['id']}").json() == told[-1][1]
    assert shared.get(f"/jobs/{job['id']}/result").json() == {"said": "my clip.mp4 4 b'good' de True"}
    report = shared.get(f"/jobs/{job['id']}/report.html")
    assert report.headers["content-type"].startswith("text/html") and "<title>report" in report.text
    assert report.headers["x-content-type-options"] == "nosniff" and report.headers["cache-control"] == "no-store"
    assert shared.get(f"/jobs/{job['id']}/files/result.json").json()["said"]
    assert shared.get("/jobs").json()["jobs"][0]["id"] == job["id"]

    assert shared.delete(f"/jobs/{job['id']}").status_code == 204
    assert shared.get(f"/jobs/{job['id']}").status_code == 404
    assert not (folder / "data" / "jobs" / job["id"]).exists()


def test_files_beside_the_recording_and_options_reach_the_worker(shared: TestClient) -> None:
    files = {"file": ("a.mp4", b"good"), "subtitles": ("../a.srt", b"words"), "neutral": ("a.jpg", b"rest")}
    job = shared.post("/jobs", files=files, data={"language": "", "formats": ["json", "html"]}).json()
    assert job["options"]["formats"] == ["json", "html"] and job["options"]["language"] is None
    wait(shared, job)
    assert shared.get(f"/jobs/{job['id']}/result").json()["said"].endswith("False a.srt=words a.jpg=rest")


def test_paths_within_the_root(shared: TestClient) -> None:
    job = shared.post("/jobs", json={"path": "deep/clip.mp4", "subtitles": "words.srt", "why": True}).json()
    assert wait(shared, job)["state"] == "done"
    said = shared.get(f"/jobs/{job['id']}/result").json()["said"]
    assert said == "clip.mp4 16 b'good of the root' None True words.srt=words"
    assert shared.get(f"/jobs/{job['id']}/media").content == b"good of the root"
    assert shared.post("/jobs", json={"path": "within.mp4"}).status_code == 201
    shared.delete(f"/jobs/{job['id']}")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("../secret.mp4", 403), ("deep/../../secret.mp4", 403), ("/etc/passwd", 403), ("out.mp4", 403),
        ("up/secret.mp4", 403), ("none.mp4", 404), ("deep", 404), ("round", 404), ("a\0b", 404), ("a" * 4000, 404),
        ("~root/x", 404), ("", 422),
    ],
)  # fmt: skip
def test_paths_out_of_the_root_are_refused(shared: TestClient, path: str, status: int) -> None:
    for body in ({"path": path}, {"path": "deep/clip.mp4", "subtitles": path}):
        response = shared.post("/jobs", json=body)
        if path == "" and "subtitles" in body:
            continue  # none is given
        assert response.status_code == status and "secret" not in response.json()["detail"].replace(path, "")


def test_a_path_that_has_become_a_link_out_of_the_root_is_refused(shared: TestClient, folder: Path) -> None:
    moved = folder / "root" / "moved.mp4"
    moved.write_bytes(b"good")
    job = shared.post("/jobs", json={"path": "moved.mp4"}).json()
    wait(shared, job)
    moved.unlink()
    moved.symlink_to(folder / "secret.mp4")
    assert shared.get(f"/jobs/{job['id']}/media").status_code == 404


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {}}, {"json": {"path": "deep/clip.mp4", "langauge": "de"}}, {"json": [1]},
        {"json": {"path": "deep/clip.mp4", "language": "no\nsuch"}},
        {"json": {"path": "deep/clip.mp4", "person": "me"}},
        {"content": b"{", "headers": {"content-type": "application/json"}},
        {"content": b'{"path": "\\ud800"}', "headers": {"content-type": "application/json"}},
        {"content": b"x", "headers": {"content-type": "text/plain"}},
        {"content": b"no boundary", "headers": {"content-type": "multipart/form-data"}},
        {"content": b"junk", "headers": {"content-type": "multipart/form-data; boundary=x"}},
        {"files": {"other": ("a.mp4", b"good")}},
        {"files": {"file": ("a.mp4", b"good")}, "data": {"why": "perhaps"}},
        {"files": {"file": ("a.mp4", b"good")}, "data": {"formats": "docx"}},
        {"files": {"file": ("a.mp4", b"good")}, "data": {"subtitles": "words"}},
        {"files": [("file", ("a.mp4", b"good"))] * 9},
        {"data": {"file": "good"}, "files": {"neutral": ("a.jpg", b"x")}},
    ],
)  # fmt: skip
def test_bad_requests_are_one_line_and_leave_nothing(
    shared: TestClient, folder: Path, request_: dict[str, Any]
) -> None:
    before = files_in(folder / "data" / "jobs")
    response = shared.post("/jobs", **request_)
    assert response.status_code in (400, 415, 422)
    assert list(response.json()) == ["detail"] and "\n" not in response.json()["detail"]
    assert files_in(folder / "data" / "jobs") <= before


def test_too_large_is_told_before_and_while_it_is_read(shared: TestClient, folder: Path) -> None:
    announced = shared.post("/jobs", files={"file": ("a.mp4", b"x" * 100_001)})
    assert (announced.status_code, list(announced.json())) == (413, ["detail"])
    piece = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + b"x" * 200_000
    headers = {"content-type": "multipart/form-data; boundary=x"}
    streamed = shared.post("/jobs", content=iter([piece, piece]), headers=headers)
    assert (streamed.status_code, list(streamed.json())) == (413, ["detail"])
    huge = shared.post("/jobs", content=b" " * 70_000, headers={"content-type": "application/json"})
    assert huge.status_code == 413
    assert not [name for name in files_in(folder / "data") if name.endswith(".mp4") and "uploads" not in name]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("..\\..\\a.mp4", "a.mp4"), ("..", "media"), (".", "media"), ("", None),
        ("/", "media"), ("a\nb\x1b[31m.mp4", "a%0Ab[31m.mp4"), ("<script>alert(1)<.mp4", "<script>alert(1)<.mp4"),
        ("ä🎬.mp4", "ä🎬.mp4"), ("x" * 300 + ".mp4", "x" * 196 + ".mp4"), (".htaccess", "htaccess"),
        ("concat:a|b.mp4", "concat:a|b.mp4"), ("\u202egpj.mp4", "gpj.mp4"),
    ],
)  # fmt: skip
def test_names_of_uploads_lead_nowhere(shared: TestClient, folder: Path, given: str, kept: str | None) -> None:
    response = shared.post("/jobs", files={"file": (given, b"good")})
    if kept is None:
        assert response.status_code == 422
        return
    job = response.json()
    assert job["name"] == kept
    assert (folder / "data" / "jobs" / job["id"] / "uploads" / "media" / kept).read_bytes() == b"good"
    assert wait(shared, job)["state"] == "done"
    assert shared.get(f"/jobs/{job['id']}/media").content == b"good"
    shared.delete(f"/jobs/{job['id']}")


def test_bad_media_and_bugs_fail_in_one_line_and_the_next_goes_on(shared: TestClient, folder: Path) -> None:
    bad, bug, good = upload(shared, b"bad", "no.mp4"), upload(shared, b"bug"), upload(shared, b"good")
    assert wait(shared, bad)["error"] == "no.mp4 cannot be opened: it is neither video nor audio"
    assert wait(shared, bug)["error"] == "RuntimeError: first line second line (unexpected)"
    assert wait(shared, good)["state"] == "done"
    assert shared.get(f"/jobs/{bad['id']}/result").json() == {"detail": wait(shared, bad)["error"]}
    assert str(folder) not in shared.get("/jobs").text


@pytest.mark.parametrize("name", ["../../jobs.sqlite", "..%2f..%2fjobs.sqlite", "%2e%2e/uploads/media/clip.mp4", "x"])
def test_files_that_are_not_results_are_not_served(shared: TestClient, name: str) -> None:
    job = wait(shared, upload(shared, b"good"))
    assert shared.get(f"/jobs/{job['id']}/files/{name}").status_code == 404
    assert shared.get(f"/jobs/{name}/result").status_code == 404


def test_ranges_of_the_recording(shared: TestClient) -> None:
    job = upload(shared, b"good0123456789")
    media = f"/jobs/{job['id']}/media"
    whole = shared.get(media)
    assert (whole.status_code, whole.headers["content-type"], whole.headers["accept-ranges"]) == (
        200, "video/mp4", "bytes",
    )  # fmt: skip
    part = shared.get(media, headers={"range": "bytes=4-6"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"012", "bytes 4-6/14")
    assert shared.get(media, headers={"range": "bytes=-2"}).content == b"89"
    assert shared.get(media, headers={"range": "bytes=99-"}).status_code == 416
    page = shared.get(f"/jobs/{upload(shared, b'good', 'a.html')['id']}/media")  # which a browser would run
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"].startswith("attachment")


def test_concurrent_requests_each_get_their_own_answer(shared: TestClient) -> None:
    def whole_way(number: int) -> str:
        job = upload(shared, b"good" + b"x" * number, f"{number}.mp4")
        wait(shared, job)
        said = shared.get(f"/jobs/{job['id']}/result").json()["said"]
        shared.delete(f"/jobs/{job['id']}")
        return said

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(whole_way, range(24)))
    assert [line.split()[:2] for line in said] == [[f"{number}.mp4", str(4 + number)] for number in range(24)]


def test_pages_of_other_sites_may_not_ask(shared: TestClient) -> None:
    files = {"file": ("a.mp4", b"good")}
    assert shared.post("/jobs", files=files, headers={"origin": "http://evil.example"}).status_code == 403
    assert shared.post("/jobs", files=files, headers={"origin": "null"}).status_code == 403
    assert shared.post("/jobs", files=files, headers={"origin": "http://localhost"}).status_code == 201
    assert shared.get("/jobs", headers={"host": "evil.example"}).status_code == 400  # DNS rebinding
