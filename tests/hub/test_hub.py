"""A model's folder loads as transformers' users are used to; importing microemo makes it known, and imports little."""

import json
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from one_person import one_person_clip
from transformers import AutoConfig, AutoModel, AutoProcessor, pipeline

import microemo
from microemo.errors import InputError, WeightsError
from microemo.hub import TASK
from microemo.model import checkpoint
from microemo.model.auto_map import MODEL_TYPE
from microemo.model.microemo import MicroEmo
from microemo.pipeline import Pipeline
from microemo.schema import Clip, ClipInfo, Utterance


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny: MicroEmo) -> Path:
    path = tmp_path_factory.mktemp("tiny")
    checkpoint.save(tiny, path)
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "hum.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\x00\x10\x00\xf0" * 16_000)
    return path


def seeded(load: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What is loaded, with the same chance each time: frozen parts of ``tiny`` are random, and not in its folder."""
    torch.manual_seed(0)
    return load(*arguments, **options)


def ours(folder: Path) -> Pipeline:
    pipeline = microemo.load(folder, "cpu")
    seeded(lambda: pipeline.model)
    return pipeline


def spoken(side: int) -> Clip:
    """Two seconds of a voice, in which somebody says something."""
    nobody = np.zeros((0, side, side, 3), np.uint8)
    return one_person_clip(
        info=ClipInfo(path="clip.wav", duration_sec=2.0, has_video=False, has_audio=True, face_seconds=0),
        frame_times_sec=np.zeros(0),
        frames=nobody,
        faces=nobody,
        face_mask=np.zeros(0, bool),
        region_masks=np.zeros((0, 7, 1), np.float32),
        waveform=np.random.default_rng(0).normal(size=32_000).astype(np.float32),
        utterances=(Utterance(index=0, start_sec=0.0, end_sec=2.0, text="Well.", source="subtitle"),),
        speech=((0.0, 2.0),),
    )


def test_the_folder_is_read_as_ever(folder: Path, tiny: MicroEmo) -> None:
    assert checkpoint.read_config(folder) == tiny.config
    written = json.loads((folder / checkpoint.CONFIG).read_text())
    assert written["model_type"] == MODEL_TYPE and written["vision"] == tiny.config.model_dump()["vision"]


def test_configuration_and_model_are_found_by_the_folder_and_answer_as_ours(folder: Path) -> None:
    config = AutoConfig.from_pretrained(folder)
    assert config.name == "tiny" and config.language["hidden_size"] == 32
    clip = spoken(config.vision["image_size"])
    model = seeded(AutoModel.from_pretrained, folder)
    assert model(clip) == ours(folder).understand(clip)
    assert model.num_parameters() == sum(one.numel() for one in model.microemo.parameters())


def test_a_processor_perceives_and_its_output_is_the_models_input(folder: Path, sound: Path) -> None:
    inputs = AutoProcessor.from_pretrained(folder)(sound, asr=False)
    assert inputs["clip"].info.path == str(sound)
    assert seeded(AutoModel.from_pretrained, folder)(**inputs) == ours(folder).analyze(sound, asr=False)


def test_a_pipeline_takes_a_file_or_several_and_our_options(folder: Path, sound: Path) -> None:
    judge = seeded(pipeline, TASK, str(folder), device="cpu")
    result = judge(str(sound), asr=False)
    assert result == ours(folder).analyze(sound, asr=False)
    assert judge([str(sound), str(sound)], asr=False) == [result, result]
    with pytest.raises(TypeError, match="no such option: colour"):
        judge(str(sound), colour=1)
    with pytest.raises(InputError, match=r"missing\.wav"):
        judge("missing.wav")


def test_what_cannot_be_loaded_or_saved_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"AutoModel\.from_pretrained"):
        AutoModel.from_config(AutoConfig.from_pretrained(folder))
    with pytest.raises(WeightsError, match="copy its folder"):
        AutoModel.from_pretrained(folder).save_pretrained(tmp_path)


def run(code: str, *arguments: object) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("first", ["import microemo, transformers", "import transformers, microemo"])
def test_whichever_is_imported_first(folder: Path, first: str) -> None:
    code = f"import sys; {first}; print(type(transformers.AutoConfig.from_pretrained(sys.argv[1])).__name__)"
    assert run(code, folder).split()[-1] == "MicroEmoConfig"


def test_the_folders_own_code_does_where_microemo_is_not_imported(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, os; os.environ['HF_HOME'] = sys.argv[2]; from transformers import AutoModel, AutoProcessor;"
        "loaded = [auto.from_pretrained(sys.argv[1], trust_remote_code=True) for auto in (AutoModel, AutoProcessor)];"
        "print(*(type(one).__name__ for one in loaded))"
    )
    assert run(code, folder, tmp_path).split()[-2:] == ["MicroEmoModel", "MicroEmoProcessor"]


def test_importing_microemo_imports_neither_transformers_nor_torch() -> None:
    assert run("import sys, microemo; print(sorted({'torch', 'transformers'} & sys.modules.keys()))").split() == ["[]"]
