"""A study of clips that were never recorded: what a file says is what becomes of it. Also a program that runs a batch.

Every analysis that begins is a line in the study's hidden file ``.begun``, so that tests can count.
"""

import os
import signal
import sys
import time
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
from one_person import one_person_clip

from microemo.batch import Settings, Stages, run
from microemo.data.manifest import Sample
from microemo.errors import InputError, WeightsError
from microemo.result import Result
from microemo.schema import (
    Answer,
    Clip,
    ClipInfo,
    Clue,
    Emotion,
    ModelInfo,
    PersonAnswer,
    Utterance,
    UtteranceAnswer,
)

SETTINGS = Settings(formats=("json",))


class MadeStages(Stages):
    """Perception does as the file says, and what is understood of it is how bright it is."""

    def perceive(self, sample: Sample) -> Clip:
        with (sample.path.parent / ".begun").open("a") as begun:
            begun.write(f"{sample.name}\n")
        match sample.path.read_text().split():
            case ["broken", *_]:
                raise InputError(f"{sample.name}: cannot be opened")
            case ["bug", *_]:
                raise RuntimeError("first line\nsecond line")
            case ["weights", *_]:
                raise WeightsError("face_landmarker: cannot be fetched")
            case ["deadly", *_]:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["deadly_once", *_] if begun_of(sample.path.parent)[sample.name] == 1:
                os.kill(os.getpid(), signal.SIGKILL)
            case ["wait" | "wait,", *_]:
                while not (sample.path.parent / ".go").exists():
                    time.sleep(0.02)
        return clip_of(sample.path, self.pipeline.config.vision.image_size, self.pipeline.config.vision.grid)

    def understand(self, clip: Clip) -> Result:
        answer = Answer(emotions=(Emotion(label="bright", confidence=float(clip.people[0].views[:].mean()) / 255),))
        return Result(
            clip=clip.info,
            people=(PersonAnswer(**clip.people[0].person.model_dump(), overall=answer),),
            main_person="P1",
            overall=answer,
            utterances=tuple(UtteranceAnswer(**one.model_dump(), emotions=answer.emotions) for one in clip.utterances),
            clues=clip.clues,
            abstained=False,
            model=ModelInfo(name=self.pipeline.config.name, version="0", weights_sha256="0" * 64),
            microemo_version="0",
        )


def clip_of(path: Path, side: int, grid: int) -> Clip:
    """Two seconds of a face and a voice, drawn by what the file says."""
    rng = np.random.default_rng(zlib.crc32(path.read_bytes()))
    return one_person_clip(
        info=ClipInfo(path=str(path), duration_sec=2, has_video=True, has_audio=True, face_seconds=2),
        frame_times_sec=np.arange(4) / 2,
        frames=rng.integers(0, 256, (4, side, side, 3), np.uint8),
        faces=rng.integers(0, 256, (4, side, side, 3), np.uint8),
        face_mask=np.full(4, True),
        region_masks=np.ones((4, 7, grid**2), np.float32),
        waveform=rng.normal(size=32_000).astype(np.float32) * 0.1,
        utterances=(Utterance(index=0, start_sec=0, end_sec=2, text="Well.", source="asr"),),
        clues=(
            Clue(id=1, modality="face", region="brows", kind="brow_lowerer", start_sec=0.5, apex_sec=1, end_sec=1.5,
                 value=round(float(rng.random()), 3), baseline=0.1, strength=0.9),
        ),
        speech=((0.0, 2.0),),
    )  # fmt: skip


def write(folder: Path, **says: str) -> Path:
    """A folder with ``NAME.mp4`` for each name, which says what is given."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in says.items():
        (folder / f"{name}.mp4").write_text(text)
    return folder


def begun_of(folder: Path) -> Counter[str]:
    """How often each clip was begun."""
    begun = folder / ".begun"
    return Counter(begun.read_text().splitlines()) if begun.exists() else Counter()


def dataset(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((out / "dataset").iterdir())}


if __name__ == "__main__":
    study, out, model, engine = sys.argv[1:]
    run([study], Path(out), MadeStages(model, SETTINGS), engine, workers=1)
