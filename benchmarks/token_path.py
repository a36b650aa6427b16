"""The token path at the paper's sizes against Hugging Face's forward pass over the same parameters.

    python benchmarks/token_path.py [--rounds 5] [--frames 96]

From patch tokens (257 of width 1408 a frame) by the image Q-Former, windows and video Q-Former to the LLM's tokens.
The paths take turns in one process, because machines are shared: compare times within a run only. On a machine that is
not quiet, ``--threads 1`` measures CPU time instead. First what the machine gives at best; last the peak memory of each
path, in a process of its own.
"""

import argparse
import gc
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from microemo.config import NANO, ModelConfig
from microemo.model.features import Features, frames_in
from microemo.model.image_qformer import ImageQFormer
from microemo.model.local_clues import LocalClueAttention
from microemo.model.microemo import MicroEmo
from microemo.model.precision import matrices_to_bf16
from microemo.model.video_qformer import VideoQFormer
from microemo.model.windows import over_windows
from microemo.spans import Span

GRID, FACE = 16, (9, 7)  # patches a side; of the face, which is 63 of 256 as at 100 x 112 of 224 pixels
NUM_UTTERANCES = 8
PRECISIONS = (torch.float32, torch.bfloat16)
BASELINE = "HF, fp32: global"


def config(**switches: bool) -> ModelConfig:
    """The paper's Q-Formers; encoders and LLM are not run."""
    sizes = {"hidden_size": 768, "num_heads": 12, "num_queries": 32, "feed_forward_ratio": 4}
    return NANO.model_copy(
        update={
            "vision": NANO.vision.model_copy(update={"hidden_size": 1408, "num_heads": 16}),
            "image_qformer": NANO.image_qformer.model_copy(update={**sizes, "num_layers": 12}),
            "video_qformer": NANO.video_qformer.model_copy(update={**sizes, "num_layers": 2}),
            "language": NANO.language.model_copy(update={"hidden_size": 4096, "num_layers": 1}),
            **switches,
        }
    )


def build(bf16: bool = False, **switches: bool) -> MicroEmo:
    """A model whose token path has weights; the rest takes no memory."""
    torch.manual_seed(0)
    sizes = config(**switches)
    with torch.device("meta"):
        model = MicroEmo(sizes)
    model.image_qformer = ImageQFormer(sizes.image_qformer, sizes.vision.hidden_size)
    model.video_qformer = VideoQFormer(sizes.video_qformer, 768, 4096, sizes.max_positions)
    if sizes.local_clues:
        model.local_clues = LocalClueAttention(sizes.vision.hidden_size, sizes.vision.num_heads)
    for part in (model.image_qformer, model.video_qformer):  # trained normalisations and biases are not 1 and 0
        for parameter in part.parameters():
            if parameter.dim() == 1:
                torch.nn.init.normal_(parameter, mean=float(parameter.detach().mean().round()), std=0.05)
    if bf16:
        matrices_to_bf16(model)
    return model.eval()


def clip(num_frames: int) -> Features:
    make = torch.Generator().manual_seed(0)
    frames, faces = (torch.randn(num_frames, 1 + GRID**2, 1408, generator=make) for _ in range(2))
    regions = torch.zeros(num_frames, 7, GRID, GRID)
    for region in range(7):
        regions[:, region, 4 : 4 + FACE[0], 4 + region] = 1  # a column of the face
    return Features(tuple(map(float, range(num_frames))), frames, faces, regions.flatten(2))


def spans(num_frames: int) -> list[Span]:
    length = num_frames / NUM_UTTERANCES
    return [Span(index * length, (index + 1) * length) for index in range(NUM_UTTERANCES)]


def ours(model: MicroEmo, features: Features, local: bool) -> Tensor:
    model.config = model.config.model_copy(update={"local_clues": local})
    return torch.stack(list(model.tokens([features], [spans(len(features.times_sec))])[0].values()))


def theirs(model: MicroEmo, features: Features, local: bool) -> Tensor:
    """The same by Hugging Face's classes, all frames in one pass, tokens outside the clue regions masked."""
    assert features.frames is not None and features.faces is not None and features.region_masks is not None
    image, video = model.image_qformer, model.video_qformer
    dtype = image.queries.dtype
    ids, mask = model.timestamps(features.times_sec)

    def read(tokens: Tensor, keep: Tensor | None = None) -> Tensor:
        queries = image.queries.expand(len(ids), -1, -1)
        return image.qformer(
            input_ids=ids,
            attention_mask=torch.cat([mask.new_ones(queries.shape[:2]), mask], dim=1),
            query_embeds=queries,
            encoder_hidden_states=image.vision_norm(tokens.to(dtype)),
            encoder_attention_mask=keep,
        ).last_hidden_state[:, : queries.shape[1]]

    def read_windows(tokens: Tensor, keep: Tensor) -> Tensor:
        queries = video.queries.expand(len(tokens), -1, -1)
        states = video.qformer(queries, encoder_hidden_states=tokens, encoder_attention_mask=keep.long())
        return video.projection(states.last_hidden_state)

    frames = read(features.frames)
    if local:
        clues, keep = model.local_clues(features.faces, features.region_masks)
        found = read(clues, keep.long())
        frames = frames + torch.sigmoid(image.gate(torch.cat([frames, found], dim=-1))) * (found - frames)
    positioned = video.add_positions(image.output(frames))
    utterances = [positioned[frames_in(features.times_sec, span)] for span in spans(len(ids))]
    return over_windows(read_windows, [window.flatten(0, 1) for window in (positioned, *utterances)])


