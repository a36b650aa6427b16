"""The frozen encoders' features of FER2013 faces and RAVDESS voices, and lines of MELD: all that alignment reads.

Faces come from ``faces.prepare``; voices are RAVDESS utterances alone and in clips of two or three in a row, by
one speaker, so that utterances differ in emotion within a clip and are measured against one another.
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
from microemo.data.layouts.ravdess import INTENSITIES
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
from recipes.evidence import measure
from recipes.nano.augment import in_frames
from recipes.nano.faces import CHOOSING, EVERY
from recipes.nano.talking import mouth_centres, talking

NORMAL, _ = INTENSITIES
SPEECH = "01"  # the vocal channel in a take's name
TRAIN_ACTORS = range(1, 19)
MARGIN, PAUSE = SAMPLE_RATE // 10, SAMPLE_RATE // 2  # samples about speech, and of silence behind it
MAX_JOINED = 3  # takes in a clip
NUM_WORDS = range(2, 26)  # of a line
HELD_OUT_TALKERS = 8  # of the talk shows' speakers, the last by name


@dataclass(frozen=True)
class SpokenUtterance:
    """One labelled utterance within a voice clip."""

    start_sec: float
    end_sec: float
    family: str
    intensity: float
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


def held_out_talkers(urdu: Path | None) -> list[str | None]:
    """As in the tables of descriptions."""
    return sorted({take.speaker for take in talkers_in(urdu)}, key=str)[-HELD_OUT_TALKERS:]


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
    from silero_vad import get_speech_timestamps, load_silero_vad

    detector = _tools.get("vad") or _tools.setdefault("vad", load_silero_vad())
    found = get_speech_timestamps(torch.from_numpy(sound), detector, sampling_rate=SAMPLE_RATE)
    return (found[0]["start"], found[-1]["end"]) if found else (0, len(sound))


def speech_of(sound: Float[np.ndarray, " N"]) -> Float[np.ndarray, " M"]:
    """A recording from its first word to its last, with a little around."""
    first, last = spoken_in(sound)
    return sound[max(0, first - MARGIN) : last + MARGIN]


_tools: dict[str, Any] = {}  # of a worker process


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
            NORMAL if take.intensity is None else take.intensity,
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
    with get_context("spawn").Pool(workers, _start) as pool, out.with_suffix(".jsonl").open("w") as file:
        features: list[Tensor] = []
        for layers, row in pool.imap(_encode_voice, jobs, chunksize=8):
            file.write(json.dumps({"num_features": len(layers), **row}) + "\n")
            features.append(torch.from_numpy(layers).to(torch.bfloat16))
    save_file({"features": torch.cat(features)}, out.with_suffix(".safetensors"))


def _start() -> None:
    torch.set_num_threads(1)
    assert isinstance(NANO.audio, WhisperConfig)
    _tools["encoder"] = WhisperEncoder(NANO.audio, weights.path("whisper_tiny_en")).eval()


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
    return _tools["encoder"](torch.from_numpy(sound)).numpy().astype(np.float16), row


def tuned_encoder(expression: Path) -> Dinov2Encoder:
    """The vision encoder with the blocks that a run of the expression stage tuned."""
    encoder = Dinov2Encoder(NANO.vision, weights.path("dinov2_vits14")).eval()
    tuned = checkpoint.read_tensors(expression)
    blocks = {name.removeprefix("vision."): tensor for name, tensor in tuned.items() if name.startswith("vision.")}
    unknown = encoder.load_state_dict(blocks, strict=False).unexpected_keys
    if unknown:
        raise ValueError(f"{expression} does not fit the vision encoder: {unknown[:3]}")
    return encoder


@torch.inference_mode()
def write_faces(prepared: Path, which: slice, expression: Path, per_label: int, out: Path, seed: int = 0) -> None:
    """Patch tokens of up to ``per_label`` faces a label: in a frame, aligned, and so talking, in bf16.

    ``expression`` is the run that tuned the vision encoder. Blendshapes are those of the still face.
    """
    encoder = tuned_encoder(expression)
    generator = torch.Generator().manual_seed(seed)
    with np.load(prepared) as arrays:
        data = {name: arrays[name][which] for name in ("raw", "crop", "reg", "bs", "ok", "target")}
    data["y"] = data["target"].argmax(1)
    rng = np.random.default_rng(seed)
    chosen = np.sort(
        np.concatenate(
            [rng.permutation(np.flatnonzero(data["y"] == label))[:per_label] for label in np.unique(data["y"])]
        )
    )

    def encode(pictures: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=compute_dtype(resolve("auto")) == torch.bfloat16):
            batches = pictures.movedim(1, -1).expand(-1, -1, -1, 3).split(64)
            return torch.cat([encoder(batch).to(torch.bfloat16) for batch in batches])

    pictures, views = (torch.from_numpy(data[name][chosen]).movedim(-1, 1) for name in ("raw", "crop"))
    mouths = mouth_centres(torch.from_numpy(data["reg"][chosen]).float())
    spoken = (talking(views / 255, mouths, generator) * 255).byte()

    save_file(
        {
            "frames": encode((in_frames(pictures / 255, generator) * 255).byte()),
            "faces": encode(views),
            "talking": encode(spoken),
            "region_masks": torch.from_numpy(data["reg"][chosen]).to(torch.bfloat16),
            "blendshapes": torch.from_numpy(data["bs"][chosen]),
            "found": torch.from_numpy(data["ok"][chosen]),
            "labels": torch.from_numpy(data["y"][chosen]),
        },
        out,
    )


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
        help="folder of fer2013_train.npz and fer2013_test.npz, as recipes.nano.faces writes",
    )
    parser.add_argument("--meld", type=Path, help="folder with MELD's train_sent_emo.csv and dev_sent_emo.csv")
    parser.add_argument(
        "--expression", type=Path, help="model whose vision blocks the encoder has: the expression stage's run"
    )
    parser.add_argument("--per-label", type=int, default=2000, help="to train on, at most, of a label")
    parser.add_argument("--joined", type=int, default=900, help="clips of several takes to train on")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.ravdess:
        takes = takes_in(arguments.ravdess)
        train = [take for take in takes if actor_of(take) in TRAIN_ACTORS]
        held_out = [take for take in takes if actor_of(take) not in TRAIN_ACTORS]
        train += [take for take in talkers_in(arguments.urdu) if take.speaker not in held_out_talkers(arguments.urdu)]
        write_voices(held_out, 0, 1, arguments.out / "voices_held_out")
        write_voices(train, arguments.joined, 2, arguments.out / "voices_train")
    if arguments.faces:
        run = arguments.expression
        for split, which, per_label, name in (
            ("test", CHOOSING, 150, "held_out"),
            ("train", EVERY, arguments.per_label, "train"),
        ):
            file = arguments.out / f"faces_{name}.safetensors"
            write_faces(arguments.faces / f"fer2013_{split}.npz", which, run, per_label, file)
    if arguments.meld:
        for split, part in (("train", "train"), ("held_out", "dev")):
            (arguments.out / f"lines_{split}.json").write_text(json.dumps(lines_of(arguments.meld, part)))


if __name__ == "__main__":
    main()
