"""The frozen encoders' features of faces and voices, and lines of MELD: all that ``pairs`` reads.

Faces are FER2013's and RAF-DB's, from ``faces.prepare``; voices are RAVDESS utterances alone and in clips of two or
three in a row, by one speaker, so that utterances differ in emotion within a clip and are measured against one another.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from safetensors.torch import save_file
from torch import Tensor

from microemo import weights
from microemo.config import NANO, WhisperConfig
from microemo.data import layouts, manifest
from microemo.data.association import family
from microemo.data.layouts import meld
from microemo.data.manifest import Sample
from microemo.device import compute_dtype, resolve
from microemo.errors import InputError
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.model import checkpoint
from microemo.model.dinov2 import Dinov2Encoder
from microemo.model.whisper import WhisperEncoder
from microemo.perception.voice_clues import voice_clues
from microemo.schema import Clue, Utterance
from microemo.spans import Span
from recipes.descriptions.tables import TRAIN_ACTORS, held_out_talkers
from recipes.evidence import measure
from recipes.nano.augment import in_frames
from recipes.nano.faces import CHOOSING, EVERY
from recipes.nano.talking import mouth_centres, talking

SPEECH = "01"  # the vocal channel in a take's name
MARGIN, PAUSE = SAMPLE_RATE // 10, SAMPLE_RATE // 2  # samples about speech, and of silence behind it
MAX_JOINED = 3  # takes in a clip
NUM_WORDS = range(2, 26)  # of a line
BATCH = 64  # pictures encoded at once
FACES = ("fer2013", "rafdb")


@dataclass(frozen=True)
class SpokenUtterance:
    """One labelled utterance within a voice clip."""

    start_sec: float
    end_sec: float
    family: str
    intensity: float | None
    text: str
    clues: tuple[Clue, ...]


def takes_in(ravdess: Path) -> list[Sample]:
    """RAVDESS's speech in a folder, without its songs, in the order of the takes' names.

    Raises ``InputError`` as ``data.manifest.admit`` does.
    """
    takes = manifest.admit(ravdess, layouts.read("ravdess", ravdess)).samples
    return [take for take in takes if take.name.split("-")[1] == SPEECH]


def actor_of(take: Sample) -> int:
    """The actor's number."""
    return int(take.speaker or 0)


def speaker_of(take: Sample) -> str:
    """Who speaks, of which corpus."""
    return f"{take.source} {take.speaker}"


def talkers_in(urdu: Path | None) -> list[Sample]:
    """The utterances of talk shows in a folder, none without one."""
    return [sample for sample, _ in measure.urdu(urdu)] if urdu else []


def voice_clips(takes: Sequence[Sample], num_joined: int, seed: int) -> list[list[Sample]]:
    """Every take alone, and ``num_joined`` clips of two or three takes of one speaker."""
    rng = random.Random(seed)
    by_speaker: dict[str, list[Sample]] = {}
    for take in takes:
        by_speaker.setdefault(speaker_of(take), []).append(take)
    speakers = sorted(name for name, own in by_speaker.items() if len(own) >= MAX_JOINED)
    joined = [rng.sample(by_speaker[rng.choice(speakers)], rng.choice((2, 2, MAX_JOINED))) for _ in range(num_joined)]
    return [[take] for take in takes] + joined


def join(takes: Sequence[Sample], gain: float, speed: float) -> tuple[np.ndarray, list[Span]]:
    """The takes' speech in a row, and each one's span of it, in seconds; ``speed`` resamples, which moves the pitch.

    It begins with the first word, as a chunk does when it is analysed (``pipeline.encode``).
    """
    pieces, spans, offset = [], [], 0
    for take in takes:
        sound = np.asarray(waveform(probe(take.audio or take.path)), np.float32)
        if speed != 1:
            positions = np.arange(0, len(sound) - 1, speed)
            sound = np.interp(positions, np.arange(len(sound)), sound).astype(np.float32)
        first, last = spoken_in(sound)
        piece = sound[max(0, first - MARGIN) : last + PAUSE] * gain
        length = min(len(piece), last - first + 2 * MARGIN)
        spans.append(Span(offset / SAMPLE_RATE, (offset + length) / SAMPLE_RATE))
        pieces.append(piece)
        offset += len(piece)
    return np.concatenate(pieces), spans


def spoken_in(sound: Float[np.ndarray, " N"]) -> tuple[int, int]:
    """The first and the last sample of speech; all of a sound in which none is found."""
    from silero_vad import get_speech_timestamps

    found = get_speech_timestamps(torch.from_numpy(sound), detector(), sampling_rate=SAMPLE_RATE)
    return (found[0]["start"], found[-1]["end"]) if found else (0, len(sound))


