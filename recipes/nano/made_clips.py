"""The made clips that tables of descriptions tell of, as the frozen encoders see and hear them, person by person.

    python -m recipes.nano.made_clips PEDFE RAVDESS URDU --expression RUN --out data/features/made [--variants 2]

A table (``recipes.descriptions``) names the recordings that it is made of. Of each person in it their voice is laid in
silence, each recording from its first word on where the table has it, and their face is sampled as ``analyze`` does,
somewhere in an empty frame. Where they speak, half of the views get a mouth as open as the voice is loud then.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from safetensors.torch import save_file
from torch import Tensor

from microemo.media import video
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.model.features import Features
from microemo.perception.sampling import sample_times
from microemo.schema import Utterance
from recipes.descriptions.table import Table
from recipes.nano.augment import in_frames
from recipes.nano.faces import row
from recipes.nano.features import hearing, seeing, speech_of
from recipes.nano.talking import OPENING, mouth_centres, talking

TABLES = Path(__file__).parents[1] / "descriptions" / "tables.jsonl"
AT_ONCE = 2e-3  # seconds by which rounded times of the same moment may differ
TALKING_SHARE = 0.5  # of the views of a face that speaks
GAIN, NOISE = (0.4, 1.8), (-4.5, -2.7)  # of a varied voice; powers of ten
LOUD = 0.9  # quantile of a voice's loudness at which its mouth is wide open


@dataclass(frozen=True)
class Placed:
    """A recording in a made clip: of which corpus, which one, and from when to when."""

    corpus: str
    name: str
    start_sec: float
    end_sec: float


@dataclass(frozen=True)
class Part:
    """A person's part in a table: the utterances in which they are labelled, their faces and their voices."""

    person: str
    utterances: tuple[int, ...]
    faces: tuple[Placed, ...]
    voices: tuple[Placed, ...]


def parts_of(table: Table) -> list[Part]:
    """One for each person: who is labelled first in an utterance speaks, those behind them listen."""
    labelled: dict[str, list[int]] = defaultdict(list)
    seen: dict[str, list[Placed]] = defaultdict(list)
    heard: dict[str, list[Placed]] = defaultdict(list)
    for utterance, (speaker, *listeners) in zip(table.utterances, table.labels, strict=True):
        start, end = utterance.span
        own = [source for source in table.made_of if abs(source.start_sec - start) < AT_ONCE]
        placed = [Placed(source.corpus, source.name, start, end) for source in own]
        faces = [one for one in placed if one.corpus == "pedfe"]
        heard[speaker.person] += [one for one in placed if one.corpus != "pedfe"]
        shown = [speaker.person] * (len(faces) - len(listeners)) + [one.person for one in listeners]
        for person, face in zip(shown, faces, strict=True):
            seen[person].append(face)
        for one in (speaker, *listeners):
            labelled[one.person].append(utterance.index)
    return [
        Part(person, tuple(labelled[person]), tuple(seen[person]), tuple(heard[person]))
        for person in table.who
        if person in labelled
    ]


class Recordings:
    """The recordings of the corpora, by their names in tables."""

    def __init__(self, pedfe: Path, ravdess: Path, urdu: Path) -> None:
        self.paths: Mapping[str, dict[str, Path]] = {
            "pedfe": {path.stem: path for path in pedfe.glob("clips/*.mp4")},
            "ravdess": {path.stem: path for path in ravdess.glob("*.flac")},
            "urdu": {f"{path.parent.name}-{path.stem}": path for path in urdu.glob("*/*.opus")},
        }

    def sound(self, part: Part, duration_sec: float) -> Float[np.ndarray, " N"] | None:
        """The person's voice in silence; None of who says nothing."""
        if not part.voices:
            return None
        laid = np.zeros(round(duration_sec * SAMPLE_RATE), np.float32)
        for one in part.voices:
            start, end = (round(at * SAMPLE_RATE) for at in (one.start_sec, one.end_sec))
            piece = speech_of(np.asarray(waveform(probe(self.paths[one.corpus][one.name])), np.float32))
            piece = piece[: min(end, len(laid)) - start]
            laid[start : start + len(piece)] = piece
        return laid

    def pictures(self, face: Placed) -> Iterator[tuple[float, UInt8[np.ndarray, "H W 3"]]]:
        """Times in the made clip, and pictures, where ``analyze`` would sample them and the clip lasts."""
        whole = Utterance(index=0, start_sec=face.start_sec, end_sec=face.end_sec, source="window")
        shown = list(video.frames(probe(self.paths[face.corpus][face.name])))
        times = np.array([frame.time_sec for frame in shown])
        for time_sec in sample_times([whole]):
            since = time_sec - face.start_sec
            if since <= times[-1]:
                yield time_sec, shown[int(np.abs(times - since).argmin())].image


