"""A model's folder loads as transformers' users are used to; importing microemo makes it known, and imports little."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from one_person import one_person_clip
from transformers import AutoConfig, AutoModel, AutoProcessor, pipeline
from written_media import write_media

import microemo
from microemo.errors import InputError, WeightsError
from microemo.hub import TASK
from microemo.model import checkpoint
from microemo.model.auto_map import CODE_FILE, MODEL_TYPE
from microemo.model.microemo import MicroEmo
from microemo.pipeline import NANO, Pipeline
from microemo.result import Result
from microemo.schema import Clip, ClipInfo, Utterance


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny: MicroEmo) -> Path:
    path = tmp_path_factory.mktemp("tiny")
    checkpoint.save(tiny, path)
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hum, and what is said in it."""
    path = tmp_path_factory.mktemp("sound") / "hum.wav"
    write_media(path, sound=0.3 * np.sin(np.arange(96_000) / 20)[None].astype(np.float32))
    path.with_suffix(".srt").write_text("1\n00:00:00,200 --> 00:00:01,800\nI am so happy!\n")
    return path


def seeded(load: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What is loaded, with the same chance each time: frozen parts of ``tiny`` are random, and not in its folder."""
    torch.manual_seed(0)
    return load(*arguments, **options)


def ours(folder: Path) -> Pipeline:
    pipeline = microemo.load(folder, "cpu")
    seeded(lambda: pipeline.model)
    return pipeline


def answered(folder: Path, sound: Path, **options: Any) -> Result:
    return ours(folder).analyze(sound, subtitles=sound.with_suffix(".srt"), **options)


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


@pytest.mark.weights
def test_a_processor_perceives_and_its_output_is_the_models_input(folder: Path, sound: Path) -> None:
    processor = AutoProcessor.from_pretrained(folder)
    inputs, expected = processor(sound, subtitles=sound.with_suffix(".srt")), answered(folder, sound)
    assert expected.utterances[0].text == "I am so happy!" and not expected.abstained
    assert seeded(AutoModel.from_pretrained, folder)(**inputs) == expected
    assert str(folder) in repr(processor)


@pytest.mark.weights
def test_a_pipeline_takes_a_file_or_several_and_our_options(folder: Path, sound: Path) -> None:
    judge = seeded(pipeline, TASK, str(folder), device="cpu")
    words, steps = sound.with_suffix(".srt"), set()
    result = judge(str(sound), subtitles=words, why=True, hook=lambda step, done, total: steps.add(step))
    assert result == answered(folder, sound, why=True)
    assert {"listen", "understand", "why"} <= steps
    plain = answered(folder, sound)
    assert judge([str(sound), sound], subtitles=words) == [plain, plain]
    assert pipeline(TASK, model=judge.model)(sound, subtitles=words) == plain


def test_wrong_options_and_files_are_told(folder: Path) -> None:
    judge = pipeline(TASK, model=str(folder), device="cpu")
    with pytest.raises(TypeError, match="no such option: colour; there are subtitles"):
        judge("missing.wav", colour=1)
    with pytest.raises(InputError, match=r"missing\.wav"):
        judge("missing.wav")
    for option in ({"dtype": torch.float16}, {"output_loading_info": True}):
        with pytest.raises(WeightsError, match=f"{next(iter(option))} cannot be chosen"):
            AutoModel.from_pretrained(folder, **option)


def test_a_model_is_where_it_is_asked_for(folder: Path) -> None:
    model = AutoModel.from_pretrained(folder, device_map="cpu")
    assert model.device.type == model.pipeline.device.type == "cpu" and model.hf_device_map == {"": "cpu"}


def test_what_cannot_be_loaded_or_saved_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"AutoModel\.from_pretrained"):
        AutoModel.from_config(AutoConfig.from_pretrained(folder))
    judge = pipeline(TASK, model=str(folder), device="cpu")
    for loaded in (judge, judge.model, AutoProcessor.from_pretrained(folder)):
        with pytest.raises(WeightsError, match=r"copy .*folder"):
            loaded.save_pretrained(tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


def test_the_built_in_models_folder_is_as_any_other_is_written(tmp_path: Path) -> None:
    checkpoint.write_config(tmp_path, checkpoint.read_config(NANO))
    for name in (checkpoint.CONFIG, CODE_FILE):
        assert (NANO / name).read_bytes() == (tmp_path / name).read_bytes()


def run(code: str, *arguments: object) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


THEIRS = "from transformers import AutoConfig, AutoModel, AutoProcessor, pipeline"


@pytest.mark.parametrize("imports", [f"{THEIRS}; import microemo", f"import microemo; {THEIRS}"])
def test_whichever_is_imported_first(folder: Path, imports: str) -> None:
    code = (
        f"import sys; {imports}; folder = sys.argv[1];"
        "loaded = [auto.from_pretrained(folder) for auto in (AutoConfig, AutoModel, AutoProcessor)];"
        f"loaded.append(pipeline('{TASK}', model=folder, device='cpu'));"
        "print(*(type(one).__name__ for one in loaded))"
    )
    assert run(code, folder).split() == ["MicroEmoConfig", "MicroEmoModel", "MicroEmoProcessor", "EmotionPipeline"]


@pytest.mark.parametrize("module", ["configuration", "modeling", "processing", "pipeline"])
def test_each_module_can_be_imported_first(module: str) -> None:
    assert run(f"import microemo.hub.{module}; print('fine')").split() == ["fine"]


def test_the_folders_own_code_does_where_microemo_is_not_imported(folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys, os; os.environ['HF_HOME'] = sys.argv[2]; from transformers import AutoModel, AutoProcessor;"
        "loaded = [auto.from_pretrained(sys.argv[1], trust_remote_code=True) for auto in (AutoModel, AutoProcessor)];"
        "print(*(type(one).__name__ for one in loaded))"
    )
    assert run(code, folder, tmp_path).split()[-2:] == ["MicroEmoModel", "MicroEmoProcessor"]


def test_importing_either_imports_nothing_heavy_of_ours() -> None:
    loaded = "print(*sorted({'torch', 'transformers', 'microemo.pipeline', 'cv2', 'av'} & sys.modules.keys()))"
    assert run(f"import sys, microemo; {loaded}").split() == []
    assert not {"microemo.pipeline", "cv2", "av"} & {*run(f"import sys, microemo; {THEIRS}; {loaded}").split()}
