"""The doctor tells what is there, what is missing and how to get it, and whether ``analyze`` will work."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from console import Run
from packaging.requirements import Requirement

from microemo import doctor, pipeline, weights
from microemo.doctor import Check
from microemo.errors import WeightsError
from microemo.media.probe import probe
from microemo.weights import manifest

GOOD = Check("packages", "numpy", "ok", "2.4.6")


def answering(label: str):
    return lambda clip: SimpleNamespace(overall=SimpleNamespace(emotions=[SimpleNamespace(label=label)]))


def failing(error: Exception):
    def analyze(clip: Path) -> None:
        raise error

    return analyze


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which every check but the cheap ones is stubbed: nothing heavy is loaded or hashed."""
    monkeypatch.setattr(doctor, "IMPORTED", ("json",))
    monkeypatch.setattr(doctor, "devices", lambda: iter(()))
    monkeypatch.setattr(doctor, "_loads", lambda library: True)
    monkeypatch.setattr(weights, "verify", lambda: [(name, "ok") for name in manifest.read()])


def test_the_parts_that_analyze_needs_are_those_of_the_manifest() -> None:
    needed = doctor.needed_parts()
    assert {"dinov2_vits14", "smollm2_135m_instruct", "face_landmarker", "whisper_base"} == needed
    assert not needed & pipeline.OPTIONAL.keys()
    assert manifest.read().keys() == needed | doctor.PURPOSE.keys()


@pytest.mark.parametrize(("part", "state"), [("whisper_base", "fails"), ("yamnet", "note")])
def test_an_absent_part_says_how_to_fetch_it(part: str, state: str, well: None, monkeypatch) -> None:
    monkeypatch.setattr(weights, "verify", lambda: [(part, "absent")])
    check = next(check for check in doctor.pretrained() if check.name == part)
    assert (check.state, check.advice) == (state, f"microemo weights fetch {part}")
    assert "MB to fetch" in check.found and ("does without" in check.found) == (state == "note")


def test_a_damaged_part_is_named_with_its_file(well: None, monkeypatch) -> None:
    monkeypatch.setattr(weights, "verify", lambda: [("whisper_base", "damaged: model.bin")])
    check = next(check for check in doctor.pretrained() if check.name == "whisper_base")
    assert check.state == "fails" and "damaged: model.bin" in check.found


@pytest.mark.parametrize(
    ("line", "found", "fits"),
    [
        ("no-such-package>=1", "missing", False),
        ("numpy>=1", None, True),
        ("numpy<1", "but <1 is needed", False),
    ],
)
def test_versions(line: str, found: str | None, fits: bool) -> None:
    told, is_one_of_ours = doctor._installed(Requirement(line))
    assert is_one_of_ours == fits
    assert found is None or found in told


def test_a_package_that_does_not_load_is_a_line(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "IMPORTED", ("json", "no_such_module"))
    (check,) = doctor.imports()
    assert check.state == "fails" and "no_such_module" in check.name and "ModuleNotFoundError" in check.found


@pytest.mark.skipif(sys.platform != "linux", reason="asked for on Linux alone")
def test_a_missing_library_names_its_package(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "LIBRARIES", {"libno_such_thing.so.9": "libnothing9"})
    (check,) = doctor.libraries()
    assert (check.state, check.advice) == ("fails", "apt-get install libnothing9")


def test_a_missing_codec_is_a_note(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "DECODERS", ("h264", "no_such_codec"))
    decoders = next(check for check in doctor.codecs() if check.name == "decoders")
    assert (decoders.state, decoders.found) == ("note", "lacks no_such_codec")


def test_a_full_disk_is_a_note(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MICROEMO_CACHE", str(tmp_path / "none" / "yet"))
    assert doctor.disk().state == "ok" and "0.00 GB" in doctor.disk().found
    monkeypatch.setattr(doctor, "MIN_FREE_GB", 1e12)
    assert doctor.disk().state == "note" and "MICROEMO_CACHE" in doctor.disk().advice


def test_the_made_clip_has_both_streams(tmp_path: Path) -> None:
    info = probe(doctor.make_clip(tmp_path / "made.mp4"))
    assert info.has_video and info.has_audio
    assert info.duration_sec == pytest.approx(doctor.CLIP_SEC, abs=0.1)


def test_the_self_test_tells_label_time_and_failure() -> None:
    passed = doctor.run_self_test(answering("happy"))
    assert passed.state == "ok" and "happy" in passed.found
    failed = doctor.run_self_test(failing(WeightsError("nano: damaged")))
    assert (failed.state, failed.found) == ("fails", "nano: damaged")
    assert "ZeroDivisionError" in doctor.run_self_test(failing(ZeroDivisionError("x"))).found


def test_nothing_is_run_while_something_is_missing(well: None, monkeypatch) -> None:
    monkeypatch.setattr(weights, "verify", lambda: [("whisper_base", "absent")])
    monkeypatch.setattr(doctor, "_analyze", failing(AssertionError("was run")))
    checks = doctor.examine()
    assert checks[-1].group == "self-test" and "not run: whisper_base" in checks[-1].found
    assert not doctor.works(checks)


@pytest.mark.skipif(sys.platform != "linux", reason="libraries are asked for on Linux alone")
def test_a_library_is_excused_where_the_whole_path_runs(well: None, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "_loads", lambda library: library != "libGL.so.1")
    assert not doctor.works(doctor.examine(self_test=False))
    monkeypatch.setattr(doctor, "_analyze", answering("happy"))
    assert doctor.works(doctor.examine())


def test_the_command_prints_a_table_or_json(run: Run, well: None, monkeypatch) -> None:
    table = run("doctor", "--no-self-test")
    assert (table.code, table.stderr) == (0, "")
    assert "whisper_base" in table.stdout and "analyze will work" in table.stdout
    monkeypatch.setattr(weights, "verify", lambda: [("whisper_base", "absent")])
    told = run("doctor", "--json", "--no-self-test")
    document = json.loads(told.stdout)
    assert (told.code, document["works"]) == (1, False)
    assert {"group", "name", "state", "found", "advice"} == document["checks"][0].keys()


@pytest.mark.weights
def test_the_whole_path_runs() -> None:
    assert doctor.run_self_test().state == "ok"
