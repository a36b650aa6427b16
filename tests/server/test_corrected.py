"""Corrections sent to a server: kept beside the result, and in everything that it gives from then on."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import corrected_stub
import pytest
from asking import upload, wait
from fastapi.testclient import TestClient
from served import client

from microemo.corrections import Corrections, identity
from microemo.result import Result

CORRECTED = {
    "clip": "clip.mp4",
    "corrected_by": "Ann",
    "utterances": [{"utterance": 0, "end_sec": 1.5, "parts": [{"person": "P1", "labels": ["quietly furious"]}]}],
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Path]]:
    data = tmp_path_factory.mktemp("corrected") / "data"
    with client(data, corrected_stub.load) as made:
        yield made, data


@pytest.fixture
def job(asked: tuple[TestClient, Path]) -> dict[str, Any]:
    done = wait(asked[0], upload(asked[0], b"no video", formats=["csv", "srt"]))
    assert done["state"] == "done", done
    return done


def test_all_formats_are_as_corrected_and_the_models_result_stays(
    asked: tuple[TestClient, Path], job: dict[str, Any]
) -> None:
    made, data = asked
    at = f"/jobs/{job['id']}"
    assert made.get(f"{at}/corrections").json() is None
    before = made.get(f"{at}/formats/textgrid").text
    assert made.put(f"{at}/corrections", json=CORRECTED).status_code == 204
    assert Corrections.model_validate(made.get(f"{at}/corrections").json()).corrected_by == "Ann"

    assert made.get(f"{at}/result").json()["utterances"][0]["emotions"] == [
        {"label": "quietly furious", "confidence": 1.0}
    ]
    assert "quietly furious" in made.get(f"{at}/files/utterances.csv").text
    assert "00:00:01,500" in made.get(f"{at}/files/captions.srt").text
    eaf = made.get(f"{at}/formats/eaf")
    assert "quietly furious" in eaf.text and "attachment" in eaf.headers["content-disposition"]
    tables = zipfile.ZipFile(io.BytesIO(made.get(f"{at}/formats/csv").content))
    assert "quietly furious" in tables.read("utterances.csv").decode() and "codebook.csv" in tables.namelist()

    kept = data / "jobs" / job["id"] / "results"
    assert "quietly furious" not in (kept / "result.json").read_text()
    assert (kept / "corrections.json").exists()
    assert made.put(f"{at}/corrections", json={"clip": "clip.mp4"}).status_code == 204
    assert made.get(f"{at}/corrections").json() is None
    assert made.get(f"{at}/formats/textgrid").text == before
    assert "quietly furious" not in made.get(f"{at}/files/utterances.csv").text


def test_the_page_names_the_result_that_is_corrected(asked: tuple[TestClient, Path], job: dict[str, Any]) -> None:
    made, data = asked
    page = made.get(f"/jobs/{job['id']}/report.html").text
    result = Result.read(data / "jobs" / job["id"] / "results" / "result.json")
    assert f'data-result="{identity(result)}"' in page
    assert "connect-src &#39;self&#39;" in page


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"clip": "walk.mp4"}, 422, "another clip"),
        ({"clip": "clip.mp4", "utterances": [{"utterance": 9}]}, 422, "no utterance 9"),
        ({"clip": "clip.mp4", "lables": []}, 422, "lables"),
        ({"clip": "x" * (5 * 2**20)}, 413, "too large"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(
    asked: tuple[TestClient, Path], job: dict[str, Any], given: dict[str, Any], status: int, said: str
) -> None:
    answer = asked[0].put(f"/jobs/{job['id']}/corrections", json=given)
    assert answer.status_code == status and said in answer.json()["detail"] and "\n" not in answer.json()["detail"]
    foreign = {"Origin": "http://elsewhere.example"}
    assert asked[0].put(f"/jobs/{job['id']}/corrections", json=CORRECTED, headers=foreign).status_code == 403
    assert asked[0].get(f"/jobs/{job['id']}/corrections").json() is None


def test_unknown_formats_and_jobs_are_404(asked: tuple[TestClient, Path], job: dict[str, Any]) -> None:
    for path in (f"/jobs/{job['id']}/formats/docx", f"/jobs/{job['id']}/formats/html", "/jobs/none/corrections"):
        assert asked[0].get(path).status_code == 404
