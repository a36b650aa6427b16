"""How long, and in how much memory, ``microemo evaluate`` scores many predictions (synthetic, published layout).

    python benchmarks/evaluation.py [--clips 115000] [--wheels DIR] [--texts]

Labels are drawn from our lexicon by Zipf's law, 1 to 6 a clip, half of a prediction's from the truth; one label in
a hundred is a made-up word. With --texts, predictions are sentences, from which labels have to be extracted first.
"""

import argparse
import csv
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from microemo.lexicon.labels import lexicon

PROGRAM = """
import resource, sys
from microemo.cli import main
sys.argv[0] = "microemo"
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF)
    print("used", used.ru_maxrss, used.ru_utime + used.ru_stime, file=sys.stderr)
"""


def write(folder: Path, num_clips: int, texts: bool) -> tuple[Path, Path]:
    """Truth and predictions."""
    rng = random.Random(0)
    words = sorted({place.word for place in lexicon().values()})
    rng.shuffle(words)
    weights = [1 / rank for rank in range(1, len(words) + 1)]

    def drawn() -> list[str]:
        labels = rng.choices(words, weights, k=rng.randint(1, 6))
        return [f"{label}ish-{rng.randint(0, 99)}" if rng.random() < 0.01 else label for label in labels]

    truth, predicted = folder / "truth.csv", folder / "predicted.csv"
    with truth.open("w", newline="") as first, predicted.open("w", newline="") as second:
        gold, said = csv.writer(first), csv.writer(second)
        gold.writerow(["name", "openset"])
        said.writerow(["name", "reason" if texts else "openset"])
        for number in range(num_clips):
            true = drawn()
            labels = [label for label in true if rng.random() < 0.5] + drawn()[:3]
            gold.writerow([f"sample_{number:08}", str(true)])
            said.writerow([f"sample_{number:08}", sentence(labels) if texts else str(labels)])
    return truth, predicted


def sentence(labels: list[str]) -> str:
    return (
        "In the video, the person looks straight at the camera with slightly raised brows and pressed lips. The voice "
        f"rises at the end of the sentence. It seems that they feel {', '.join(labels[:-1])} and {labels[-1]}, and "
        "they do not look bored at all while their friend keeps on talking beside them in the kitchen."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=115_000)
    parser.add_argument("--wheels", type=Path, help="published tables; default: our own")
    parser.add_argument("--texts", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        truth, predicted = write(Path(folder), arguments.clips, arguments.texts)
        tables = ["--pred", predicted, "--gt", truth, "--out", f"{folder}/out"]
        command = [sys.executable, "-c", PROGRAM, "evaluate", *tables]
        command += ["--wheels", arguments.wheels] if arguments.wheels else []
        begun = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - begun
    print(done.stdout, end="")
    _, peak_kb, cpu_sec = next(line for line in done.stderr.splitlines() if line.startswith("used ")).split()
    print(
        f"{arguments.clips:,} predictions: {seconds:.1f} s ({float(cpu_sec):.1f} s of processor time), "
        f"peak {int(peak_kb) / 2**20:.2f} GB, exit code {done.returncode}"
    )


if __name__ == "__main__":
    main()
