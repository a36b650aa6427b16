"""Word errors, languages found and invented words of speech recognition, and what it costs.

    python benchmarks/recognition.py CLIPS.tsv OUT.jsonl [--language en]

Each row of CLIPS.tsv is a recording: group, language, file, what is said (nothing: every word is invented). OUT.jsonl
gets a line a recording; recordings that it has already are not heard again. Errors are counted in words, in Chinese in
characters, after case and punctuation are taken off; intervals are 95 % by a bootstrap over recordings.
"""

import argparse
import csv
import json
import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import faster_whisper
import numpy as np

from microemo import weights
from microemo.media.audio import SAMPLE_RATE, waveform
from microemo.media.probe import probe
from microemo.perception.spoken_language import UNSPACED
from microemo.perception.utterances import find_speech

NUM_RESAMPLES = 2000

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--language")
    args = parser.parse_args()
    faster_whisper.WhisperModel = cache(faster_whisper.WhisperModel)  # loaded once, as in one long recording
    rows = [json.loads(line) for line in args.out.read_text().splitlines()] if args.out.exists() else []
    heard = {row["file"] for row in rows}
    with args.clips.open() as table, args.out.open("a") as out:
        for group, language, file, text in csv.reader(table, delimiter="\t"):
            if file not in heard:
                rows.append(hear(group, language, file, text, weights.path("whisper_base"), args.language))
                out.write(json.dumps(rows[-1], ensure_ascii=False) + "\n")
                out.flush()
    report(rows)


def hear(group: str, language: str, file: str, text: str, model_dir: Path, spoken: str | None) -> Row:
    sound = waveform(probe(Path(file)))
    assert sound is not None
    seconds = len(sound) / SAMPLE_RATE
    started, cpu = time.perf_counter(), time.process_time()
    speech = find_speech(sound, seconds, asr_model_dir=model_dir, language=spoken)
    words = " ".join(utterance.text for utterance in speech.utterances)
    said, expected = _words(words, language), _words(text, language)
    return {
        "group": group, "language": language, "file": file, "seconds": seconds, "expected": text, "words": words,
        "num_expected": len(expected), "num_said": len(said), "errors": distance(expected, said),
        "languages": sorted({word.language for word in speech.words if word.language}),
        "left_out": [[*span, reason] for span, reason in speech.left_out],
        "wall_sec": time.perf_counter() - started, "cpu_sec": time.process_time() - cpu,
    }  # fmt: skip


def _words(text: str, language: str) -> list[str]:
    plain = re.sub(r"[^\w\s']", " ", unicodedata.normalize("NFKC", text.lower()))
    return list("".join(plain.split())) if language in UNSPACED else plain.split()


def distance(expected: Sequence[str], said: Sequence[str]) -> int:
    """Substitutions, deletions and insertions that turn the one into the other (Levenshtein)."""
    costs = list(range(len(said) + 1))
    for number, word in enumerate(expected, start=1):
        diagonal, costs[0] = costs[0], number
        for index, other in enumerate(said, start=1):
            diagonal, costs[index] = (
                costs[index],
                min(costs[index] + 1, costs[index - 1] + 1, diagonal + (word != other)),
            )
    return costs[-1]


def report(rows: Sequence[Row]) -> None:
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["group"], row["language"]].append(row)
    for (group, language), members in sorted(groups.items()):
        print(f"{group:20} {language:3} " + ", ".join(_figures(members, language)))


def _figures(rows: Sequence[Row], language: str) -> Iterator[str]:
    seconds = sum(row["seconds"] for row in rows)
    yield f"n {len(rows)}, {seconds / 60:.1f} min"
    if any(row["num_expected"] for row in rows):
        low, high = interval(rows, "errors", "num_expected")
        errors, expected = (sum(row[key] for row in rows) for key in ("errors", "num_expected"))
        yield f"word errors {errors / expected:.1%} ({low:.1%} to {high:.1%}) of {expected}"
        yield f"language right {sum(row['languages'] == [language] for row in rows)}"
        kept = [row for row in rows if row["num_said"]]
        if kept and len(kept) < len(rows):
            share = sum(row["errors"] for row in kept) / sum(row["num_expected"] for row in kept)
            yield f"wholly left out {len(rows) - len(kept)}, word errors of the others {share:.1%}"
    else:
        invented = sum(row["num_said"] for row in rows)
        yield f"invented {invented}, {60 * invented / seconds:.3f} a minute"
    reasons = sorted({reason for row in rows for *_, reason in row["left_out"]})
    yield f"{sum(row['cpu_sec'] for row in rows) / seconds:.3f} CPU s a second"
    for reason in reasons:
        yield f"{reason}: {sum(reason in {r for *_, r in row['left_out']} for row in rows)}"


def interval(rows: Sequence[Row], numerator: str, denominator: str) -> tuple[float, float]:
    """95 % interval of a ratio of sums over recordings."""
    values = np.array([[row[numerator], row[denominator]] for row in rows])
    drawn = np.random.default_rng(0).integers(0, len(values), (NUM_RESAMPLES, len(values)))
    sums = values[drawn].sum(axis=1)
    low, high = np.quantile(sums[:, 0] / np.maximum(sums[:, 1], 1), [0.025, 0.975])
    return float(low), float(high)


if __name__ == "__main__":
    main()
