"""Whisper's encoder as audio encoder, pretrained and frozen, and what reads several of its layers.

Emotion sits in a speech recogniser's layers before its last, and in several more than in one: a linear probe of Whisper
tiny.en on eight emotions of RAVDESS gets 0.71 from its first layer, 0.78 from the first three. Base tells strangers'
emotions better than tiny.en (``docs/log.md``).
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from microemo.config import WhisperConfig
from microemo.model.audio import SAMPLE_RATE, AudioEncoder
from microemo.model.pretrained import made_of
from microemo.model.video_qformer import EMBEDDING_RMS

CHUNK_SEC = 30


class WhisperEncoder(AudioEncoder):
    """Several layers of Whisper's encoder, 50 features a second; long clips are encoded in chunks of 30 s."""

    def __init__(self, config: WhisperConfig, pretrained: Path | None = None) -> None:
        import transformers
        from transformers.models.whisper import modeling_whisper

        super().__init__()
        self.config = config
        size = transformers.WhisperConfig(
            d_model=config.hidden_size,
            encoder_layers=config.num_layers,
            encoder_attention_heads=config.num_heads,
            encoder_ffn_dim=4 * config.hidden_size,
            num_mel_bins=config.num_mels,
            max_source_positions=config.max_positions,
        )
        file = pretrained / "encoder.safetensors" if pretrained else None
        self.encoder = made_of(file, lambda: modeling_whisper.WhisperEncoder(size)).requires_grad_(False)
        self.extractor = transformers.WhisperFeatureExtractor(feature_size=config.num_mels)

    def forward(self, waveform: Float[Tensor, " N"]) -> Float[Tensor, "F L E"]:
        """Features of the layers that are read, at least ten of each."""
        chunks = waveform.split(CHUNK_SEC * SAMPLE_RATE)
        return torch.cat([self._layers(self.mel(chunk)) for chunk in chunks])

    def times_sec(self, num_samples: int) -> None:
        return None

    def reader(self, language_size: int) -> "VoiceStatistics":
        return VoiceStatistics(len(self.config.read_layers) * self.config.hidden_size, language_size)

    def mel(self, chunk: Float[Tensor, " N"]) -> Float[Tensor, "M F2"]:
        """Whisper's log-mel spectrogram, 100 frames a second, an even number of them; made by numpy, on the CPU."""
        samples = max(-(-len(chunk) // 320) * 320, 3200)  # whole features; ten at least, for the normalisation
        padded = nn.functional.pad(chunk, (0, samples - len(chunk)))
        return torch.from_numpy(
            self.extractor(
                padded.cpu().numpy(), sampling_rate=SAMPLE_RATE, padding="do_not_pad", return_tensors="np"
            ).input_features[0]
        )

    def _layers(self, mel: Float[Tensor, "M F2"]) -> Float[Tensor, "F L E"]:
        """HF's ``WhisperEncoder.forward`` for any input up to 30 s: positions are sliced, the input is not padded."""
        encoder = self.encoder
        states = nn.functional.gelu(encoder.conv1(mel[None].to(encoder.conv1.weight)))
        states = nn.functional.gelu(encoder.conv2(states)).transpose(1, 2)  # (1, F, E)
        states = states + encoder.embed_positions.weight[: states.shape[1]]
        read = []
        for number, layer in enumerate(encoder.layers[: max(self.config.read_layers)], start=1):
            states = layer(states, None)
            if number in self.config.read_layers:
                read.append(states)
        return torch.cat(read).transpose(0, 1)


class VoiceStatistics(nn.Module):
    """A window of sound as two tokens: how the voice is on average, and how much it varies (statistics pooling, as of
    x-vectors: Snyder et al. 2018).

    Beyond the paper, whose Q-Former needs more than eighteen speakers: it learns them by heart (``docs/log.md``).
    """

    def __init__(self, input_size: int, language_size: int) -> None:
        super().__init__()
        self.mean, self.deviation = nn.Linear(input_size, language_size), nn.Linear(input_size, language_size)
        for linear in (self.mean, self.deviation):
            nn.init.normal_(linear.weight, std=EMBEDDING_RMS / input_size**0.5)

    def prepare(self, features: Float[Tensor, "F L E"]) -> Float[Tensor, "F 1 D"]:
        """The layers side by side, each normalised first; D = L·E."""
        return nn.functional.layer_norm(features.float(), features.shape[-1:]).flatten(1)[:, None]

    def forward(self, windows: Sequence[Float[Tensor, "_ D"]]) -> Float[Tensor, "U 2 H"]:
        mean = self.mean(torch.stack([window.mean(0) for window in windows]))
        deviation = self.deviation(torch.stack([window.std(0, correction=0) for window in windows]))
        return torch.stack([mean, deviation], dim=1)
