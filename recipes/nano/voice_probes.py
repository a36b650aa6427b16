"""Which layers of Whisper base tell emotions of strangers: linear probes, whole corpora and all people left out.

    python -m recipes.nano.voice_probes RAVDESS URDU ASED

Each take is a vector: mean and deviation over time of every layer of the encoder. Logistic regression on them is tried
on RAVDESS's eight emotions, six folds of actors, and on four emotions of each corpus after training on the others, as
the vectors are, and with each speaker's (or each corpus's) own mean and deviation taken out, which needs no labels.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch.nn import functional as F

from microemo import weights
from microemo.config import WhisperConfig
from microemo.media.audio import waveform
from microemo.media.probe import probe
from microemo.model.whisper import WhisperEncoder
from recipes.evidence.measure import CORPORA

BASE = WhisperConfig(weights=None, hidden_size=512, num_layers=6, num_heads=8, read_layers=(1, 2, 3, 4, 5, 6))
SHARED = ("angry", "happy", "neutral", "sad")
NUM_FOLDS, DECAY = 6, 1e-2

_encoders: list[WhisperEncoder] = []  # one a worker process


@dataclass(frozen=True)
class Take:
    corpus: str
    path: Path
    person: str
    label: str


def takes(corpus: str, folder: Path) -> list[Take]:
    return [
        Take(corpus, sample.audio or sample.path, f"{corpus} {sample.speaker}", sample.labels[0])
        for sample, _ in CORPORA[corpus](folder)
    ]


def start() -> None:
    torch.set_num_threads(1)
    _encoders.append(WhisperEncoder(BASE, weights.path("whisper_base")).eval())


@torch.inference_mode()
def pooled(path: Path) -> Float[np.ndarray, "L D"]:
    """Mean and deviation over time of each layer."""
    (encoder,) = _encoders
    layers = encoder(torch.from_numpy(np.asarray(waveform(probe(path)), np.float32)))  # (F, L, E)
    found: Float[np.ndarray, "L D"] = torch.cat([layers.mean(0), layers.std(0, correction=0)], -1).numpy()
    return found


def fitted(vectors: Float[np.ndarray, "N D"], labels: Sequence[str]) -> Callable[[Float[np.ndarray, "M D"]], list[str]]:
    """Logistic regression on standardised vectors."""
    names = sorted(set(labels))
    mean, deviation = vectors.mean(0), vectors.std(0) + 1e-6
    inputs = torch.from_numpy((vectors - mean) / deviation).float()
    targets = torch.tensor([names.index(label) for label in labels])
    weight = torch.zeros(inputs.shape[1], len(names), requires_grad=True)
    bias = torch.zeros(len(names), requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(inputs @ weight + bias, targets) + DECAY * weight.square().sum() / 2
        value.backward()
        return value

    optimizer.step(loss)
    matrix, offset = weight.detach().numpy(), bias.detach().numpy()
    return lambda new: [names[k] for k in ((new - mean) / deviation @ matrix + offset).argmax(1)]


def normalised(vectors: Float[np.ndarray, "N D"], groups: Sequence[str]) -> Float[np.ndarray, "N D"]:
    """Each group's own mean and deviation taken out."""
    found, names = vectors.copy(), np.array(groups)
    for group in set(groups):
        own = names == group
        found[own] = (vectors[own] - vectors[own].mean(0)) / (vectors[own].std(0) + 1e-3)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for corpus in ("ravdess", "urdu", "ased"):
        parser.add_argument(corpus, type=Path)
    parser.add_argument("--keep", type=Path, help=".npy file for the vectors, read where it is there")
    arguments = parser.parse_args()
    every = [take for corpus in ("ravdess", "urdu", "ased") for take in takes(corpus, getattr(arguments, corpus))]
    vectors = read_or_make(every, arguments.keep)
    readings = {
        "layers 1-3": vectors[:, :3],
        "layers 2-5": vectors[:, 1:5],
        "all layers": vectors,
    }
    for name, layers in readings.items():
        flat = layers.reshape(len(layers), -1)
        print(name, "| RAVDESS, 8 emotions, folds of actors:", f"{folds(every, flat):.3f}", flush=True)
        for way, groups in (
            ("as they are", ["all" for _ in every]),
            ("by corpus", [take.corpus for take in every]),
            ("by speaker", [take.person for take in every]),
        ):
            used = flat if way == "as they are" else normalised(flat, groups)
            scores = {corpus: left_out(every, used, corpus) for corpus in ("ravdess", "urdu", "ased")}
            print(f"  {way}: UAR", {corpus: round(score, 3) for corpus, score in scores.items()}, flush=True)


def read_or_make(every: Sequence[Take], keep: Path | None) -> Float[np.ndarray, "N L D"]:
    if keep and keep.exists():
        found: Float[np.ndarray, "N L D"] = np.load(keep)
        return found
    with get_context("spawn").Pool(2, start) as pool:
        vectors = np.stack(list(pool.imap(pooled, [take.path for take in every], chunksize=16)))
    if keep:
        np.save(keep, vectors)
    return vectors


def folds(every: Sequence[Take], vectors: Float[np.ndarray, "N D"]) -> float:
    """Accuracy on RAVDESS's eight emotions, each actor answered for by a probe that has not heard them."""
    rows = [row for row, take in enumerate(every) if take.corpus == "ravdess"]
    people = sorted({every[row].person for row in rows})
    right = 0
    for fold in range(NUM_FOLDS):
        out = set(people[fold::NUM_FOLDS])
        train, test = ([row for row in rows if (every[row].person in out) == held] for held in (False, True))
        answers = fitted(vectors[train], [every[row].label for row in train])(vectors[test])
        right += sum(answer == every[row].label for answer, row in zip(answers, test, strict=True))
    return right / len(rows)


def left_out(every: Sequence[Take], vectors: Float[np.ndarray, "N D"], corpus: str) -> float:
    """Mean recall over four emotions of a corpus, by a probe that has heard the others alone."""
    rows = [row for row, take in enumerate(every) if take.label in SHARED]
    train, test = ([row for row in rows if (every[row].corpus == corpus) == held] for held in (False, True))
    answers = np.array(fitted(vectors[train], [every[row].label for row in train])(vectors[test]))
    truth = np.array([every[row].label for row in test])
    return float(np.mean([(answers[truth == label] == label).mean() for label in SHARED]))


if __name__ == "__main__":
    main()
