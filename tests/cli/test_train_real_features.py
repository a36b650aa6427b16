"""The ``tiny`` preset on what perception finds in real media: the loss falls, and the result analyses a file."""

import json
from pathlib import Path

import numpy as np
import pytest
from clips import SAMPLE_RATE, still, write
from console import Run

from microemo import weights
from microemo.data import manifest
from microemo.data.manifest import Sample
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.media.video import frames

pytestmark = pytest.mark.weights

PIECE_SEC, STEP_SEC = 2.0, 0.5


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Speech in pieces, under a face that smiles or does not: a manifest."""
    folder = tmp_path_factory.mktemp("clips")
    demo = next(weights.path("demo_clip").glob("*.mp4"))
    shown = {"sad": 3.0, "happy": 15.0}
    faces = {}
    for label, second in shown.items():
        picture = next(frame.image for frame in frames(probe(demo)) if frame.time_sec > second)
        height, width = picture.shape[:2]
        side = min(height, width)
        faces[label] = still(picture[:side, (width - side) // 2 : (width + side) // 2])
    sound = np.asarray(waveform(probe(weights.path("speech_samples") / "beckett.wav")))
    samples = []
    for number in range(8):
        label = "sad" if number % 2 else "happy"
        piece = sound[int(number * STEP_SEC * SAMPLE_RATE) :][: int(PIECE_SEC * SAMPLE_RATE)]
        path = write(folder / f"{number}.mp4", [(faces[label], len(piece) / SAMPLE_RATE)], piece)
        split = "validation" if number >= 6 else "train"
        samples.append(Sample(name=path.stem, path=path, labels=(label,), subtitle="Well, well.", split=split))
    return manifest.write(folder / "clips.jsonl", samples)


CONFIG = """
stage: instruction
data: {data}
output: model
model: {{preset: tiny}}
epochs: 15
batch_size: 3
micro_batch_size: 3
alignment_share: 1.0
optimizer: {{learning_rate: 0.01, warmup_steps: 5}}
"""


def test_tiny_learns_from_real_features_by_the_command_line(run: Run, clips: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(CONFIG.format(data=clips))
    trained = run("train", "tiny.yaml", "cache.directory=cache")
    assert trained.stderr == "" and trained.code == 0
    assert trained.stdout.startswith("model: 30 steps, best validation loss ")
    entries = [json.loads(line) for line in (tmp_path / "model" / "log.jsonl").read_text().splitlines()]
    losses = [entry["loss"] for entry in entries if "loss" in entry]
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:5])
    analysed = run("analyze", str(clips.parent / "0.mp4"), "--model", "model", "--no-asr", "--json")
    assert analysed.code == 0
    assert json.loads(analysed.stdout)["model"]["name"] == "tiny"
