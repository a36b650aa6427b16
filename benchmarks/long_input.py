"""Hours of video: time, memory and disk of perceiving and understanding one clip repeated to 1, 10, 60, 120 minutes.

    python benchmarks/long_input.py [--minutes 1 10 60 120] [--clip CLIP] [--sound SOUND] [--fps 12] [--model nano]

The pictures are CLIP's (by default the fetched demonstration clip's) at a low frame rate, to bound the time; the sound
is SOUND, as long as CLIP (by default a fetched reading). They are encoded once and their packets repeated. Each length
is measured in a process of its own, on Linux, and joins ``results/long_input.json`` beside those measured before, with
the growth exponents over all of them: slopes of log CPU time and of log memory on log length. Memory is the peak of
what is the process's own (RssAnon), and of all that is resident; pages of files, which can be dropped, are only in the
latter. Nano's answers about two hours take hours; with the folder of a small MODEL all that is not the model can be
measured sooner. Exponents are over the lengths of one model.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from clips import SAMPLE_RATE

RESULTS = Path(__file__).parent / "results" / "long_input.json"
STEPS = ("listen", "speech", "faces", "clues", "understand")

MEASURED = """
import json, os, resource, sys, threading, time
from pathlib import Path
from microemo import pipeline

def resident():
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines() if "Rss" in line)
    anonymous = int(fields["RssAnon"].split()[0]) + int(fields["RssShmem"].split()[0])
    return anonymous / 1024, (anonymous + int(fields["RssFile"].split()[0])) / 1024