def speech_of(sound: Float[np.ndarray, " N"]) -> Float[np.ndarray, " M"]:
    """A recording from its first word to its last, with a little around."""
    first, last = spoken_in(sound)
    return sound[max(0, first - MARGIN) : last + MARGIN]


@cache
def detector() -> Any:
    """Of speech; one a worker process."""
    from silero_vad import load_silero_vad

    return load_silero_vad()


@cache
def hearing() -> WhisperEncoder:
    """nano's audio encoder; one a worker process."""
    assert isinstance(NANO.audio, WhisperConfig)
    return WhisperEncoder(NANO.audio, weights.path(str(NANO.audio.weights))).eval()


@cache
def seeing(expression: Path) -> Dinov2Encoder:
    """The vision encoder with the blocks that a run of the expression stage tuned; one a worker process.

    Raises ``InputError`` where they do not fit.
    """
    config = checkpoint.read_config(expression).vision
    encoder = Dinov2Encoder(config, weights.path(str(config.weights))).eval()
    tuned = checkpoint.read_tensors(expression)
    blocks = {name.removeprefix("vision."): tensor for name, tensor in tuned.items() if name.startswith("vision.")}
    unknown = encoder.load_state_dict(blocks, strict=False).unexpected_keys
    if unknown:
        raise InputError(f"{expression} does not fit the vision encoder: {unknown[:3]}")
    return encoder


def spoken(sound: np.ndarray, takes: Sequence[Sample], spans: Sequence[Span]) -> list[SpokenUtterance]:
    """The utterances of a clip with the vocal clues measured in them."""
    utterances = [
        Utterance(index=index, start_sec=start, end_sec=end, text=take.subtitle, source="asr")
        for index, (take, (start, end)) in enumerate(zip(takes, spans, strict=True))
    ]
    clues = voice_clues(sound, utterances, spans)
    return [
        SpokenUtterance(
            start,
            end,
            take.labels[0],
            take.intensity,
            take.subtitle,
            tuple(clue for clue in clues if start <= clue.apex_sec < end),
        )
        for take, (start, end) in zip(takes, spans, strict=True)
    ]


def write_voices(takes: Sequence[Sample], num_joined: int, variants: int, out: Path, workers: int = 2) -> None:
    """``out.safetensors`` (all layers of the audio encoder, clips end to end, bf16) and ``out.jsonl`` (utterances).

    Takes alone are there ``variants`` times: once as they are, then varied; joined ones are varied, once.
    """
    jobs = [
        (clip, variant == 0 and len(clip) == 1, seed * variants + variant)
        for seed, clip in enumerate(voice_clips(takes, num_joined, seed=0))
        for variant in range(variants if len(clip) == 1 else 1)
    ]
    with (
        get_context("spawn").Pool(workers, torch.set_num_threads, (1,)) as pool,
        out.with_suffix(".jsonl").open("w") as file,
    ):
        features: list[Tensor] = []
        for layers, row in pool.imap(_encode_voice, jobs, chunksize=8):
            file.write(json.dumps({"num_features": len(layers), **row}) + "\n")
            features.append(torch.from_numpy(layers).to(torch.bfloat16))
    save_file({"features": torch.cat(features)}, out.with_suffix(".safetensors"))


@torch.inference_mode()
def _encode_voice(job: tuple[Sequence[Sample], bool, int]) -> tuple[np.ndarray, dict[str, Any]]:
    """A clip's features, its speaker and its utterances as JSON; varied in speed, level and noise unless ``plain``."""
    takes, plain, seed = job
    rng = random.Random(seed)
    sound, spans = join(takes, 1.0 if plain else rng.uniform(0.3, 2.0), 1.0 if plain else rng.uniform(0.93, 1.08))
    if not plain:
        noise = np.random.default_rng(seed).standard_normal(len(sound)).astype(np.float32)
        sound = np.clip(sound + noise * 10 ** rng.uniform(-4.5, -2.7), -1, 1).astype(np.float32)
    utterances = [
        {**asdict(utterance), "clues": [clue.model_dump() for clue in utterance.clues]}
        for utterance in spoken(sound, takes, spans)
    ]
    row = {"speaker": speaker_of(takes[0]), "utterances": utterances}
    return hearing()(torch.from_numpy(sound)).numpy().astype(np.float16), row


def write_faces(
    prepared: Sequence[Path], which: slice, expression: Path, per_label: int, out: Path, seed: int = 0
) -> None:
    """Patch tokens of up to ``per_label`` faces a label and corpus: in a frame, aligned, and so talking, in bf16.

    ``expression`` is the run that tuned the vision encoder. Blendshapes, shape and pose are those of the still face.
    """
    parts = [faces_of(path, which, expression, per_label, seed) for path in prepared]
    save_file({name: torch.cat([part[name] for part in parts]) for name in parts[0]}, out)


