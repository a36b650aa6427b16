"""``docs/extending.md``: every example is run, and what it adds is found in use. (For clues: ``tests/clues``.)"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from report_samples import make_result

from microemo.config import TINY, ModelConfig
from microemo.data import layouts
from microemo.lexicon import languages
from microemo.model import registry
from microemo.model.features import Features
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import OVERALL_QUESTION, Question
from microemo.perception import voice_clues
from microemo.perception.word_clues import word_clues
from microemo.report import FORMATS
from microemo.schema import Utterance

PAGE = (Path(__file__).parents[1] / "docs" / "extending.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
TABLES: tuple[Any, ...] = (
    registry.VISION_ENCODERS, registry.AUDIO_ENCODERS, registry.LANGUAGE_MODELS,
    languages.LANGUAGES, FORMATS, layouts.LAYOUTS, voice_clues.MEASURES,
)  # fmt: skip


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The names that the page's examples define; the tables are afterwards as they were."""
    kept = [dict(table) for table in TABLES]
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    for example in EXAMPLES:
        exec(compile(example, "docs/extending.md", "exec"), names)
    yield names
    languages.language.cache_clear()
    for table, rows in zip(TABLES, kept, strict=True):
        table.clear()
        table.update(rows)


def test_encoder_and_language_model_answer(page: dict[str, Any]) -> None:
    vision = page["PatchConfig"](weights=None, hidden_size=32, num_layers=1, num_heads=2, image_size=56)
    language = page["SmallQwenConfig"](weights=None, hidden_size=32, num_layers=2, num_heads=2, max_new_tokens=4)
    config = TINY.model_copy(update={"vision": vision, "language": language})
    assert ModelConfig.model_validate_json(config.model_dump_json()) == config  # it travels with the weights
    model = MicroEmo(config).eval()
    pictures = torch.randint(0, 256, (2, 56, 56, 3), dtype=torch.uint8)
    frames, faces = model.encode_frames(pictures, pictures, torch.tensor([True, False]))
    assert frames.shape == (2, 1 + 16, 32)
    clip = Features(times_sec=(0.0, 0.5), frames=frames, faces=faces, region_masks=torch.rand(2, 7, 16))
    (answer,) = model.answer([clip], [[]], [Question(OVERALL_QUESTION)])
    assert 1 <= len(answer.pieces) <= 4


def test_the_measure_is_known(page: dict[str, Any]) -> None:
    assert voice_clues.MEASURES["f0_slope"] is page["f0_slope"]


def test_the_language_is_understood(page: dict[str, Any]) -> None:
    said = Utterance(index=0, start_sec=0, end_sec=2, text="Mi estas tre feliĉa. Mi ne ĝojas.", source="subtitle")
    assert [clue.kind for clue in word_clues([said], language="eo")] == ["joy_word", "negated_joy_word"]


def test_the_format_is_written(page: dict[str, Any], tmp_path: Path) -> None:
    (path,) = make_result(tmp_path / "a.mp4").save(tmp_path / "out", ["labels"])
    assert path.read_text() == "amused\nannoyed"


def test_the_layout_is_found(page: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("one.happy.mp4", "two.sad.mp4", "three.mp4"):
        (folder / name).touch()
    found = dict(layouts.read("dotted", folder))
    assert found["one.happy.mp4"].labels == ("happy",)
    assert found["three.mp4"] == "three.mp4 names no label"
