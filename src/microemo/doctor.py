"""What is installed, what is missing and how to get it: the checks behind ``microemo doctor``.

Nothing heavy is imported before its own check, so that a broken package is a line of the table and not a crash.
"""

import ctypes
import importlib
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import numpy as np

from microemo import weights
from microemo.errors import reason

State = Literal["ok", "note", "fails"]
"""Fine; something is missing that ``analyze`` does without; ``analyze`` fails without it."""

SHIPPED = Path(__file__).parent / "weights" / "nano"
PERCEPTION = ("face_landmarker", "whisper_base")  # asked for by every clip with a face or a voice; see the pipeline
PURPOSE = {
    "demo_clip": "make demo",
    "speech_samples": "our own tests",
    "minilm_l6_v2": "microemo evaluate",
    "pyannote_segmentation": "telling several speakers apart",
    "campplus": "telling several speakers apart",
    "face_recognition": "telling several faces apart",
    "hand_landmarker": "hands before the face",
    "yamnet": "laughter, crying, sighs",
}
"""What is not to be had without a part that ``analyze`` can do without."""

IMPORTED = (
    "av", "cv2", "faster_whisper", "mediapipe", "onnxruntime", "safetensors", "silero_vad", "soxr", "swift_f0", "torch",
    "transformers",
)  # fmt: skip
LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libxcb.so.1": "libxcb1",
}
"""Shared libraries that MediaPipe and OpenCV load, and the Debian packages that have them."""

DECODERS = ("h264", "hevc", "vp9", "libdav1d", "mpeg4", "mjpeg", "aac", "mp3", "opus", "flac", "pcm_s16le")
ENCODERS = ("libx264", "aac")  # of the recording that a report embeds
MIN_FREE_GB = 1.0
CLIP_SEC = 2.0


@dataclass(frozen=True)
class Check:
    """One line: what was looked at, what was found and, where something is amiss, what to do."""

    group: str
    name: str
    state: State
    found: str
    advice: str = ""


def examine(self_test: bool = True) -> list[Check]:
    """All checks, those of the system first; the self-test (some ten seconds) is left out where it cannot run."""
    checks = [*system(), *packages(), *imports(), *extras(), *libraries(), *codecs(), *devices(), *pretrained(), disk()]
    if not self_test:
        return checks
    blocked = [check for check in checks if check.state == "fails" and check.group != "system libraries"]
    if blocked:
        names = ", ".join(check.name for check in blocked)
        return [*checks, Check("self-test", "nano on a made clip", "fails", f"not run: {names}", "mend these first")]
    test = run_self_test()
    return [*(_excused(check) if test.state == "ok" else check for check in checks), test]


def works(checks: Iterable[Check]) -> bool:
    """Whether ``microemo analyze`` will work."""
    return all(check.state != "fails" for check in checks)


def _excused(check: Check) -> Check:
    """A library is not needed after all, if the whole path runs without it: builds of OpenCV differ."""
    return replace(check, state="note") if check.state == "fails" else check


def system() -> Iterator[Check]:
    """MicroEmo, Python, the machine."""
    yield Check("system", "microemo", "ok", metadata.version("microemo"))
    new_enough = sys.version_info >= (3, 11)
    yield Check(
        "system", "Python", "ok" if new_enough else "fails", f"{platform.python_version()} ({sys.executable})",
        "" if new_enough else "install Python 3.11 or newer",
    )  # fmt: skip
    on_linux = sys.platform == "linux"
    yield Check(
        "system", "machine", "ok" if on_linux else "note", f"{platform.platform()}, {_memory()}",
        "" if on_linux else "MicroEmo has been tried on Linux alone",
    )  # fmt: skip


def _memory() -> str:
    cores = f"{os.cpu_count()} cores"
    if "SC_PHYS_PAGES" not in os.sysconf_names:
        return cores
    return f"{cores}, {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.1f} GB memory"


