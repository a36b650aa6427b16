"""Does nano tell of what it could not see or hear?

    python -m benchmarks.muted RAVDESS FACES.zip --rounds 3 --out benchmarks/results/muted.json

The clips of ``benchmarks.conflict`` in which voice and face agree: as they are, with silence for a sound, and with a
grey picture for the face. Each goes through the whole path, which has to notice by itself what is gone (in
``benchmarks.counterfactual`` the model is told). Counted are the claims about what is gone: those that are told, and
those that the checker has left out. (After the forerunner of MER-R1, whose reward counts such claims as
hallucinations.) The rows are kept with the figures: a run that was cut short goes on.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from benchmarks.conflict import Pair, made, pairs
from benchmarks.kept import Row, keep, rows_in
from benchmarks.shares import proportion
from microemo import load
from microemo.result import Result
from microemo.schema import Modality
from recipes.nano.held_out import first_family

GONE: dict[str, tuple[Modality, ...]] = {"whole": (), "silent": ("voice", "words"), "grey": ("face",)}


def row_of(pair: Pair, version: str, result: Result) -> Row:
    """All claims about all utterances, told and left out."""
    claims = [claim for utterance in result.utterances for claim in utterance.claims]
    return {
        "clip": pair.name,
        "version": version,
        "family": pair.voice,
        "abstained": result.abstained,
        "first": first_family(result.overall),
        "claims": [{"modality": one.modality, "told": one.is_borne_out, "text": one.text} for one in claims],
    }


def report(rows: Sequence[Row]) -> list[str]:
    lines = []
    for version, gone in GONE.items():
        own = [row for row in rows if row["version"] == version]
        claims = [claim for row in own for claim in row["claims"]]
        abstained = sum(row["abstained"] for row in own)
        right = sum(row["first"] == row["family"] for row in own)
        lines.append(f"{version}: {len(claims)} claims, {len(own)} clips, of which {abstained} are abstained from")
        lines.append(proportion("  first label right", right, len(own)))
        for modality in gone or get_args(Modality):
            about = [claim["told"] for claim in claims if claim["modality"] == modality]
            lines.append(proportion(f"  about the {modality}, told", about.count(True), len(claims)))
            lines.append(proportion(f"  about the {modality}, left out", about.count(False), len(claims)))
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ravdess", type=Path)
    parser.add_argument("faces", type=Path, help="archive of FER2013 or RAF-DB")
    parser.add_argument("--rounds", type=int, default=3, help="of seven clips")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    rows = rows_in(arguments.out)
    done, pipeline = {(row["clip"], row["version"]) for row in rows}, load()
    with tempfile.TemporaryDirectory() as scratch:
        for pair in pairs(arguments.ravdess, arguments.faces, arguments.rounds):
            for version, gone in GONE.items() if pair.voice == pair.face else ():
                if (pair.name, version) not in done:
                    path = made(
                        pair, arguments.faces, Path(scratch), heard="voice" not in gone, seen="face" not in gone
                    )
                    rows.append(row_of(pair, version, pipeline.analyze(path)))
                    keep(arguments.out, rows)
    figures = report(rows)
    keep(arguments.out, rows, figures)
    print(*figures, sep="\n")


if __name__ == "__main__":
    main()
