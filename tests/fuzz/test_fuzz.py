"""Whatever is damaged is read or refused in one line: no traceback, no hang, no more memory than it may take."""

import shutil
import time
from collections import Counter
from pathlib import Path
from random import Random

import good
import pytest
from damage import damaged
from served import client
from trying import LONGEST_SEC, Trial, outcomes

SLICE = 10_000  # inputs in a run of all tests: well under a minute
UPLOADED_SHARE = 0.1
UPLOAD = (
    '--limit\r\nContent-Disposition: form-data; name="language"\r\n\r\nen\r\n'
    '--limit\r\nContent-Disposition: form-data; name="file"; filename="clip.mp4"\r\n'
    "Content-Type: video/mp4\r\n\r\ngood of the clip\r\n--limit--\r\n"
)


@pytest.fixture(scope="module")
def num_inputs(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--inputs", None) or SLICE


def test_files(tmp_path: Path, num_inputs: int) -> None:
    (tmp_path / "good").mkdir()
    files = [(kind, path) for kind, paths in good.files(tmp_path / "good").items() for path in paths]
    for kind in ("manifest", "table"):
        (tmp_path / "bad" / kind).mkdir(parents=True)
        for name in ("clip.mp4", "voice.wav"):
            shutil.copy(tmp_path / "good" / name, tmp_path / "bad" / kind)
    trials = [Trial(*files[number % len(files)], number // len(files)) for number in range(num_inputs)]
    found = list(outcomes(trials, tmp_path / "bad"))
    counts = Counter((one.trial.kind, one.what) for one in found)
    print(*(f"{kind}: {what} {count}" for (kind, what), count in sorted(counts.items())), sep="\n")
    assert not [str(one) for one in found if one.is_fault]
    tried = {(one.trial.good.name, one.what) for one in found}
    for _, path in files:  # else damage would be none, or nothing would be read
        assert {(path.name, "read"), (path.name, "refused")} <= tried, path.name


def test_uploads(tmp_path: Path, num_inputs: int) -> None:
    """As bodies of requests. What a server says without an answer would be an error of its own."""
    headers = {"content-type": "multipart/form-data; boundary=limit"}
    answered: Counter[int] = Counter()
    with client(tmp_path / "data", max_upload_bytes=100_000) as server:
        for number in range(round(UPLOADED_SHARE * num_inputs)):
            body = damaged(UPLOAD.encode(), Random(f"upload {number}"))
            began = time.monotonic()
            response = server.post("/jobs", content=body, headers=headers)
            assert time.monotonic() - began < LONGEST_SEC, number
            answered[response.status_code] += 1
            assert response.status_code < 500, (number, response.text)
            detail = response.json().get("detail", "")
            assert isinstance(detail, str) and "\n" not in detail, (number, detail)
    print(*(f"upload: {status} {count}" for status, count in sorted(answered.items())), sep="\n")
    assert answered[201] and len(answered) > 1
