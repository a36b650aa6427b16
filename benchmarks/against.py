"""Is the whole path faster than in an earlier revision? Both on this machine, in turns; and the history of releases.

    python benchmarks/against.py [REVISION] [--clip CLIP] [--rounds 3]
    python benchmarks/against.py --keep NAME [--clip CLIP] [--rounds 3]

``microemo bench`` is run on the same clip with the packages that are installed, in a process of its own each time, in
the revision's code and in this; of each the median round by wall time is told, with the ratio of now to then. By
default the revision is the last in ``results/bench.jsonl``, where --keep adds what this checkout takes, under a name.
Seconds of different machines are not to be compared: a row names its processor.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from microemo.bench import demonstration

ROOT = Path(__file__).parents[1]
HISTORY = Path(__file__).parent / "results" / "bench.jsonl"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("revision", nargs="?")
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", metavar="NAME", help="add this checkout to the history, under a name")
    arguments = parser.parse_args()
    clip = arguments.clip or demonstration()
    if arguments.keep:
        taken = median([measured(ROOT / "src", clip) for _ in range(arguments.rounds)])
        kept = {"name": arguments.keep, "revision": git("rev-parse", "HEAD"), "processor": processor(), **taken}
        with HISTORY.open("a") as file:
            print(json.dumps(kept), file=file)
        return
    name, revision = last_release() if arguments.revision is None else (arguments.revision, arguments.revision)
    if not git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"):
        print(f"{name} ({revision[:7]}) is not in this clone: nothing to compare with")
        return
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", revision, "src"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
        subprocess.run(["tar", "--extract", "--directory", folder], input=archive.stdout, check=True)
        try:
            turns = [
                (measured(Path(folder) / "src", clip), measured(ROOT / "src", clip)) for _ in range(arguments.rounds)
            ]
        except subprocess.CalledProcessError as problem:
            sys.exit(f"{' '.join(problem.cmd)}: exit code {problem.returncode}, in {name} or here")
    then, now = (median(runs) for runs in zip(*turns, strict=True))
    print(f"{clip.name}, {now['clip_sec']:.1f} s, on {processor()}, median of {arguments.rounds}; s, now / {name}")
    stages = {name: [seconds(run, name) for run in (then, now)] for name in [stage["name"] for stage in now["stages"]]}
    stages["all"] = [sum(stage["seconds"] for stage in run["stages"]) for run in (then, now)]
    for stage, (before, after) in stages.items():
        print(f"{stage:16}{before:8.2f}{after:8.2f}{after / before if before else float('nan'):8.2f}")


def last_release() -> tuple[str, str]:
    last = json.loads(HISTORY.read_text().splitlines()[-1])
    return last["name"], last["revision"]


def measured(source: Path, clip: Path) -> dict[str, Any]:
    """What ``microemo bench`` says of a clip, run from a source tree."""
    command = [sys.executable, "-m", "microemo", "bench", str(clip), "--json"]
    environment = os.environ | {"PYTHONPATH": str(source)}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def median(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The run in the middle, by the wall time of all stages."""
    return sorted(runs, key=lambda run: sum(stage["seconds"] for stage in run["stages"]))[(len(runs) - 1) // 2]


def seconds(run: dict[str, Any], name: str) -> float:
    return sum(stage["seconds"] for stage in run["stages"] if stage["name"] == name)


def git(*arguments: str) -> str:
    ran = subprocess.run(
        ["git", *arguments], check=False, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return ran.stdout.strip()


def processor() -> str:
    """As the system names it, with the number of cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        import platform

        name = platform.machine()
    return f"{name}, {os.cpu_count()} cores"


if __name__ == "__main__":
    main()
