"""Which of two models' explanations do readers prefer? Pairs in random order for them, and what they answered.

    python benchmarks/preference.py pair OLD NEW --num 60 --out blind.jsonl --key key.json
    python benchmarks/preference.py score judgements.jsonl --key key.json

OLD and NEW are folders of results of the same clips (``microemo analyze --formats json --out``). A row of
``blind.jsonl`` is an answer about an utterance, or about a whole clip that has one: what was said, what was measured,
and both models' texts, as ``one`` and ``other``. A judgement has its ``id``, ``better`` (one, other or same), and by
text how many ``sentences`` it has and how many of them are ``awkward`` or ungrammatical:
``{"id": 3, "better": "one", "one": {"sentences": 2, "awkward": 0}, "other": {"sentences": 1, "awkward": 1}}``.
"""

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shares import proportion

from microemo.report import wording
from microemo.result import Result
from microemo.schema import Answer, Clue, UtteranceAnswer


def text(answer: Answer) -> str:
    labels = ", ".join(emotion.label for emotion in answer.emotions)
    return f"{labels}. {answer.explanation}".strip()


def told(result: Result) -> Iterator[tuple[str, Answer, str, Sequence[Clue]]]:
    """Where, the answer about it, what is said in it, and the clues there."""
    asked: Sequence[UtteranceAnswer] = result.utterances
    if len(asked) < 2:
        yield "whole", result.overall, " ".join(one.text for one in asked), result.clues
        return
    for one in asked:
        inside = [clue for clue in result.clues if clue.start_sec < one.end_sec and clue.end_sec > one.start_sec]
        yield str(one.index), one, one.text, inside


def pairs(old: Path, new: Path) -> Iterator[dict[str, Any]]:
    """Of the places that both judged, where at least one text says more than labels."""
    for path in sorted(new.glob("*/result.json")):
        before = old / path.parent.name / "result.json"
        if not before.exists():
            continue
        earlier = {place: answer for place, answer, _, _ in told(Result.read(before))}
        for place, answer, said, clues in told(Result.read(path)):
            if place in earlier and (answer.explanation or earlier[place].explanation):
                measured = [f"{wording.name(clue)} ({wording.span(clue.start_sec, clue.end_sec)})" for clue in clues]
                yield {
                    "clip": path.parent.name, "place": place, "said": said, "measured": measured,
                    "old": text(earlier[place]), "new": text(answer),
                }  # fmt: skip


def pair(arguments: argparse.Namespace) -> None:
    rng, found = random.Random(0), list(pairs(arguments.old, arguments.new))
    key = {}
    with arguments.out.open("w", encoding="utf-8") as file:
        for number, row in enumerate(rng.sample(found, min(arguments.num, len(found)))):
            names = rng.sample(("old", "new"), 2)
            key[str(number)] = {"one": names[0], "other": names[1], "clip": row["clip"], "place": row["place"]}
            shown = {name: row[model] for name, model in zip(("one", "other"), names, strict=True)}
            seen = {"id": number, "said": row["said"], "measured": row["measured"], **shown}
            print(json.dumps(seen, ensure_ascii=False), file=file)
    arguments.key.write_text(json.dumps(key, indent=1), encoding="utf-8")


def score(arguments: argparse.Namespace) -> None:
    key = json.loads(arguments.key.read_text(encoding="utf-8"))
    judged = [json.loads(line) for line in arguments.judgements.read_text(encoding="utf-8").splitlines()]
    better = ["same" if row["better"] == "same" else key[str(row["id"])][row["better"]] for row in judged]
    print(proportion("new preferred, all", better.count("new"), len(better)))
    print(f"no difference: {better.count('same')}")
    print(proportion("new preferred, where there is one", better.count("new"), len(better) - better.count("same")))
    for model in ("old", "new"):
        texts = [row[name] for row in judged for name in ("one", "other") if key[str(row["id"])][name] == model]
        awkward, sentences = (sum(each[what] for each in texts) for what in ("awkward", "sentences"))
        print(proportion(f"awkward sentences, {model}", awkward, sentences))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tasks = parser.add_subparsers(required=True)
    pairing, scoring = tasks.add_parser("pair"), tasks.add_parser("score")
    pairing.add_argument("old", type=Path)
    pairing.add_argument("new", type=Path)
    pairing.add_argument("--num", type=int, default=60)
    pairing.add_argument("--out", type=Path, required=True)
    scoring.add_argument("judgements", type=Path)
    for task, run in ((pairing, pair), (scoring, score)):
        task.add_argument("--key", type=Path, required=True)
        task.set_defaults(run=run)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
