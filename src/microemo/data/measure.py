"""Measured clues of a sample, kept: a clip is looked at once, however often it is described."""

import hashlib
import json
import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from pydantic import ValidationError

from microemo import files as disk
from microemo.data.manifest import Sample
from microemo.hooks import Hook, silent
from microemo.media.subtitles import Cue
from microemo.media.subtitles import read as read_subtitles
from microemo.schema import Clue, Modality, Record, Utterance
from microemo.weights.cache import cache_dir


class Measured(Record):
    """What perception found in a sample, without its pictures and its sound."""

    duration_sec: float
    modalities: tuple[Modality, ...]
    utterances: tuple[Utterance, ...]
    clues: tuple[Clue, ...]


def measure(sample: Sample, asr: bool = False, hook: Hook = silent) -> Measured:
    """Perceive a sample, or return what was found before in the same files, by the same code, with the same words.

    Words are the sample's own; without any, and with ``asr``, they are recognised. Raises ``InputError`` where a file
    cannot be used.
    """
    cues = cues_of(sample)
    kept = cache_dir() / "clues" / f"{_key(sample, cues, asr)}.json"
    try:
        return Measured.model_validate_json(kept.read_bytes())
    except (OSError, ValidationError):
        measured = _perceive(sample, cues, asr, hook)
        disk.write(kept, measured.model_dump_json().encode())
        return measured


def cues_of(sample: Sample) -> list[Cue] | None:
    """What is said in a sample, and when as far as that is known; None where nothing is known."""
    timed = [
        Cue(utterance.start_sec, utterance.end_sec, utterance.text, utterance.speaker)
        for utterance in sample.utterances
        if utterance.start_sec is not None and utterance.end_sec is not None and utterance.text
    ]
    if timed:
        return timed
    if sample.subtitle_file is not None:
        return read_subtitles(sample.subtitle_file)
    said = sample.subtitle or " ".join(utterance.text for utterance in sample.utterances)
    return [Cue(0.0, math.inf, said, sample.speaker)] if said.strip() else None


def _perceive(sample: Sample, cues: list[Cue] | None, asr: bool, hook: Hook) -> Measured:
    from microemo.config import NANO
    from microemo.pipeline import perceive

    clip = perceive(sample.path, NANO, cues, asr, hook, sample.audio, diarize=False)
    present: dict[Modality, bool] = {
        "face": clip.info.face_seconds > 0,
        "voice": any(one.speech for one in clip.people),
        "words": any(utterance.text for utterance in clip.utterances),
    }
    return Measured(
        duration_sec=clip.info.duration_sec,
        modalities=tuple(modality for modality, there in present.items() if there),
        utterances=clip.utterances,
        clues=clip.main.clues if clip.main else (),
    )


def _key(sample: Sample, cues: Sequence[Cue] | None, asr: bool) -> str:
    """Of all that the clues depend on."""
    media = [disk.sha256(path) for path in (sample.path, sample.audio) if path is not None]
    return hashlib.sha256(json.dumps([media, cues, asr and cues is None, code_sha256()]).encode()).hexdigest()


@cache
def code_sha256() -> str:
    """Hash of the code that measures."""
    digest = hashlib.sha256()
    for package in ("clues", "lexicon", "media", "perception"):
        for file in sorted(Path(str(files("microemo") / package)).rglob("*")):
            if file.suffix in (".py", ".toml"):
                digest.update(file.read_bytes())
    return digest.hexdigest()
