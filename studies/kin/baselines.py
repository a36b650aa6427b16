"""Two kindred systems that have no language model, on the same features, clips and steps.

M2FNet (Chudasama et al. 2022) reads all utterances of a dialogue in each modality and fuses these by attention; its
extractors, with their margin that adapts, are nano's frozen encoders here. VTFF (Ma et al. 2021) fuses two views of a
face by attention and reads the result as a sequence; its views are the frame and the aligned face here, and it knows
faces alone. Both are told which modalities there are, where nano has to see that a frame is black.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import AdamW

from microemo import weights
from microemo.model.features import frames_in, sound_in
from microemo.model.microemo import MicroEmo
from microemo.schema import Modality
from microemo.spans import Span
from microemo.train import config as configs
from microemo.train import order
from microemo.train.alignment import noisy
from microemo.train.config import TrainConfig
from microemo.train.loop import learning_rate
from recipes.nano.faces import FACE_FAMILIES
from studies.ablation.conversations import Conversation, splits
from studies.ablation.run import asked, unchanged
from studies.ablation.tables import Prediction

WIDTH, NUM_HEADS, NUM_LAYERS = 128, 4, 2
DROPOUT = 0.2
START_STEPS = 800  # of studies/ablation/alignment.yaml


def encoder() -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(
        WIDTH, NUM_HEADS, 2 * WIDTH, DROPOUT, batch_first=True, norm_first=True, activation="gelu"
    )
    return nn.TransformerEncoder(layer, NUM_LAYERS, enable_nested_tensor=False)


class Baseline(nn.Module, ABC):
    """Names the family of each utterance of each clip in turn."""

    @abstractmethod
    def logits(self, clips: Sequence[Conversation]) -> Float[Tensor, "N K"]:
        """Of the K families in ``FACE_FAMILIES``."""


class M2FNet(Baseline):
    """Each modality's utterances read one another; then words ask faces and voices."""

    def __init__(self, model: MicroEmo) -> None:
        super().__init__()
        vision, audio, self.words = model.config.vision, model.config.audio, model.language
        num_layers = len(getattr(audio, "read_layers", (0,)))
        sizes: dict[Modality, int] = {
            "face": 2 * vision.hidden_size,
            "voice": 2 * num_layers * audio.hidden_size,
            "words": model.config.language.hidden_size,
        }
        self.inner = nn.ModuleDict(
            {name: nn.Sequential(nn.LayerNorm(size), nn.Linear(size, WIDTH)) for name, size in sizes.items()}
        )
        self.missing = nn.ParameterDict({name: nn.Parameter(torch.zeros(WIDTH)) for name in sizes})
        self.dialogue = nn.ModuleDict({name: encoder() for name in sizes})
        self.fusion = nn.ModuleDict(
            {name: nn.MultiheadAttention(WIDTH, NUM_HEADS, DROPOUT, batch_first=True) for name in ("face", "voice")}
        )
        self.head = nn.Sequential(
            nn.LayerNorm(5 * WIDTH), nn.Linear(5 * WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, len(FACE_FAMILIES))
        )

    def logits(self, clips: Sequence[Conversation]) -> Float[Tensor, "N K"]:
        return torch.cat([self._of(clip) for clip in clips])

    def _of(self, clip: Conversation) -> Float[Tensor, "U K"]:
        shown = [self._utterance(clip, index) for index in range(len(clip.truths))]
        read = {}
        for name, inner in self.inner.items():
            rows = torch.stack([inner(own[name]) if name in own else self.missing[name] for own in shown])[None]
            read[name] = rows + self.dialogue[name](rows)
        found = [self.fusion[name](read["words"], read[name], read[name])[0] for name in ("face", "voice")]
        logits: Tensor = self.head(torch.cat([*read.values(), *found], dim=-1))[0]
        return logits

    def _utterance(self, clip: Conversation, index: int) -> Mapping[str, Float[Tensor, " D"]]:
        features, span, shows = clip.features, clip.spans[index], clip.truths[index].shows
        found: dict[str, Tensor] = {}
        if "face" in shows and features.frames is not None and features.faces is not None:
            own = frames_in(features.times_sec, span)
            found["face"] = torch.cat([features.frames[own].mean((0, 1)), features.faces[own].mean((0, 1))])
        if "voice" in shows and features.audio is not None:
            sound = F.layer_norm(features.audio[sound_in(features, span)], features.audio.shape[-1:]).flatten(1)
            found["voice"] = torch.cat([sound.mean(0), sound.std(0, correction=0)])
        if "words" in shows:
            found["words"] = self.words.embed_text(clip.utterances[index].text).detach().mean(0)
        return found