@torch.inference_mode()
def faces_of(prepared: Path, which: slice, expression: Path, per_label: int, seed: int) -> dict[str, Tensor]:
    """The columns of ``write_faces``, of one corpus."""
    with np.load(prepared) as arrays:
        data = {name: arrays[name][which] for name in ("raw", "crop", "reg", "bs", "shape", "pose", "ok", "target")}
    labels = data.pop("target").argmax(1)
    rng = np.random.default_rng(seed)
    several = [rng.permutation(np.flatnonzero(labels == label))[:per_label] for label in np.unique(labels)]
    chosen = np.sort(np.concatenate(several))
    raw, crop, regions, blendshapes, shape, pose, found = (torch.from_numpy(column[chosen]) for column in data.values())
    generator = torch.Generator().manual_seed(seed)
    encoder = seeing(expression)

    def encode(pictures: Float[Tensor, "B C S S"]) -> Float[Tensor, "B 1+P D"]:
        with torch.autocast("cpu", torch.bfloat16, enabled=compute_dtype(resolve("auto")) == torch.bfloat16):
            shown = (pictures * 255).byte().movedim(1, -1).expand(-1, -1, -1, 3)
            return encoder(shown).to(torch.bfloat16)

    columns: dict[str, list[Tensor]] = {"frames": [], "faces": [], "talking": []}
    for some in torch.arange(len(chosen)).split(BATCH):
        pictures, views = (column[some].movedim(-1, 1) / 255 for column in (raw, crop))
        columns["frames"].append(encode(in_frames(pictures, generator)))
        columns["faces"].append(encode(views))
        columns["talking"].append(encode(talking(views, mouth_centres(regions[some].float()), generator)))
    return {name: torch.cat(batches) for name, batches in columns.items()} | {
        "region_masks": regions.to(torch.bfloat16),
        "blendshapes": blendshapes,
        "shape": shape,
        "pose": pose,
        "found": found,
        "labels": torch.from_numpy(labels[chosen]),
    }


def lines_of(folder: Path, part: str) -> dict[str, list[str]]:
    """Dialogue lines by family, of one of the parts of MELD whose tables are in the folder."""
    lines: dict[str, list[str]] = defaultdict(list)
    for place, line in meld.lines(folder):
        if isinstance(line, str):
            raise InputError(f"{folder}: {place}: {line}")
        if line.part == part and len(line.text.split()) in NUM_WORDS:
            lines[family(line.label)].append(line.text.replace('"', "'"))
    return dict(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ravdess", type=Path, help="folder of RAVDESS recordings")
    parser.add_argument("--urdu", type=Path, help="folder of the talk shows' voices, trained on beside RAVDESS's")
    parser.add_argument(
        "--faces",
        type=Path,
        help="folder of FER2013's and RAF-DB's pictures, as recipes.nano.faces prepares them",
    )
    parser.add_argument("--meld", type=Path, help="folder with MELD's train_sent_emo.csv and dev_sent_emo.csv")
    parser.add_argument(
        "--expression", type=Path, help="model whose vision blocks the encoder has: the expression stage's run"
    )
    parser.add_argument(
        "--per-label", type=int, default=2000, help="faces to train on, at most, of a label of a corpus"
    )
    parser.add_argument("--joined", type=int, default=900, help="clips of several takes to train on")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.ravdess:
        takes = takes_in(arguments.ravdess)
        train = [take for take in takes if actor_of(take) in TRAIN_ACTORS]
        held_out = [take for take in takes if actor_of(take) not in TRAIN_ACTORS]
        talkers = talkers_in(arguments.urdu)
        unheard = held_out_talkers(str(take.speaker) for take in talkers)
        train += [take for take in talkers if take.speaker not in unheard]
        write_voices(held_out, 0, 1, arguments.out / "voices_held_out")
        write_voices(train, arguments.joined, 2, arguments.out / "voices_train")
    if arguments.faces:
        run = arguments.expression
        for split, which, per_label, name in (
            ("test", CHOOSING, 150, "held_out"),
            ("train", EVERY, arguments.per_label, "train"),
        ):
            file = arguments.out / f"faces_{name}.safetensors"
            prepared = [arguments.faces / f"{corpus}_{split}.npz" for corpus in FACES]
            write_faces(prepared, which, run, per_label, file)
    if arguments.meld:
        for split, part in (("train", "train"), ("held_out", "dev")):
            (arguments.out / f"lines_{split}.json").write_text(json.dumps(lines_of(arguments.meld, part)))


if __name__ == "__main__":
    main()
