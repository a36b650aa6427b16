"""Clips that perception has not found, but might have: what they show tells their label, so that it can be learnt.

Also a program that trains on them, to be killed or joined.
"""

import os
import signal
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from one_person import one_person_clip

from microemo.config import ModelConfig
from microemo.data import manifest
from microemo.data.manifest import AnnotatedUtterance, Sample
from microemo.errors import InputError
from microemo.media.subtitles import Cue
from microemo.schema import Clip, ClipInfo, Clue, Utterance
from microemo.train import config as configs
from microemo.train import encoded, run
from microemo.train.clips import Clips

LABELS = ("happy", "sad", "angry")
SEC = 2.0  # of an utterance


def perceive(path: Path, config: ModelConfig, cues: Sequence[Cue] | None = None, *_: Any, **__: Any) -> Clip:
    """In the place of ``pipeline.perceive``: ``NAME-LABEL-LABEL.mp4`` has two utterances, of these labels.

    Pictures are as bright, and the sound as loud, as the label's place among ``LABELS``. "broken" cannot be read, in
    "nobody" there is nobody, "mute" ones have no sound.
    """
    name, *labels = path.stem.split("-")
    if name == "broken":
        raise InputError(f"{path}: cannot be read")
    rng = np.random.default_rng(zlib.crc32(path.stem.encode()))
    levels = np.repeat([(1 + LABELS.index(label)) / len(LABELS) for label in labels], 4)
    side, num = config.vision.image_size, 4 * len(labels)
    pictures = (levels[:, None, None, None] * rng.integers(100, 256, (num, side, side, 3))).astype(np.uint8)
    there, has_speech = name != "nobody", not name.startswith("mute")
    masks = np.zeros((num, config.num_regions, config.vision.grid**2), np.float32)
    masks[:, 0, :2] = there
    sound = np.repeat(levels, int(16_000 * SEC / 4)) * rng.normal(size=int(16_000 * SEC * len(labels))) * 0.3
    utterances = [
        Utterance(index=index, start_sec=SEC * index, end_sec=SEC * (index + 1), text="Well." * there, source="asr")
        for index in range(len(labels))
    ]
    clue = {
        "modality": "face",
        "region": "brows",
        "kind": "brow_lowerer",
        "value": 0.6,
        "baseline": 0.1,
        "strength": 0.9,
    }
    return one_person_clip(
        info=ClipInfo(
            path=str(path), duration_sec=SEC * len(labels), has_video=True, has_audio=has_speech, face_seconds=1
        ),
        frame_times_sec=np.arange(num) * SEC / 4,
        frames=pictures,
        faces=pictures,
        face_mask=np.full(num, there),
        region_masks=masks,
        waveform=sound.astype(np.float32) if has_speech else None,
        utterances=tuple(utterances),
        clues=tuple(
            Clue(id=5 + index, start_sec=SEC * index, apex_sec=SEC * index + 1, end_sec=SEC * index + 1.5, **clue)
            for index in range(len(labels))
        ),
        speech=((0.0, SEC * len(labels)),) if there and has_speech else (),
    )


def sample(folder: Path, name: str, **changes: Any) -> Sample:
    """One of those clips; its utterances are labelled if there are several."""
    file = folder / f"{name}.mp4"
    file.write_text(name)
    labels = tuple(name.split("-")[1:])
    utterances = [
        AnnotatedUtterance(start_sec=SEC * n, end_sec=SEC * n + SEC, text="Well.", labels=(label,))
        for n, label in enumerate(labels)
    ]
    fields = {"name": name, "path": file, "utterances": utterances if len(labels) > 1 else ()}
    return Sample.model_validate(fields | {"labels": labels if len(labels) == 1 else ()} | changes)


def write_manifest(folder: Path, num: int = 6, extra: Sequence[str] = ()) -> Path:
    """``num`` clips a label, the last two of each for validation; ``extra`` ones to train on."""
    samples = [
        sample(folder, f"{number}-{label}", split="validation" if number >= num - 2 else "train")
        for label in LABELS
        for number in range(num)
    ]
    samples += [sample(folder, name, split="train") for name in extra]
    return manifest.write(folder / "clips.jsonl", samples)


Counted = Callable[..., Clip]


def counted(calls: list[Path]) -> Counted:
    """``perceive`` that writes down what it is called for."""

    def perceive_and_count(path: Path, *arguments: Any, **named: Any) -> Clip:
        calls.append(path)
        return perceive(path, *arguments, **named)

    return perceive_and_count


if __name__ == "__main__":
    # A run's configuration, and the number of the example at which to be killed.
    encoded.perceive, example, left = perceive, Clips.example, [int(number) for number in sys.argv[2:]]

    def until_killed(self: Clips, *arguments: Any) -> Any:
        left[:] = [number - 1 for number in left]
        if any(number < 0 for number in left):
            os.kill(os.getpid(), signal.SIGKILL)
        return example(self, *arguments)

    Clips.example = until_killed  # type: ignore[method-assign]
    run.train(configs.load(Path(sys.argv[1])))
