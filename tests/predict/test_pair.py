from collections.abc import Callable
from pathlib import Path

import pytest
from stub_server import Stub

from microemo.chat import Chat
from microemo.errors import InputError
from microemo.predict import prompts
from microemo.predict.clips import ClipEntry
from microemo.predict.endpoint import Endpoint
from microemo.predict.pair import PairSystem
from microemo.predict.settings import DEFAULT_LOADING, PredictionSettings
from microemo.predict.specs import build

QUESTION = "What does the person feel?"


def pair(stub: Stub, settings: PredictionSettings) -> PairSystem:
    ear, eye, mind = (Endpoint(Chat(stub.url, name)) for name in ("ear", "eye", "mind"))
    return PairSystem(ear, eye, mind, QUESTION, settings)


def kinds(request: dict) -> list[str]:
    content = request["messages"][0]["content"]
    return ["text"] if isinstance(content, str) else [part["type"] for part in content]


def test_one_hears_one_sees_and_one_reads_what_they_say(
    echo: Stub, tmp_path: Path, make_clip: Callable[..., Path]
) -> None:
    clip = ClipEntry("clip", make_clip(tmp_path / "clip.mp4"), "Hello.")
    answer = pair(echo, PredictionSettings(num_frames=2)).predict(clip)
    assert [(request["model"], kinds(request)) for request in echo.requests] == [
        ("ear", ["input_audio", "text"]),
        ("eye", ["image_url", "image_url", "text"]),
        ("mind", ["text"]),
    ]
    heard, seen, combined = answer.replies
    assert [reply.role for reply in answer.replies] == ["audio", "video", "combine"]
    assert (heard.prompt, seen.prompt) == (prompts.audio(), prompts.video())
    assert combined.prompt == prompts.combine(heard.text, seen.text, "Hello.", QUESTION)
    assert answer.text == combined.text == f"mind: {QUESTION}"
    assert answer.modalities == ("video", "audio", "text")


@pytest.mark.parametrize(
    ("greys", "sound", "roles", "absent"),
    [((40,), False, ["video", "combine"], "Sound"), ((), True, ["audio", "combine"], "Pictures")],
)
def test_nobody_describes_what_is_not_there(
    echo: Stub, tmp_path: Path, make_clip: Callable[..., Path], greys: tuple[int, ...], sound: bool, roles: list[str],
    absent: str,
) -> None:  # fmt: skip
    clip = ClipEntry("clip", make_clip(tmp_path / "clip.mp4", greys, sound))
    replies = pair(echo, PredictionSettings()).predict(clip).replies
    assert [reply.role for reply in replies] == roles
    assert f"{absent}: (none)" in replies[-1].prompt


def test_a_pair_of_local_models_with_a_combiner_elsewhere(
    echo: Stub, vision_model: Path, audio_model: Path, tmp_path: Path, make_clip: Callable[..., Path]
) -> None:
    spec = f"audio=hf:{audio_model},video=hf:{vision_model},combine={echo.url}#mind"
    system = build(spec, QUESTION, PredictionSettings(num_frames=2, max_new_tokens=4), DEFAULT_LOADING)
    clip = ClipEntry("clip", make_clip(tmp_path / "clip.mp4"), "Hello.")
    answer = system.predict(clip)
    assert system.name == spec
    assert [reply.model for reply in answer.replies] == [f"hf:{audio_model}", f"hf:{vision_model}", f"{echo.url}#mind"]
    assert all(reply.text for reply in answer.replies)
    assert answer.text == f"mind: {QUESTION}"


def test_one_model_may_have_several_roles_and_is_loaded_once(echo: Stub) -> None:
    spec = ",".join(f"{role}={echo.url}#omni" for role in ("audio", "video", "combine"))
    system = build(spec, QUESTION, PredictionSettings(), DEFAULT_LOADING)
    assert isinstance(system, PairSystem)
    assert system.audio is system.video is system.combine


def test_a_model_that_cannot_play_its_role_is_named(vision_model: Path, text_model: Path) -> None:
    others = f"video=hf:{vision_model},combine=hf:{text_model}"
    with pytest.raises(InputError, match=f"^hf:{vision_model}: reads no audio"):
        build(f"audio=hf:{vision_model},{others}", QUESTION, PredictionSettings(), DEFAULT_LOADING)


@pytest.mark.parametrize(
    "spec", ["audio=http://a/v1#x,video=http://a/v1#x", "audio=http://a/v1#x,audio=http://a/v1#x,video=http://a/v1#x"]
)
def test_a_pair_has_three_models(spec: str) -> None:
    with pytest.raises(InputError, match="a pair is audio=MODEL,video=MODEL,combine=MODEL"):
        build(spec, QUESTION, PredictionSettings(), DEFAULT_LOADING)
