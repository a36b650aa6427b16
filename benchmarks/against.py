"""Is the whole path faster than in an earlier revision? Both on this machine, in turns; and the history of releases.

    python benchmarks/against.py [REVISION] [--clip CLIP] [--rounds 3]
    python benchmarks/against.py REVISION --keep NAME [--clip CLIP] [--rounds 3]

``microemo bench`` is run on the same clip with the packages that are installed, in a process of its own each time, in
the revision's code and in this; of each the median round by wall time is told, with the ratio of now to then. By
default the revision is the last in ``results/bench.jsonl``, where --keep adds what one takes, under a name. Seconds of
different machines are not to be compared: a row names its processor.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
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
    parser.add_argument("--keep", metavar="NAME", help="add the revision to the history, under a name")
    arguments = parser.parse_args()
    clip = arguments.clip or demonstration()
    name, revision = (arguments.revision,) * 2 if arguments.revision else last_release()
    commit = git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if not commit:
        sys.exit(f"{name} ({revision[:7]}) is not in this clone: nothing to compare with")
    with tempfile.TemporaryDirectory() as folder:
        sources = (source_of(commit, Path(folder)), ROOT / "src")
        try:
            turns = [
                [measured(source, clip) for source in sources[: 1 if arguments.keep else 2]]
                for _ in range(arguments.rounds)
            ]
        except subprocess.CalledProcessError as problem:
            sys.exit(f"{' '.join(problem.cmd)}: exit code {problem.returncode}, in {name} or here")
    medians = [median(runs) for runs in zip(*turns, strict=True)]
    if arguments.keep:
        kept = {"name": arguments.keep, "revision": commit, "processor": processor(), **medians[0]}
        with HISTORY.open("a") as file:
            print(json.dumps(kept), file=file)
        return
    print(f"{clip.name} on {processor()}, median of {arguments.rounds}: s in {name}, s now, ratio")
    print(*compared(*medians), sep="\n")


def compared(then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """A line a stage of now, one for all, and one for the memory."""
    for name in [stage["name"] for stage in now["stages"]]:
        before, after = (sum(one["seconds"] for one in run["stages"] if one["name"] == name) for run in (then, now))
        yield f"{name:16}{before:8.2f}{after:8.2f}{after / before if before else 0:8.2f}"
    before, after = whole(then), whole(now)
    yield f"{'all':16}{before:8.2f}{after:8.2f}{after / before:8.2f}"
    before, after = (max(stage["peak_mb"] for stage in run["stages"]) for run in (then, now))
    yield f"{'MB at most':16}{before:8.0f}{after:8.0f}{after / before:8.2f}"


def whole(run: dict[str, Any]) -> float:
    return float(sum(stage["seconds"] for stage in run["stages"]))


def last_release() -> tuple[str, str]:
    last = json.loads(HISTORY.read_text().splitlines()[-1])
    return last["name"], last["revision"]


def source_of(commit: str, folder: Path) -> Path:
    """The source tree of a commit, in a folder."""
    archive = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive.stdout, check=True)
    return folder / "src"


def measured(source: Path, clip: Path) -> dict[str, Any]:
    """What ``microemo bench`` says of a clip, run from a source tree."""
    command = [sys.executable, "-m", "microemo", "bench", str(clip), "--json"]
    environment = os.environ | {"PYTHONPATH": str(source)}
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def median(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The run in the middle, by the wall time of all stages."""
    return sorted(runs, key=whole)[(len(runs) - 1) // 2]


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
