import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from report_samples import make_result

from microemo.report import result_json
from microemo.result import Result
from microemo.schema import Answer, Claim, Clue, Emotion

text = st.text(alphabet=st.characters(exclude_categories=["Cs"]))
share = st.floats(0, 1)
number = st.floats(allow_nan=False, allow_infinity=False)
outcome = st.sampled_from(["borne_out", "contradicted", "unmeasurable", "outside_knowledge"])
modality = st.sampled_from(["face", "voice", "words"])
clue = st.builds(
    Clue, id=st.integers(1), modality=modality, region=text, kind=text, start_sec=number, apex_sec=number,
    end_sec=number, value=number, baseline=number, strength=share, detail=text,
)  # fmt: skip
answer = st.builds(
    Answer,
    emotions=st.lists(st.builds(Emotion, label=text, confidence=share), max_size=3).map(tuple),
    explanation=text,
    claims=st.lists(
        st.builds(
            Claim, text=text, modality=st.none() | modality, outcome=outcome, clues=st.lists(st.integers()).map(tuple)
        ),
        max_size=3,
    ).map(tuple),
)


@given(st.lists(clue, max_size=3).map(tuple), answer, st.lists(text, max_size=2).map(tuple))
def test_reads_back_equal(clues: tuple[Clue, ...], overall: Answer, warnings: tuple[str, ...]) -> None:
    result = make_result(Path("Gespräch 🙂.mp4"), clues=clues, overall=overall, warnings=warnings)
    assert Result.model_validate_json(result_json.render(result)) == result


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_json_does_not_have_are_refused(value: float) -> None:
    result = make_result(Path("a.mp4"))
    with pytest.raises((ValueError, ValidationError)):
        wrong = Clue.model_validate({**result.clues[0].model_dump(), "value": value})
        result_json.render(result.model_copy(update={"clues": (wrong,)}))


def test_has_the_fields_that_the_design_promises() -> None:
    document: dict[str, Any] = json.loads(result_json.render(make_result(Path("a.mp4"))))
    assert document["schema_version"] == 2
    assert list(document["clip"]) == ["path", "duration_sec", "has_video", "has_audio", "width", "height",
                                      "face_seconds", "audio_track"]  # fmt: skip
    assert document["utterances"][0].keys() >= {"index", "start_sec", "end_sec", "text", "speaker", "source",
                                               "emotions", "explanation", "claims"}  # fmt: skip
    assert document["clues"][0].keys() >= {"id", "modality", "region", "kind", "start_sec", "end_sec", "value",
                                          "baseline"}  # fmt: skip
    told = {"text": "a frown", "modality": "face", "clues": [1], "outcome": "borne_out"}
    assert told.items() <= document["overall"]["claims"][0].items()
