"""How often ways of speaking are found in English dialogue, what that costs emotion words, and samples to mark by hand.

    python benchmarks/ways_of_speaking.py meld/train_sent_emo.csv --num-samples 40 --seed 11

reads the column ``Utterance`` of CSV files. For each kind it prints its rate an utterance, then samples; who reads
them marks each right or wrong, and ``shares.wilson`` gives the interval.
"""

import argparse
import csv
import random
from collections import defaultdict
from pathlib import Path

from microemo.clues import style_kinds
from microemo.model.prompt import strongest
from microemo.perception.clues import number
from microemo.perception.word_clues import word_clues
from microemo.schema import Clue, Utterance


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--num-samples", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    texts = [row["Utterance"] for file in args.files for row in csv.DictReader(file.open(encoding="utf-8"))]
    clues = {text: number(word_clues([Utterance(index=0, start_sec=0, end_sec=1, text=text, source="asr")]))
             for text in texts}  # fmt: skip
    styles = {kind.kind for kind in style_kinds()}
    found = defaultdict(list)
    for text in texts:
        for clue in clues[text]:
            found[clue.kind].append((clue.detail, text))
    emotion_words = {text: [clue for clue in clues[text] if clue.kind not in styles] for text in texts}
    num_before, num_after = (sum(len(each[text]) for text in texts) for each in (emotion_words, clues))
    print(f"{len(texts)} utterances; clues an utterance: {num_before / len(texts):.3f} of emotion words, "
          f"{num_after / len(texts):.3f} in all")  # fmt: skip
    num_lost = sum(len(listed(emotion_words[text]) - listed(clues[text])) for text in texts)
    print(f"emotion words that others crowd out of the prompt: {num_lost}")
    rng = random.Random(args.seed)
    for kind in sorted(styles):
        print(f"\n{kind}: {len(found[kind]) / len(texts):.4f} an utterance")
        for detail, text in rng.sample(found[kind], min(args.num_samples, len(found[kind]))):
            print(f"  [{detail}] {text}")


def listed(clues: list[Clue]) -> set[tuple[str, str]]:
    return {(clue.kind, clue.detail) for clue in strongest(clues, 0, 1)}


if __name__ == "__main__":
    main()