def temporary():
    size = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            file = os.stat(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the list itself
            continue
        size += file.st_size if file.st_nlink == 0 else 0
    return size / 2**20

steps, now = {}, ["load", time.perf_counter(), time.process_time()]
def enter(step):
    wall, cpu = time.perf_counter(), time.process_time()
    before = steps.setdefault(now[0], {"s": 0.0, "cpu_s": 0.0, "own_mb": 0.0, "resident_mb": 0.0})
    before["s"], before["cpu_s"] = before["s"] + wall - now[1], before["cpu_s"] + cpu - now[2]
    steps.setdefault(step, {"s": 0.0, "cpu_s": 0.0, "own_mb": 0.0, "resident_mb": 0.0})
    now[:] = [step, wall, cpu]

def hook(step, completed, total):
    name = "clues" if step == "faces" and completed == total else step  # who is who, and the clues, come behind
    if name != now[0]:
        enter(name)

def watch():
    while True:
        own, all_ = resident()
        of = steps.get(now[0])  # none at the end
        if of:
            of["own_mb"], of["resident_mb"] = max(of["own_mb"], own), max(of["resident_mb"], all_)
        time.sleep(0.05)

analyzer = pipeline.load(sys.argv[2])
analyzer.model
enter("listen")
threading.Thread(target=watch, daemon=True).start()
clip = analyzer.perceive(sys.argv[1], hook=hook)
disk = temporary()
enter("understand")
result = analyzer.understand(clip, hook)
enter("end")
del steps["end"]
print(json.dumps({"steps": steps, "temporary_files_mb": disk, "utterances": len(result.utterances),
                  "answered": sum(bool(u.emotions) for u in result.utterances), "clues": len(result.clues),
                  "sampled_frames": len(clip.frame_times_sec), "overall": result.overall.explanation,
                  "peak_resident_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1.0, 10.0])
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--sound", type=Path)
    parser.add_argument("--fps", type=int, default=12)
    parser.add_argument("--model", default="nano")
    arguments = parser.parse_args()

    from microemo import weights

    shown = arguments.clip or next(weights.path("demo_clip").glob("*.mp4"))
    heard = arguments.sound or weights.path("speech_samples") / "beckett.wav"
    name = Path(arguments.model).name
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    runs = known.get(name, {"runs": []})["runs"]
    for minutes in arguments.minutes:
        with tempfile.TemporaryDirectory() as scratch:
            short = encode(Path(scratch, "short.mp4"), shown, heard, arguments.fps)
            clip, num_frames = repeat(short, Path(scratch, "long.mp4"), 60 * minutes)
            run = {"minutes": minutes, "fps": arguments.fps, "frames": num_frames, **measured(clip, arguments.model)}
        runs = sorted([*(old for old in runs if old["minutes"] != minutes), run], key=lambda run: run["minutes"])
        known[name] = {"growth_exponents": dict(exponents(runs)), "runs": runs}
        RESULTS.write_text(json.dumps(known, indent=1) + "\n")
        print(*table(run), sep="\n", flush=True)
    print("growth exponents:", dict(exponents(runs)))
    left = [str(minutes) for minutes in (1, 10, 60, 120) if minutes not in {run["minutes"] for run in runs}]
    if left:
        print(f"still to be measured: python benchmarks/long_input.py --minutes {' '.join(left)}")


def encode(path: Path, shown: Path, heard: Path, fps: int) -> Path:
    """A clip's pictures at another rate, and as much of a recording's sound."""
    from microemo.media.audio import waveform
    from microemo.media.probe import probe
    from microemo.media.video import frames

    sound, due, info = waveform(probe(heard)), 0, probe(shown)
    assert sound is not None
    with av.open(str(path), "w") as container:
        picture = container.add_stream("h264", rate=fps, options={"crf": "20", "bf": "0", "g": str(10 * fps)})
        voice = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        picture.height, picture.width = next(frames(info)).image.shape[:2]
        picture.pix_fmt = "yuv420p"
        for frame in frames(info):
            if frame.time_sec * fps >= due:
                container.mux(picture.encode(av.VideoFrame.from_ndarray(frame.image, format="rgb24")))
                due += 1
        container.mux(picture.encode())
        wanted = np.resize(np.asarray(sound), due * SAMPLE_RATE // fps)
        samples = av.AudioFrame.from_ndarray(wanted.astype(np.float32)[None], format="fltp", layout="mono")
        samples.sample_rate, samples.time_base, samples.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
        container.mux(voice.encode(samples))
        container.mux(voice.encode())
    return path


def repeat(short: Path, path: Path, seconds: float) -> tuple[Path, int]:
    """The clip over and over, packet by packet, until the time is over; and the number of frames."""
    with av.open(str(short)) as source, av.open(str(path), "w") as target:
        picture, voice = (source.streams.video[0], source.streams.audio[0])
        streams = {stream.index: target.add_stream_from_template(stream) for stream in (picture, voice)}
        packets = [packet for packet in source.demux(picture, voice) if packet.dts is not None]
        ends = [(packet.pts + packet.duration) * packet.time_base for packet in packets]
        length = max(ends) - min(packet.pts * packet.time_base for packet in packets)  # sound begins before 0
        num_frames = 0
        for start in _starts(length, seconds):
            for packet in packets:
                if start + packet.pts * packet.time_base < seconds:
                    copy = av.Packet(bytes(packet))
                    copy.stream, copy.time_base = streams[packet.stream.index], packet.time_base
                    copy.pts = copy.dts = packet.dts + round(start / packet.time_base)
                    copy.duration, copy.is_keyframe = packet.duration, packet.is_keyframe
                    num_frames += packet.stream.index == picture.index
                    target.mux(copy)
    return path, num_frames


def _starts(length: Fraction, seconds: float) -> Iterator[Fraction]:
    start = Fraction(0)
    while start < seconds:
        yield start
        start += length


def measured(clip: Path, model: str) -> dict[str, Any]:
    """A process's own account of perceiving and understanding a clip."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, str(clip), model], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(run.stdout.splitlines()[-1])


def exponents(runs: list[dict[str, Any]]) -> Iterator[tuple[str, float]]:
    """Of each step's CPU time and own memory, and of all memory; 1 is growth with the length, 0 none."""
    if len(runs) < 2:
        return
    minutes = np.log([run["minutes"] for run in runs])
    for name in STEPS:
        for measure in ("cpu_s", "own_mb"):
            values = [run["steps"][name][measure] for run in runs]
            yield f"{name} {measure}", round(float(np.polyfit(minutes, np.log(np.maximum(values, 1e-3)), 1)[0]), 3)
    peaks = [run["peak_resident_mb"] for run in runs]
    yield "peak_resident_mb", round(float(np.polyfit(minutes, np.log(peaks), 1)[0]), 3)


def table(run: dict[str, Any]) -> Iterator[str]:
    yield f"{run['minutes']:g} minutes, {run['frames']} frames, {run['utterances']} utterances"
    for name in STEPS:
        step = run["steps"][name]
        yield (
            f"  {name:11}{step['s']:9.1f} s {step['cpu_s']:9.1f} CPU s {run['frames'] / max(step['s'], 1e-3):9.1f} fps"
            f"{step['own_mb']:8.0f} MB own {step['resident_mb']:8.0f} MB resident"
        )
    yield f"  peak {run['peak_resident_mb']:.0f} MB resident, {run['temporary_files_mb']:.0f} MB of temporary files"


if __name__ == "__main__":
    main()
