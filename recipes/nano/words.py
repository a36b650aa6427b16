"""The words that nano may answer in: those of its descriptions, and the lexicon's labels.

python -m recipes.nano.words runs/nano/instruction
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from microemo.lexicon import emotion_families
from microemo.model import checkpoint
from microemo.model.wellformed import WORD
from recipes.nano.described import DESCRIPTIONS


def texts() -> Iterator[str]:
    for line in DESCRIPTIONS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield from (row["text"], *row["labels"])
    for family in emotion_families().values():
        yield from family.labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="trained model's folder, which gets words.txt")
    words = {word.lower() for text in texts() for word in WORD.findall(text)}
    checkpoint.write_words(parser.parse_args().model, words)
    print(f"{len(words)} words")


if __name__ == "__main__":
    main()