def paths(features: Features) -> dict[str, Callable[[], Callable[[], Tensor]]]:
    """What is compared: each builds its model and returns what is timed."""

    def path(run: Callable[..., Tensor], local: bool, bf16: bool = False) -> Callable[[], Callable[[], Tensor]]:
        def prepare() -> Callable[[], Tensor]:
            model, seen = build(bf16), features
            if bf16:  # what an encoder in bf16 would hand over
                assert features.frames is not None and features.faces is not None
                seen = replace(features, frames=features.frames.bfloat16(), faces=features.faces.bfloat16())
            return lambda: run(model, seen, local)

        return prepare

    def all_bf16() -> Callable[[], Tensor]:
        model = build().to(torch.bfloat16)
        return lambda: theirs(model, features, local=False)

    return {
        BASELINE: path(theirs, local=False),
        "HF, all bf16: global": all_bf16,
        "HF, fp32: global + local": path(theirs, local=True),
        "ours, fp32: global": path(ours, local=False),
        "ours, fp32: global + local": path(ours, local=True),
        "ours, bf16: global": path(ours, local=False, bf16=True),
        "ours, bf16: global + local": path(ours, local=True, bf16=True),
    }


def trainings(features: Features) -> dict[str, Callable[[], Callable[[], Tensor]]]:
    """Forward and backward passes, whose memory counts."""

    def path(checkpointing: bool) -> Callable[[], Callable[[], Tensor]]:
        def prepare() -> Callable[[], Tensor]:
            model = build(activation_checkpointing=checkpointing).train()

            def run() -> Tensor:
                loss = ours(model, features, local=True).square().mean()
                loss.backward()
                return loss

            return run

        return prepare

    return {"training": path(False), "training, checkpointed": path(True)}


def race(features: Features, rounds: int, clock: Callable[[], float]) -> None:
    """Times, ratios to the baseline's in the same run, and differences from Hugging Face's fp32."""
    runs = {name: prepare() for name, prepare in paths(features).items()}
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    results: dict[str, Tensor] = {}
    with torch.inference_mode():
        for _ in range(rounds + 1):
            for name, run in runs.items():
                start = clock()
                results[name] = run().float()
                seconds[name].append(clock() - start)
                print(f"{name}: {seconds[name][-1]:.2f} s", file=sys.stderr)
    print("| path | s (best) | s (median) | x baseline (best) | x baseline (median) | max abs | relative |")
    print("|---|---|---|---|---|---|---|")
    base = seconds[BASELINE][1:]  # the first round warms up
    for name, taken in seconds.items():
        times, exact = taken[1:], results[f"HF, fp32: {name.split(': ')[1]}"]
        off = results[name] - exact
        print(
            f"| {name} | {min(times):.2f} | {statistics.median(times):.2f} | {min(base) / min(times):.2f}"
            f" | {statistics.median(base) / statistics.median(times):.2f}"
            f" | {off.abs().max():.1e} | {off.norm() / exact.norm():.1e} |"
        )


def peak(dtype: torch.dtype, rows: int = 512, repeats: int = 20) -> float:
    """What the machine gives at best: GFLOP a second of a Q-Former's feed-forward map, of a pass's sixteen frames."""
    states, widen = torch.randn(rows, 768, dtype=dtype), torch.nn.Linear(768, 3072, dtype=dtype)
    seconds = []
    with torch.inference_mode():
        for _ in range(10):
            start = time.perf_counter()
            for _ in range(repeats):
                widen(states)
            seconds.append(time.perf_counter() - start)
    return 2 * rows * widen.weight.numel() * repeats / min(seconds) / 1e9


def memory(num_frames: int) -> None:
    """Peak of each path in a process of its own: in all, and above what weights and features take."""
    print("\n| path | peak, GB | above weights and features, GB |\n|---|---|---|")
    for name in (*paths(clip(1)), *trainings(clip(1))):
        options = {"--frames": num_frames, "--threads": torch.get_num_threads(), "--peak-of": name}
        command = [sys.executable, __file__, *(str(word) for option in options.items() for word in option)]
        peak, before = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"| {name} | {peak:.2f} | {peak - before:.2f} |", flush=True)


def peak_of(name: str, features: Features) -> None:
    """Prints the peak while the path runs, and what was held before. Building a model takes more: Linux forgets it."""

    def status_gb(field: str) -> float:
        status = Path("/proc/self/status").read_text()
        return int(status.split(f"{field}:")[1].split()[0]) / 2**20

    run = (paths(features) | trainings(features))[name]()
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before = status_gb("VmRSS")
    with torch.inference_mode(name in paths(features)):
        run()
    print(json.dumps([status_gb("VmHWM"), before]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=96)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="1: measures CPU time")
    parser.add_argument("--peak-of", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    features = clip(arguments.frames)
    if arguments.peak_of:
        peak_of(arguments.peak_of, features)
        return
    print(f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{arguments.frames} frames x {1 + GRID**2} x 1408, {FACE[0] * FACE[1]} local, {NUM_UTTERANCES} utterances\n")
    print(", ".join(f"{peak(dtype):.0f} GFLOP/s in {str(dtype).removeprefix('torch.')}" for dtype in PRECISIONS), "\n")
    race(features, arguments.rounds, time.thread_time if arguments.threads == 1 else time.perf_counter)
    memory(arguments.frames)


if __name__ == "__main__":
    main()
