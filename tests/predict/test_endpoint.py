import base64
import io
import wave
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from stub_server import Response, Stub, stub_server

from microemo.chat import Chat
from microemo.errors import InputError
from microemo.predict.clips import ClipEntry
from microemo.predict.endpoint import Endpoint
from microemo.predict.settings import PredictionSettings
from microemo.predict.system import SingleModelSystem

QUESTION = "What does the person feel?"


@pytest.fixture
def clip(tmp_path: Path, make_clip: Callable[..., Path]) -> ClipEntry:
    return ClipEntry("clip", make_clip(tmp_path / "clip.mp4", (40, 200)), "Hello.")


def asked(stub: Stub, clip: ClipEntry, settings: PredictionSettings) -> list[dict[str, dict[str, str]]]:
    """The parts of the only message that the endpoint gets about the clip."""
    answer = SingleModelSystem(Endpoint(Chat(stub.url, "toy")), QUESTION, settings).predict(clip)
    assert answer.text == f"toy: {QUESTION}"
    (message,) = stub.requests[-1]["messages"]
    return message["content"]


def test_frames_sound_and_question_in_this_order(echo: Stub, clip: ClipEntry) -> None:
    *frames, sound, text = asked(echo, clip, PredictionSettings(num_frames=2))
    greys = []
    for frame in frames:
        kind, _, data = frame["image_url"]["url"].partition(",")
        assert kind == "data:image/jpeg;base64"
        greys.append(cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR).mean())
    assert greys == pytest.approx([40, 200], abs=3)
    assert sound["input_audio"]["format"] == "wav"
    with wave.open(io.BytesIO(base64.b64decode(sound["input_audio"]["data"]))) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(1.0, abs=0.05)
    assert text == {"type": "text", "text": f'The subtitle of this clip is: "Hello."\n{QUESTION}'}


def test_nothing_is_sent_that_the_settings_keep_back(echo: Stub, clip: ClipEntry) -> None:
    kinds = [part["type"] for part in asked(echo, clip, PredictionSettings(num_frames=2, modalities=("video",)))]
    assert kinds == ["image_url", "image_url", "text"]
    words_alone = asked(echo, clip, PredictionSettings(modalities=("text",)))
    assert words_alone == f'The subtitle of this clip is: "Hello."\n{QUESTION}'


def test_what_was_answered_is_not_asked_again(echo: Stub, clip: ClipEntry) -> None:
    asked(echo, clip, PredictionSettings())
    asked(echo, clip, PredictionSettings())
    assert len(echo.requests) == 1


@pytest.mark.parametrize(
    ("said", "told"),
    [("<think>He smiles, but why?</think>\n Bitter. ", None), ("<think>Hm.</think> ", "replied nothing")],
)
def test_thoughts_are_no_part_of_the_answer(clip: ClipEntry, said: str, told: str | None) -> None:
    with stub_server(lambda request: Response(text=said)) as stub:
        system = SingleModelSystem(Endpoint(Chat(stub.url, "toy")), QUESTION, PredictionSettings())
        if told:
            with pytest.raises(InputError, match=told):
                system.predict(clip)
        else:
            assert system.predict(clip).text == "Bitter."
