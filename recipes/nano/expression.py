"""Expression adaptation of the vision backbone: DINOv2's last blocks are tuned, beyond the paper, before its stages.

    python -m recipes.nano.expression RUN data/faces     # how good a run's encoder is, corpus by corpus

DINOv2 sees faces but hardly their expressions (a linear probe of its class token gets 0.40 on seven classes of
FER2013). Its last blocks learn them from label supervision, and are frozen from then on. Half of the pictures are
aligned face views (what the local branch reads), half whole pictures (what the global branch reads). Random erasing of
the mouth teaches it to use the upper face too: a talking mouth is no expression.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.shares import wilson
from microemo import weights
from microemo.errors import InputError
from microemo.model.dinov2 import Dinov2Encoder
from microemo.model.vision import VisionEncoder
from microemo.train import config as configs
from microemo.train import state
from microemo.train.task import Scores
from recipes.nano.augment import augment
from recipes.nano.faces import CHOOSING, EVERY, FACE_FAMILIES

ALIGNED_SHARE = 0.6  # of the pictures that are learnt from
SMOOTHING = 0.1
TIMES = {"fer2013": 1, "rafdb": 2, "pedfe": 1}  # that an epoch shows each corpus
CHOOSING_BY = ("fer2013", "rafdb")  # PEDFE's few held-out people are all left to evaluate by


class Picture(NamedTuple):
    """A picture (3, S, S) in [0, 1], how likely each family is in it (K,), and the seed of what varies it, if any."""

    pixels: Tensor
    target: Tensor
    seed: int | None


class Expression(nn.Module):
    """The adapted backbone under a linear head that reads the class token and the mean patch; the head is dropped."""

    def __init__(self, encoder: VisionEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.head = nn.Sequential(nn.LayerNorm(2 * width), nn.Dropout(0.2), nn.Linear(2 * width, len(FACE_FAMILIES)))

    def logits(self, pixels: Float[Tensor, "B 3 S S"]) -> Float[Tensor, "B K"]:
        tokens = self.encoder.encode(pixels)  # (B, 1+P, D)
        return self.head(torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], dim=-1)).float()

    def forward(self, examples: Sequence[Picture]) -> Scores:
        device = self.encoder.mean.device
        targets = torch.stack([one.target for one in examples]).to(device)
        pixels = torch.stack([one.pixels for one in examples])
        seeds = [one.seed for one in examples if one.seed is not None]
        if seeds:  # all at once: one by one takes longer than the encoder
            pixels = augment(pixels, torch.Generator().manual_seed(sum(seeds) % 2**63))
        logits = self.logits(pixels.to(device))
        loss = F.cross_entropy(logits, targets, label_smoothing=SMOOTHING if self.training else 0.0)
        num_correct = (logits.argmax(-1) == targets.argmax(-1)).sum().float()
        return Scores(loss, num_correct, loss.new_tensor(len(examples)))


class Faces:
    """Pictures and targets of one corpus as ``faces.prepare`` leaves them: raw and aligned views.

    ``augmented`` ones vary each time; the others are aligned views, where a face was found. ``which`` selects pictures.
    Raises ``InputError`` where the file is not of that kind.
    """

    def __init__(self, file: Path, augmented: bool, which: slice = EVERY) -> None:
        try:
            with np.load(file) as arrays:
                self.raw, self.view = (torch.from_numpy(arrays[name][which]) for name in ("raw", "crop"))
                self.has_face, self.clips = arrays["ok"][which].tolist(), arrays["clip"][which].tolist()
                self.targets = torch.from_numpy(arrays["target"][which]).float()
        except (OSError, KeyError, ValueError) as error:
            raise InputError(f"{file}: no prepared faces ({error}); python -m recipes.nano.faces writes them") from None
        self.augmented = augmented

    def __len__(self) -> int:
        return len(self.clips)

    def example(self, index: int, rng: Random) -> Picture:
        aligned = self.has_face[index] and (not self.augmented or rng.random() < ALIGNED_SHARE)
        pixels = (self.view if aligned else self.raw)[index].permute(2, 0, 1).expand(3, -1, -1).float() / 255
        return Picture(pixels, self.targets[index], rng.getrandbits(63) if self.augmented else None)


class Corpora:
    """Several corpora one behind the other, each as often as it is given."""

    def __init__(self, corpora: Sequence[Faces]) -> None:
        self._places = [(corpus, index) for corpus in corpora for index in range(len(corpus))]

    def __len__(self) -> int:
        return len(self._places)

    def example(self, index: int, rng: Random) -> Picture:
        corpus, place = self._places[index]
        return corpus.example(place, rng)


def corpora(folder: Path) -> tuple[Corpora, Corpora]:
    """What a folder of ``recipes.nano.faces`` has to train on, and to choose by: a third of two tests."""
    train = {name: Faces(folder / f"{name}_train.npz", augmented=True) for name in TIMES}
    choosing = [Faces(folder / f"{name}_test.npz", augmented=False, which=CHOOSING) for name in CHOOSING_BY]
    return Corpora([train[name] for name, times in TIMES.items() for _ in range(times)]), Corpora(choosing)


def load(run: Path) -> Expression:
    """The encoder of an expression run with its head, as the run stands."""
    config = configs.load(run / configs.FILE)
    vision = config.model.vision
    objective = Expression(Dinov2Encoder(vision, weights.path(str(vision.weights))))
    held = torch.load(run / state.FILE, map_location="cpu", weights_only=True)["parameters"]
    unknown = objective.load_state_dict(held, strict=False).unexpected_keys
    if unknown:
        raise InputError(f"{run}: not a run of this encoder: {unknown[:3]}")
    return objective.eval()


@torch.inference_mode()
def probabilities(objective: Expression, faces: Faces) -> Float[np.ndarray, "N K"]:
    pictures = [faces.example(index, Random(0)).pixels for index in range(len(faces))]
    batches = [torch.stack(pictures[start : start + 64]) for start in range(0, len(pictures), 64)]
    return torch.cat([objective.logits(batch).softmax(-1) for batch in batches]).numpy()


def by_clip(faces: Faces, shares: Float[np.ndarray, "N K"]) -> tuple[np.ndarray, np.ndarray]:
    """Truth and answer of each clip: mean over its frames that are not at rest, among the emotions alone."""
    neutral = FACE_FAMILIES.index("neutral")
    truth = faces.targets.argmax(-1).numpy()
    shares = shares.copy()
    shares[:, neutral] = 0
    clips: dict[str, list[int]] = {}
    for row, clip in enumerate(faces.clips):
        if truth[row] != neutral:
            clips.setdefault(clip, []).append(row)
    rows = list(clips.values())
    return truth[[own[0] for own in rows]], np.stack([shares[own].mean(0) for own in rows]).argmax(-1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("faces", type=Path)
    arguments = parser.parse_args()
    objective = load(arguments.run)
    for name in TIMES:
        faces = Faces(arguments.faces / f"{name}_test.npz", augmented=False)
        new = np.ones(len(faces), bool)
        new[CHOOSING] = name not in CHOOSING_BY
        shares, truth = probabilities(objective, faces), faces.targets.argmax(-1).numpy()
        print(name, "pictures:", figures(truth[new], shares[new].argmax(-1)))
        if name == "pedfe":
            print(name, "clips, six emotions:", figures(*by_clip(faces, shares)))


def figures(truth: np.ndarray, answer: np.ndarray) -> str:
    low, high = wilson(int((truth == answer).sum()), len(truth))
    recalls = {FACE_FAMILIES[k]: round(float((answer[truth == k] == k).mean()), 2) for k in np.unique(truth)}
    uar = float(np.mean(list(recalls.values())))
    return f"{(truth == answer).mean():.3f} [{low:.3f}, {high:.3f}], n={len(truth)}, UAR {uar:.3f}, {recalls}"


if __name__ == "__main__":
    main()