def packages() -> Iterator[Check]:
    """What ``pip install microemo`` brings, each in its range."""
    for requirement in _requirements(None):
        found, fits = _installed(requirement)
        advice = "" if fits else f"pip install '{requirement}'"
        yield Check("packages", requirement.name, "ok" if fits else "fails", found, advice)


def extras() -> Iterator[Check]:
    """Each extra that a user may want, as a whole, with what it lacks."""
    for extra in sorted(set(metadata.metadata("microemo").get_all("Provides-Extra") or ()) - {"dev", "docs"}):
        lacking = [requirement.name for requirement in _requirements(extra) if not _installed(requirement)[1]]
        found = f"lacks {', '.join(lacking)}" if lacking else "complete"
        advice = f"pip install 'microemo[{extra}]'" if lacking else ""
        yield Check("extras", extra, "note" if lacking else "ok", found, advice)


def _requirements(extra: str | None) -> list[Any]:
    """Of the package itself, or what an extra adds to it."""
    from packaging.requirements import Requirement

    all_of_them = [Requirement(line) for line in metadata.requires("microemo") or ()]
    base = [one for one in all_of_them if one.marker is None or one.marker.evaluate({"extra": ""})]
    if extra is None:
        return base
    added = [one for one in all_of_them if one not in base and one.marker and one.marker.evaluate({"extra": extra})]
    return [one for one in added if one.name != "microemo"]  # an extra that has another one in it


def _installed(requirement: Any) -> tuple[str, bool]:
    """The version that is there, and whether it is one that we ask for."""
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return "missing", False
    fits = requirement.specifier.contains(version, prereleases=True)
    return version if fits else f"{version}, but {requirement.specifier} is needed", fits


def imports() -> Iterator[Check]:
    """Whether the heavy packages load at all: system libraries and builds go wrong here."""
    broken = dict(filter(None, map(_import_error, IMPORTED)))
    for name, problem in broken.items():
        yield Check("packages", f"import {name}", "fails", problem, "see the system libraries below, or reinstall it")
    if not broken:
        yield Check("packages", "imports", "ok", f"all {len(IMPORTED)} heavy packages load")


def _import_error(name: str) -> tuple[str, str] | None:
    try:
        importlib.import_module(name)
    except Exception as error:
        return name, f"{type(error).__name__}: {error}"
    return None


def libraries() -> Iterator[Check]:
    """Shared libraries of the system, on Linux."""
    for library, package in LIBRARIES.items() if sys.platform == "linux" else ():
        there = _loads(library)
        advice = "" if there else f"apt-get install {package}"
        yield Check("system libraries", library, "ok" if there else "fails", "here" if there else "missing", advice)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def codecs() -> Iterator[Check]:
    """What PyAV's own FFmpeg reads and writes."""
    try:
        import av
    except ImportError:
        return
    yield Check("codecs", "FFmpeg", "ok", f"{av.ffmpeg_version_info} in PyAV {av.__version__}")
    for kind, names, mode in (("decoders", DECODERS, "r"), ("encoders", ENCODERS, "w")):
        lacking = [name for name in names if not _has_codec(name, mode)]
        found = f"lacks {', '.join(lacking)}" if lacking else ", ".join(names)
        advice = "pip install --force-reinstall --only-binary av av" if lacking else ""
        yield Check("codecs", kind, "note" if lacking else "ok", found, advice)


def _has_codec(name: str, mode: Any) -> bool:
    import av

    try:
        av.Codec(name, mode)
    except ValueError:  # PyAV's own error of an unknown codec is one
        return False
    return True


def devices() -> Iterator[Check]:
    """Where the model runs."""
    try:
        import torch

        from microemo.device import compute_dtype, resolve

        device = resolve("auto")
    except Exception:  # said by ``imports``
        return
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    precision = str(compute_dtype(device)).removeprefix("torch.")
    found = (
        f"{device.type}: {name}, {torch.get_num_threads()} threads, torch {torch.__version__}, trains in {precision}"
    )
    yield Check("device", "device", "ok", found)


