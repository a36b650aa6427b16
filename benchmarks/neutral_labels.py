"""What neutral people who talk are called, through the whole path.

    PYTHONPATH=. python benchmarks/neutral_labels.py PEDFE RAVDESS OUT.jsonl [--each 6] [--model nano]

Talkers are made as in ``neutral_talkers.py``: the first moments of PEDFE's clips, mostly neutral, of people that nano
has not seen, with the mouth opened by the loudness of a neutral or calm take of RAVDESS's actor 19 or 20, of the same
sex. EACH films a person. Printed is how many are called neutral or calm first, with an interval, and what the others
are called. Films that are done are kept in OUT; a run that is cut short goes on.
"""

import argparse
import json
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from clips import voice_of
from neutral_talkers import film
from shares import proportion

import microemo
from recipes.nano.held_out import expressions, first_family

ACTORS = {"M": 19, "F": 20}
CODES = ("01", "02")  # neutral, calm


def cast(pedfe: Path, ravdess: Path, each: int) -> Iterator[tuple[str, Path, Path]]:
    """A person, one of their clips, and a take."""
    rng = random.Random(0)
    clips: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in expressions(pedfe):
        clips[row["subject"], row["gender"]].append(row["file"])
    for (person, sex), own in clips.items():
        takes = [path for code in CODES for path in sorted(ravdess.glob(f"??-??-{code}-*-{ACTORS[sex]}.flac"))]
        for name in rng.sample(own, min(each, len(own))):
            yield person, pedfe / name, rng.choice(takes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--each", type=int, default=6)
    parser.add_argument("--model", default="nano")
    arguments = parser.parse_args()
    done = [json.loads(line) for line in arguments.out.read_text().splitlines()] if arguments.out.exists() else []
    seen = {row["clip"] for row in done}
    pipeline = microemo.load(arguments.model)
    with tempfile.TemporaryDirectory() as folder, arguments.out.open("a") as file:
        for person, clip, take in cast(arguments.pedfe, arguments.ravdess, arguments.each):
            if clip.name in seen:
                continue
            result = pipeline.analyze(film(clip, voice_of(take), True, Path(folder) / "film.mp4"))
            done.append({
                "clip": clip.name, "person": person, "take": take.name,
                "labels": [emotion.label for emotion in result.overall.emotions],
                "family": first_family(result.overall), "explanation": result.overall.explanation,
            })  # fmt: skip
            print(json.dumps(done[-1]), file=file, flush=True)
    called = Counter(row["family"] for row in done)
    people = len({row["person"] for row in done})
    print(proportion("called neutral or calm", called["neutral"] + called["calm"], len(done)), f"{people} people")
    print(called.most_common())


if __name__ == "__main__":
    main()
