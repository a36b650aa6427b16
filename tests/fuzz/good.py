"""A few good files of each kind that people give us."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from report_samples import make_result
from written_media import write_media

from microemo import report
from microemo.corrections import identity
from microemo.data import manifest

MEDIA = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".wav", ".mp3", ".m4a", ".flac")
SOUND_ALONE = (".wav", ".mp3", ".m4a", ".flac")
SRT = "1\n00:00:00,500 --> 00:00:02,000\nANNA: I am so happy!\n\n2\n00:00:02,100 --> 00:00:03,000\nNo.\n"
VTT = "WEBVTT\n\n00:00.500 --> 00:02.000 align:start\n<v Anna>I am so happy!\n\n00:02.100 --> 00:03.000\nNo.\n"
ASS = "[Events]\nFormat: Start, End, Name, Text\nDialogue: 0:00:00.50,0:00:02.00,Anna,{\\i1}I am so happy!\n"
TABLE = (
    "file,subtitle,label,speaker,split\n"
    'clip.mp4,I am so happy!,"happy, glad",anna,train\n'
    "voice.wav,No.,angry,bert,test\n"
)
PREDICTED = 'name,openset,confidence\nclip,"happy, glad",0.9\nvoice,angry,0.8\n'
LINES = (
    '{"name": "clip", "path": "clip.mp4", "subtitle": "I am so happy!", "labels": ["happy"], "speaker": "anna"}\n'
    '{"name": "voice", "path": "voice.wav", "labels": ["angry", "cross"], "intensity": 0.9}\n'
)
DESIGN = "clip,person,condition,age\nclip,P1,before,31\nvoice,P1,after,45\n"


def files(folder: Path) -> Mapping[str, list[Path]]:
    """By kind. Manifests name clips that lie beside them."""
    media = [_media(folder / f"clip{suffix}") for suffix in MEDIA]
    (folder / "voice.wav").write_bytes((folder / "clip.wav").read_bytes())
    result = make_result(Path("clip.mp4"))
    transcripts = [*report.save(result, folder / "tiers", ("eaf", "textgrid"))]
    corrections = {
        "corrections_version": 1,
        "clip": "clip.mp4",
        "result": identity(result),
        "corrected_at": "2026-11-28T10:00:00Z",
        "utterances": [{"utterance": 0, "start_sec": 0.1, "parts": [{"labels": ["grieving"], "note": "A loss."}]}],
    }
    return {
        "media": media,
        "subtitles": [*_texts(folder, {"a.srt": SRT, "a.vtt": VTT, "a.ass": ASS}), *transcripts],
        "manifest": [*_texts(folder, {"rows.jsonl": LINES}), _parquet(folder)],
        "table": _texts(folder, {"table.csv": TABLE}),
        "predictions": _texts(folder, {"predicted.csv": PREDICTED}),
        "design": _texts(folder, {"design.csv": DESIGN}),
        "result": report.save(result, folder / "result", ("json",)),
        "corrections": _texts(folder, {"corrections.json": json.dumps(corrections)}),
    }


def _media(path: Path) -> Path:
    """Half a second of a moving square and of a hum."""
    sound = 0.3 * np.sin(np.arange(24_000) / 20)[None].astype(np.float32)
    if path.suffix in SOUND_ALONE:
        return write_media(path, sound=sound)
    images = [np.zeros((48, 64, 3), np.uint8) for _ in range(12)]
    for place, image in enumerate(images):
        image[10:30, 3 * place : 3 * place + 20] = 200
    return write_media(path, images, sound=sound)


def _parquet(folder: Path) -> Path:
    return manifest.write(folder / "rows.parquet", manifest.read(folder / "rows.jsonl").samples)


def _texts(folder: Path, texts: Mapping[str, str]) -> list[Path]:
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]
