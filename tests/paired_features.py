"""A folder of label-paired features, as a fixture for whatever puts clips together from them."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from microemo.config import TINY
from microemo.lexicon import FAMILIES
from recipes.nano import made_clips
from recipes.nano.faces import FACE_FAMILIES

PATCHES, SIZE, LAYERS = TINY.vision.grid**2, TINY.vision.hidden_size, len(TINY.audio.read_layers)
CLIP_FEATURES = 100  # two seconds


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``recipes.nano.features`` writes, of no real person: a label is a channel, of faces and voices alike."""
    folder = tmp_path_factory.mktemp("features")
    rng = np.random.default_rng(0)
    for split, num in (("train", 4), ("held_out", 2)):
        labels = torch.arange(len(FACE_FAMILIES)).repeat(num)
        tokens = channel(labels.numpy(), (1 + PATCHES, SIZE), rng)
        faces = {
            "frames": tokens.bfloat16(), "faces": tokens.bfloat16(), "talking": tokens.bfloat16(),
            "region_masks": torch.ones(len(labels), TINY.num_regions, PATCHES).bfloat16(),
            "blendshapes": torch.rand(len(labels), 52), "shape": torch.rand(len(labels), 70, 3),
            "pose": torch.zeros(len(labels), 3),
            "found": labels != 4, "labels": labels,
        }  # fmt: skip
        save_file({name: tensor.contiguous() for name, tensor in faces.items()}, folder / f"faces_{split}.safetensors")
        clips = [[family] for family in FAMILIES for _ in range(num)] + [["happy", "sad"]]
        write_voices(folder / f"voices_{split}", clips, rng)
        lines = {family: [f"I am {family} now."] for family in FACE_FAMILIES}
        (folder / f"lines_{split}.json").write_text(json.dumps(lines))
    write_made(folder / "made", ("a0001", "a0002", "a0003", "a0004"), 1 + PATCHES, SIZE, LAYERS)
    return folder


def write_made(path: Path, tables: Sequence[str], num_tokens: int, size: int, layers: int) -> None:
    """What ``recipes.nano.made_clips`` writes of some tables: two frames an utterance in which there is a face."""
    columns: dict[str, list[torch.Tensor]] = {"frames": [], "faces": [], "region_masks": [], "audio": []}
    known = made_clips.tables()
    with path.with_suffix(".jsonl").open("w") as file:
        for table in (known[name] for name in tables):
            for part in made_clips.parts_of(table):
                times = [start for face in part.faces for start in (face.start_sec, face.start_sec + 0.3)]
                num_sounds = round(50 * table.duration_sec) * bool(part.voices)
                row = {"table": table.id, "person": part.person, "variant": 0, "times_sec": times}
                print(json.dumps(row | {"num_sounds": num_sounds}), file=file)
                for name in ("frames", "faces"):
                    columns[name].append(torch.rand(len(times), num_tokens, size).bfloat16())
                columns["region_masks"].append(torch.rand(len(times), TINY.num_regions, num_tokens - 1).bfloat16())
                columns["audio"].append(torch.rand(num_sounds, layers, size).bfloat16())
    save_file({name: torch.cat(each) for name, each in columns.items()}, path.with_suffix(".safetensors"))


def channel(places: np.ndarray, shape: tuple[int, int], rng: np.random.Generator) -> torch.Tensor:
    """(N, *shape): noise, and for each of the N places a channel that stands out."""
    tokens = torch.from_numpy(rng.normal(size=(len(places), *shape)))
    tokens[torch.arange(len(places)), :, torch.from_numpy(places)] += 5
    return tokens


def write_voices(path: Path, clips: list[list[str]], rng: np.random.Generator) -> None:
    rows, sounds = [], []
    for families in clips:
        places = np.repeat([FAMILIES.index(family) for family in families], CLIP_FEATURES)
        sounds.append(channel(places, (LAYERS, SIZE), rng))
        utterances = [
            {"start_sec": 2.0 * n, "end_sec": 2.0 * n + 2, "family": family, "intensity": 0.3, "text": "", "clues": []}
            for n, family in enumerate(families)
        ]
        rows.append(
            json.dumps({"num_features": len(places), "speaker": f"RAVDESS {len(rows) % 2}", "utterances": utterances})
        )
    path.with_suffix(".jsonl").write_text("\n".join(rows) + "\n")
    save_file({"features": torch.cat(sounds).bfloat16()}, path.with_suffix(".safetensors"))


def prepared_faces(folder: Path) -> Path:
    """Pictures as ``faces.prepare`` leaves them: each as bright as its label's number."""
    rng = np.random.default_rng(0)
    for name, num in itertools.product(("fer2013", "rafdb", "pedfe"), (42, 14)):
        labels = np.arange(num) % 7
        channels = 1 if name == "fer2013" else 3
        pictures = (labels[:, None, None, None] * 30 + rng.integers(0, 30, (num, 56, 56, channels))).astype(np.uint8)
        targets, split = np.eye(7, dtype=np.float32)[labels], "train" if num == 42 else "test"
        np.savez(
            folder / f"{name}_{split}.npz",
            raw=pictures, crop=pictures, ok=labels != 3, target=targets, clip=labels.astype(str),
        )  # fmt: skip
    return folder
