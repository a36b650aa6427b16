"""Is what the checker says of a claim right? On claims that were written, and judged, before it and by somebody else.

    python benchmarks/claims.py RECORDINGS CLAIMS.jsonl [--out OUT.json] [--wrong]

RECORDINGS has a folder a recording, as ``microemo analyze --columns microemo`` writes it. CLAIMS has one JSON a line:
recording, person, span (start and end in seconds), text, outcome, kind. Prints accuracy by outcome and by kind with
intervals and the confusions; as a judgement of statements (``microemo.evaluate.statements``), how often it says rightly
yes or no to claims that are so or are not; ``--wrong`` prints each claim that is judged wrongly.
"""

import argparse
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from shares import proportion

from microemo.claims import judge
from microemo.claims.readings import Evidence
from microemo.evaluate.statements import Statement, score
from microemo.result import Result
from microemo.schema import Columns, FaceTrack, Series
from microemo.spans import Span

YES_OR_NO = {"borne_out": True, "contradicted": False}
FILES = {"face": "face_series.csv", "voice": "voice_series.csv", "utterances": "voice_utterances.csv"}


@cache
def evidence_in(folder: Path) -> dict[str, Evidence]:
    """What was measured of each person of a recording."""
    result = Result.read(folder / "result.json")
    columns = {name: _by_person(folder / file) for name, file in FILES.items()}
    return {
        one.id: Evidence(
            person=one.id,
            clues=[clue for clue in result.clues if clue.person == one.id],
            utterances=[utterance for utterance in result.utterances if utterance.person in (None, one.id)],
            series=_series(one.id, {name: of.get(one.id, {}) for name, of in columns.items()}),
            end_sec=result.clip.duration_sec,
            absent=frozenset() if result.clip.has_audio else frozenset({"voice"}),
        )
        for one in result.people
    }


def _series(person: str, columns: Mapping[str, Columns]) -> Series:
    nothing = FaceTrack(np.zeros(0), np.zeros((0, 4)), np.zeros((0, 52)))
    return Series(person, columns["face"], columns["voice"], columns["utterances"], nothing, np.zeros(0))


def _by_person(file: Path) -> dict[str, Columns]:
    """The columns of a table, person by person; an empty cell is NaN."""
    if not file.exists():
        return {}
    rows: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines):
            rows[row.pop("person")].append(row)
    return {
        person: {name: np.array([float(row[name] or "nan") for row in own]) for name in own[0]}
        for person, own in rows.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("claims", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--wrong", action="store_true")
    arguments = parser.parse_args()
    confusions: Counter[tuple[str, str]] = Counter()
    of_kind: defaultdict[str, list[bool]] = defaultdict(list)
    statements: list[Statement] = []
    for line in arguments.claims.read_text().splitlines():
        claim = json.loads(line)
        people = evidence_in(arguments.recordings / claim["recording"])
        found = judge(claim["text"], people[claim["person"]], Span(*claim["span"]), people)
        confusions[claim["outcome"], found] += 1
        of_kind[claim["kind"]].append(found == claim["outcome"])
        if claim["outcome"] in YES_OR_NO:
            statements.append(Statement(claim["recording"], YES_OR_NO[claim["outcome"]], YES_OR_NO.get(found)))
        if arguments.wrong and found != claim["outcome"]:
            print(f"{claim['id']:4} {claim['recording']}: {claim['text']}")
            print(f"     {claim['outcome']} ({claim['why']}), not {found}")
    right = sum(count for (truth, found), count in confusions.items() if truth == found)
    print(proportion("outcome right", right, confusions.total()))
    for kind, hits in sorted(of_kind.items()):
        print(proportion(f"  {kind}", sum(hits), len(hits)))
    judged = {name: figure.model_dump() for name, figure in score(statements).items()}
    print(f"yes or no to {len(statements)} of them: {judged}")
    for (truth, found), count in sorted(confusions.items()):
        print(f"{truth:18} judged {found:18} {count}")
    if arguments.out:
        arguments.out.write_text(
            json.dumps(
                {
                    "claims": confusions.total(),
                    "right": right,
                    "yes_or_no": {"claims": len(statements), **judged},
                    "by_kind": {kind: [sum(hits), len(hits)] for kind, hits in sorted(of_kind.items())},
                    "confusions": {
                        f"{truth} as {found}": count for (truth, found), count in sorted(confusions.items())
                    },
                },
                indent=1,
            )
            + "\n"
        )


if __name__ == "__main__":
    main()