class Vtff(Baseline):
    """The frame and the face, patch by patch, as far as global and local attention select each; read as a sequence."""

    def __init__(self, model: MicroEmo) -> None:
        super().__init__()
        size = model.config.vision.hidden_size
        self.frame, self.face = (nn.Sequential(nn.LayerNorm(size), nn.Linear(size, WIDTH)) for _ in range(2))
        self.whole, self.local = (
            nn.Sequential(nn.Linear(WIDTH, WIDTH // 4), nn.GELU(), nn.Linear(WIDTH // 4, WIDTH)) for _ in range(2)
        )
        self.start = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.encoder = encoder()
        self.head = nn.Linear(WIDTH, len(FACE_FAMILIES))
        self.unseen = nn.Parameter(torch.zeros(len(FACE_FAMILIES)))

    def logits(self, clips: Sequence[Conversation]) -> Float[Tensor, "N K"]:
        seen = [(clip, span) for clip in clips for span, truth in zip(clip.spans, clip.truths, strict=True)]
        is_seen = torch.tensor(["face" in truth.shows for clip in clips for truth in clip.truths])
        named = self.unseen.expand(len(seen), -1)
        if is_seen.any():
            named = named.index_put((is_seen,), self.of_faces(*self._views(seen, is_seen)))
        return named

    def of_faces(self, frames: Float[Tensor, "N 1+P D"], faces: Float[Tensor, "N 1+P D"]) -> Float[Tensor, "N K"]:
        frame, face = self.frame(frames[:, 1:]), self.face(faces[:, 1:])
        both = frame + face  # (N, P, W)
        share = torch.sigmoid(self.whole(both.mean(1, keepdim=True)) + self.local(both))
        words = share * frame + (1 - share) * face
        read = self.encoder(torch.cat([self.start.expand(len(words), -1, -1), words], dim=1))
        logits: Tensor = self.head(read[:, 0])
        return logits

    def _views(
        self, spoken: Sequence[tuple[Conversation, Span]], is_seen: Bool[Tensor, " N"]
    ) -> tuple[Float[Tensor, "M 1+P D"], Float[Tensor, "M 1+P D"]]:
        frames, faces = [], []
        for (clip, span), there in zip(spoken, is_seen.tolist(), strict=True):
            if there and clip.features.frames is not None and clip.features.faces is not None:
                (place, *_) = frames_in(clip.features.times_sec, span)
                frames.append(clip.features.frames[place])
                faces.append(clip.features.faces[place])
        return torch.stack(frames), torch.stack(faces)


BASELINES: Mapping[str, Callable[[MicroEmo], Baseline]] = {"m2fnet": M2FNet, "vtff": Vtff}


def predicted(config: TrainConfig, variant: str) -> list[Prediction]:
    """What a baseline predicts once it is trained, by the optimiser and on the clips of all others.

    They start from nano's alignment; a baseline has its steps in addition, on these clips.
    """
    torch.manual_seed(config.seed)
    model = MicroEmo(config.model, weights.path).requires_grad_(False).eval()
    train, held_out = splits(config.data, model)
    baseline = BASELINES[variant](model)
    optimizer = AdamW(
        [parameter for parameter in baseline.parameters() if parameter.requires_grad],
        config.optimizer.learning_rate,
        config.optimizer.betas,
        weight_decay=config.optimizer.weight_decay,
    )
    num_steps = START_STEPS + order.num_steps(config, len(train))
    for step in range(num_steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(config.optimizer, step, num_steps)
        rng = order.rng_of(config.seed, step, 0)
        drawn = [train.example(index, rng) for index in order.batch(config.seed, step, config.batch_size, len(train))]
        clips = [replace(clip, features=noisy(clip.features, config.voice_noise)) for clip in drawn]
        targets = torch.tensor([FACE_FAMILIES.index(truth.family) for clip in clips for truth in clip.truths])
        F.cross_entropy(baseline.logits(clips), targets).backward()
        nn.utils.clip_grad_norm_(baseline.parameters(), config.optimizer.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
    config.output.mkdir(parents=True, exist_ok=True)
    configs.save(config, config.output)
    baseline.eval()
    with torch.inference_mode():
        return [*asked(baseline.logits, held_out, variant, config.seed, {"": unchanged})]