def loudness(sound: Float[np.ndarray, " N"], times_sec: Sequence[float]) -> list[float]:
    """How loud a voice is at some moments, from 0 to 1, by its own loudest."""
    window = SAMPLE_RATE // 20
    levels = np.sqrt(np.convolve(sound**2, np.ones(window) / window, mode="same"))
    loud = float(np.quantile(levels[levels > 1e-4], LOUD)) if (levels > 1e-4).any() else 1.0
    return [min(1.0, float(levels[min(int(at * SAMPLE_RATE), len(levels) - 1)]) / loud) for at in times_sec]


@dataclass(frozen=True)
class Job:
    recordings: Recordings
    expression: Path
    table: Table
    part: Part
    variant: int


@torch.inference_mode()
def encoded(job: Job) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """A part's row of the index, and its features. The first variant of a voice is as it was recorded."""
    rng = np.random.default_rng([job.variant, int(job.table.id[1:]), int(job.part.person[1:])])
    generator = torch.Generator().manual_seed(int(rng.integers(2**62)))
    sound = job.recordings.sound(job.part, job.table.duration_sec)
    features: dict[str, Tensor] = {}
    if sound is not None:
        if job.variant:
            noise = rng.standard_normal(len(sound)) * 10 ** rng.uniform(*NOISE)
            sound = np.clip(sound * rng.uniform(*GAIN) + noise, -1, 1).astype(np.float32)
        features["audio"] = hearing()(torch.from_numpy(sound))
    found = [(time_sec, row(image)) for face in job.part.faces for time_sec, image in job.recordings.pictures(face)]
    found = [(time_sec, seen) for time_sec, seen in found if seen["ok"]]
    times = [time_sec for time_sec, _ in found]
    if found:
        pictures, views = (
            torch.from_numpy(np.stack([seen[name] for _, seen in found])).movedim(-1, 1) / 255
            for name in ("raw", "crop")
        )
        masks = torch.from_numpy(np.stack([seen["reg"] for _, seen in found])).float()
        if sound is not None:
            loud = torch.tensor(loudness(sound, times))
            opening = OPENING[1] * loud * (torch.rand(len(times), generator=generator) < TALKING_SHARE)
            views = talking(views, mouth_centres(masks), generator, opening)
        encode = seeing(job.expression)
        features["frames"] = encode((in_frames(pictures, generator) * 255).byte().movedim(1, -1))
        features["faces"] = encode((views * 255).byte().movedim(1, -1))
        features["region_masks"] = masks
    index = {"table": job.table.id, "person": job.part.person, "variant": job.variant, "times_sec": times}
    return index | {"num_sounds": len(features.get("audio", ()))}, {
        name: tensor.to(torch.bfloat16) for name, tensor in features.items()
    }


def write(jobs: Sequence[Job], out: Path, workers: int = 2) -> None:
    """``out.safetensors``, all parts end to end, and ``out.jsonl``, a row each with its times and lengths."""
    columns: dict[str, list[Tensor]] = defaultdict(list)
    with (
        get_context("spawn").Pool(workers, torch.set_num_threads, (1,)) as pool,
        out.with_suffix(".jsonl").open("w") as file,
    ):
        for index, features in pool.imap(encoded, jobs, chunksize=4):
            print(json.dumps(index), file=file)
            for name, tensor in features.items():
                columns[name].append(tensor)
    joined = {name: torch.cat(columns.pop(name)) for name in sorted(columns)}  # gigabytes: never there twice
    save_file(joined, out.with_suffix(".safetensors"))


def read(path: Path) -> Iterator[tuple[dict[str, Any], Features]]:
    """Each part's row and features, in the order in which they were written; nothing is copied."""
    from safetensors.torch import load_file

    columns, seen, heard = load_file(path.with_suffix(".safetensors")), 0, 0
    for line in path.with_suffix(".jsonl").read_text().splitlines():
        index = json.loads(line)
        pictures = slice(seen, seen + len(index["times_sec"]))
        sounds = slice(heard, heard + index["num_sounds"])
        seen, heard = pictures.stop, sounds.stop
        features = Features(audio=columns["audio"][sounds] if index["num_sounds"] else None)
        if index["times_sec"]:
            features = replace(
                features,
                times_sec=tuple(index["times_sec"]),
                frames=columns["frames"][pictures],
                faces=columns["faces"][pictures],
                region_masks=columns["region_masks"][pictures],
            )
        yield index, features


def tables(path: Path = TABLES) -> dict[str, Table]:
    rows = (Table.model_validate_json(line) for line in path.read_text().splitlines())
    return {table.id: table for table in rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for corpus in ("pedfe", "ravdess", "urdu"):
        parser.add_argument(corpus, type=Path)
    parser.add_argument("--expression", type=Path, required=True, help="folder with the tuned vision encoder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--variants", type=int, default=2)
    arguments = parser.parse_args()
    recordings = Recordings(arguments.pedfe, arguments.ravdess, arguments.urdu)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write(
        [
            Job(recordings, arguments.expression, table, part, variant)
            for table in tables().values()
            for part in parts_of(table)
            for variant in range(arguments.variants)
        ],
        arguments.out,
    )


if __name__ == "__main__":
    main()
