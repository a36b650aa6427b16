"""The clues of every labelled clip of a corpus, one JSON a line, with the person who is seen or heard in it.

    python -m recipes.evidence.measure pedfe|ravdess|urdu|ased FOLDER --out FILE [--workers 2]

Clips are perceived as ``microemo data describe`` perceives them. What is in FILE already is not measured again.
"""

import argparse
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import torch

from microemo.data import layouts, manifest
from microemo.data.association import family
from microemo.data.manifest import Sample
from microemo.data.measure import Measured, measure
from microemo.errors import MicroEmoError
from microemo.schema import Record

EMOTIONS_OF_PEDFE = {"disgust": "disgusted", "fear": "fearful", "surprise": "surprised"}
MAX_INTENSITY_OF_PEDFE = 9.0  # raters' scale
URDU = re.compile(r"(S[MF]\d+)_")
ASED_LABEL = re.compile(r"\d+(\w+)")


class MeasuredClip(Record):
    """A clip of a corpus: who shows or says what it is labelled, and what was measured of it."""

    corpus: str
    name: str
    person: str
    family: str
    intensity: float | None
    is_posed: bool
    measured: Measured


def pedfe(folder: Path) -> Iterator[tuple[Sample, bool]]:
    """Miolla et al. (2022): faces without sound; genuine and posed expressions of six emotions."""
    with (folder / "labels.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            yield (
                Sample(
                    name=Path(row["file"]).stem,
                    path=folder / row["file"],
                    labels=(EMOTIONS_OF_PEDFE.get(row["emotion"], row["emotion"]),),
                    intensity=float(row["mean_intensity"]) / MAX_INTENSITY_OF_PEDFE,
                    speaker=row["subject"],
                    source="PEDFE",
                ),
                row["type"] == "posed",
            )


def ravdess(folder: Path) -> Iterator[tuple[Sample, bool]]:
    """Livingstone and Russo (2018): acted sentences."""
    for take in manifest.admit(folder, layouts.read("ravdess", folder)).samples:
        if take.name.split("-")[1] == "01":
            yield take, True


def urdu(folder: Path) -> Iterator[tuple[Sample, bool]]:
    """Latif et al. (2018): utterances of talk shows, which nobody acted."""
    for path in sorted(folder.glob("*/*.opus")):
        speaker = URDU.match(path.stem)
        assert speaker is not None
        name, label = f"{path.parent.name}-{path.stem}", path.parent.name.lower()
        yield Sample(name=name, path=path, labels=(label,), speaker=speaker[1], source="URDU"), False


def ased(folder: Path) -> Iterator[tuple[Sample, bool]]:
    """Retta et al. (2023): acted Amharic sentences that judges agreed on."""
    for path in sorted(folder.glob("*/*.opus")):
        label = ASED_LABEL.fullmatch(path.parent.name)
        assert label is not None
        speaker = path.stem.rpartition("-")[2]
        yield Sample(name=path.stem, path=path, labels=(label[1].lower(),), speaker=speaker, source="ASED"), True


CORPORA: Mapping[str, Callable[[Path], Iterator[tuple[Sample, bool]]]] = {
    "pedfe": pedfe,
    "ravdess": ravdess,
    "urdu": urdu,
    "ased": ased,
}


def read(path: Path) -> list[MeasuredClip]:
    """The clips of a file that this module wrote."""
    return [MeasuredClip.model_validate_json(line) for line in path.read_text().splitlines()]


def _measured(corpus: str, labelled: tuple[Sample, bool]) -> MeasuredClip | str:
    """A clip, or what is wrong with it."""
    sample, is_posed = labelled
    try:
        return MeasuredClip(
            corpus=corpus,
            name=sample.name,
            person=f"{corpus} {sample.speaker}",
            family=family(sample.labels[0]),
            intensity=sample.intensity,
            is_posed=is_posed,
            measured=measure(sample),
        )
    except MicroEmoError as error:
        return str(error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", choices=CORPORA)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    done = {clip.name for clip in read(arguments.out)} if arguments.out.exists() else set()
    left = [labelled for labelled in CORPORA[arguments.corpus](arguments.folder) if labelled[0].name not in done]
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with get_context("spawn").Pool(arguments.workers, partial(torch.set_num_threads, 1)) as pool:
        found: Iterable[MeasuredClip | str] = pool.imap(partial(_measured, arguments.corpus), left)
        with arguments.out.open("a") as file:
            for clip in found:
                if isinstance(clip, str):
                    print(clip, flush=True)
                else:
                    print(clip.model_dump_json(), file=file, flush=True)


if __name__ == "__main__":
    main()