def pretrained() -> Iterator[Check]:
    """Every part by its checksums, the model that the package ships among them."""
    file = SHIPPED / "model.safetensors"
    found = f"{file.stat().st_size / 1e6:.1f} MB" if file.is_file() else "missing"
    advice = "" if file.is_file() else "reinstall microemo"
    yield Check("weights", "nano (shipped)", "ok" if file.is_file() else "fails", found, advice)
    needed = needed_parts()
    sizes = {part.name: part.download_bytes / 1e6 for part in weights.status()}
    for name, state in weights.verify():
        if state == "ok":
            yield Check("weights", name, "ok", "checksums hold")
            continue
        lacking = "" if name in needed else f"; analyze does without: {PURPOSE.get(name, 'not asked for by nano')}"
        found = f"{state} ({sizes[name]:.0f} MB to fetch){lacking}"
        severity: State = "fails" if name in needed else "note"
        yield Check("weights", name, severity, found, f"microemo weights fetch {name}")


def needed_parts() -> set[str]:
    """What the shipped model is built on, and what perception asks for in every clip."""
    config = json.loads((SHIPPED / "config.json").read_text(encoding="utf-8"))
    named = {part["weights"] for part in config.values() if isinstance(part, dict) and part.get("weights")}
    return named | set(PERCEPTION)


def disk() -> Check:
    """How much the cache holds, and how much more it could."""
    cache = weights.cache_dir()
    existing = next(folder for folder in (cache, *cache.absolute().parents) if folder.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    held_gb = sum(file.stat().st_size for file in cache.rglob("*") if file.is_file()) / 1e9
    roomy = free_gb >= MIN_FREE_GB
    return Check(
        "weights", "cache", "ok" if roomy else "note", f"{cache}: {held_gb:.2f} GB, {free_gb:.1f} GB free",
        "" if roomy else "free some space, or name another folder in MICROEMO_CACHE",
    )  # fmt: skip


def run_self_test(analyze: Callable[[Path], Any] | None = None) -> Check:
    """A made clip of two seconds through the shipped model, from the file to the label."""
    began = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory() as folder:
            result = (analyze or _analyze)(make_clip(Path(folder) / "self_test.mp4"))
        label = result.overall.emotions[0].label
    except Exception as error:
        advice = "microemo analyze CLIP --debug shows the traceback"
        return Check("self-test", "nano on a made clip", "fails", reason(error), advice)
    took_sec = time.perf_counter() - began
    return Check("self-test", "nano on a made clip", "ok", f"{took_sec:.1f} s from file to label ({label})")


def _analyze(clip: Path) -> Any:
    import microemo

    return microemo.load().analyze(clip, subtitles=[(0.2, 1.8, "I am so happy!")])


def make_clip(path: Path) -> Path:
    """Two seconds of a grey picture that brightens, with a tone; what is said comes as subtitles."""
    import av

    rate, fps = 44_100, 10
    with av.open(str(path), "w") as target:
        video = target.add_stream("libx264", rate=fps)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        audio = target.add_stream("aac", rate=rate, layout="mono")
        for index in range(int(fps * CLIP_SEC)):
            picture = np.full((120, 160, 3), 60 + 6 * index, np.uint8)
            target.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        target.mux(video.encode(None))
        tone = np.sin(2 * np.pi * 220 * np.arange(int(rate * CLIP_SEC)) / rate).astype(np.float32)
        sound = av.AudioFrame.from_ndarray(tone[None] / 4, "fltp", "mono")
        sound.rate, sound.pts = rate, 0
        resampler = av.AudioResampler(audio.codec_context.format, "mono", rate, frame_size=1024)
        for piece in [*resampler.resample(sound), *resampler.resample(None)]:
            target.mux(audio.encode(piece))
        target.mux(audio.encode(None))
    return path
