"""A new clue is a row and at most one function: a copy of the package gets two, and measures, says and shows them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import microemo

PACKAGE = Path(microemo.__file__).parent

TONGUE_SHOW = """
[tongue_show]
action_unit = "AU19"
region = "forehead"
blendshapes = ["jawForward"]
neutral = [0.0, 0.1]
peak = 0.5
min_sec = 0.4
phrase = "tongue shown"
clauses = ["the tongue shows", "the tongue is put out"]
predicates = ["shows {their} tongue", "shows the tip of {their} tongue", "puts {their} tongue far out"]
keywords = ["tongue*"]
families = ["disgusted"]
"""

PITCH_CLIMBING = """
[pitch_climbing]
measure = "f0_slope"
unit = "semitones/s"
neutral = [-1.0, 1.0]
span = 10.0
phrase = "climbing pitch"
clauses = ["the pitch climbs to the end"]
predicates = ["{their} voice climbs", "{their} voice climbs a little", "{their} voice climbs steeply"]
keywords = ["pitch climbs"]
families = ["surprised"]
"""

F0_SLOPE = '''

@registered
def f0_slope(voice: Voice) -> Reading:
    """Semitones a second."""
    return _reading(voice, float(np.polyfit(voice.times_sec, voice.f0, 1)[0]), voice.f0)
'''

PROGRAM = """
import json
import numpy as np
from microemo.clues import clue_clause
from microemo.data.association import known
from microemo.model.prompt import parts, prompt_utterances
from microemo.claims.readings import Evidence
from microemo.parse import claims_in
from microemo.perception import voice_clues
from microemo.perception.clues import measure_clues
from microemo.perception.landmarks import BLENDSHAPES
from microemo.report import timeline, wording
from microemo.schema import Answer, ClipInfo, FaceTrack, ModelInfo, ResultRecord, Utterance
from microemo.spans import Span

utterance = Utterance(index=0, start_sec=0, end_sec=3, text="", source="asr")
blendshapes = np.zeros((75, 52))
blendshapes[25:50, BLENDSHAPES.index("jawForward")] = 0.6
track = FaceTrack(np.arange(75) / 25, np.zeros((75, 4)), blendshapes)
times_sec = np.arange(150) / 50
level = np.full(150, -15.0)
voice_clues.voice_in = lambda *_: voice_clues.Voice(utterance, times_sec, 6 * times_sec, level, level)
clues = measure_clues(track, voice_clues.voices_in(np.zeros(1), [utterance], []), [utterance], [], [utterance.span])
told = Evidence(None, clues)
new = {clue.kind: clue for clue in clues if clue.kind in ("tongue_show", "pitch_climbing")}
pieces = parts(prompt_utterances([utterance], clues), frozenset())
prompt = "".join(str(piece) for part in pieces for piece in part)
result = ResultRecord(
    clip=ClipInfo(path="a.mp4", duration_sec=3, has_video=True, has_audio=True, face_seconds=3), overall=Answer(),
    utterances=(), clues=clues, abstained=False, microemo_version="0",
    model=ModelInfo(name="none", version="0", weights_sha256=""),
)
print(json.dumps({kind: {
    "modality": clue.modality,
    "prompted": f"{clue_clause(clue)} [{clue.id}]" in prompt,
    "claims": [c.is_borne_out and c.clues == (clue.id,) for c in claims_in(f"{clue_clause(clue)}.", told, Span(0, 3))],
    "denied": [c.is_borne_out for c in claims_in(f"{clue_clause(clue)}.", Evidence(None, ()), Span(0, 3))],
    "value": wording.quantity(clue.value, clue.kind),
    "action_unit": wording.action_units().get(kind),
    "families": list(known()[kind]),
} for kind, clue in new.items()} | {"lanes": [lane.name for lane in timeline.lay_out(result).lanes]}))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict:
    copy = tmp_path_factory.mktemp("copy") / "microemo"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("*.safetensors", "__pycache__"))
    for file, added in (
        ("clues/facial.toml", TONGUE_SHOW),
        ("clues/vocal.toml", PITCH_CLIMBING),
        ("perception/voice_clues.py", F0_SLOPE),
    ):
        with (copy / file).open("a") as target:
            target.write(added)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=copy.parent, env={"PYTHONPATH": str(copy.parent)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_facial_clue_is_a_row(results: dict) -> None:
    assert results["tongue_show"] == {
        "modality": "face", "prompted": True, "claims": [True], "denied": [False], "value": "0.60",
        "action_unit": "AU19", "families": ["disgusted", "haughty"],
    }  # fmt: skip


def test_a_new_vocal_clue_is_a_row_and_a_function(results: dict) -> None:
    assert results["pitch_climbing"] == {
        "modality": "voice", "prompted": True, "claims": [True], "denied": [False], "value": "6.0 semitones/s",
        "action_unit": None, "families": ["surprised"],
    }  # fmt: skip


def test_new_clues_have_lanes(results: dict) -> None:
    assert results["lanes"][-2:] == ["forehead", "voice"]
