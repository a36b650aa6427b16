"""The audio encoder (paper 3.1): a pretrained encoder, frozen; a learned mixture of its layers goes to the Q-Former.

Emotion sits in the early layers of a speech recogniser more than in its last (a linear probe of Whisper tiny.en on
eight emotions gets 0.73 from the first layer, 0.71 from the last), hence the mixture.
"""

from pathlib import Path

import torch
from jaxtyping import Float
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import WhisperConfig, WhisperFeatureExtractor
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from microemo.config import AudioConfig

SAMPLE_RATE = 16_000
FEATURES_PER_SEC = 50
CHUNK_SEC = 30


class AudioEncoder(nn.Module):
    """A waveform to features, 50 a second; long clips are encoded in chunks of 30 s."""

    def __init__(self, config: AudioConfig, pretrained: Path | None = None) -> None:
        super().__init__()
        self.encoder = WhisperEncoder(
            WhisperConfig(
                d_model=config.hidden_size,
                encoder_layers=config.num_layers,
                encoder_attention_heads=config.num_heads,
                encoder_ffn_dim=4 * config.hidden_size,
                num_mel_bins=config.num_mels,
                max_source_positions=config.max_positions,
            )
        ).requires_grad_(False)
        if pretrained:
            self.encoder.load_state_dict(load_file(pretrained / "encoder.safetensors"))
        self.extractor = WhisperFeatureExtractor(feature_size=config.num_mels)

    def forward(self, waveform: Float[Tensor, " N"]) -> Float[Tensor, "F L D"]:
        """Features of every layer (the convolutions' output first), F = 50 a second, at least one.

        ``waveform`` is 16 kHz mono in [-1, 1].
        """
        chunks = waveform.split(CHUNK_SEC * SAMPLE_RATE)
        return torch.cat([self._layers(self.mel(chunk)) for chunk in chunks])

    def mel(self, chunk: Float[Tensor, " N"]) -> Float[Tensor, "M F2"]:
        """Whisper's log-mel spectrogram, 100 frames a second, an even number of them."""
        samples = max(-(-len(chunk) // 320) * 320, 3200)  # whole features; ten at least, for the normalisation
        padded = nn.functional.pad(chunk, (0, samples - len(chunk)))
        return torch.from_numpy(
            self.extractor(
                padded.numpy(), sampling_rate=SAMPLE_RATE, padding="do_not_pad", return_tensors="np"
            ).input_features[0]
        )

    def _layers(self, mel: Float[Tensor, "M F2"]) -> Float[Tensor, "F L D"]:
        """``WhisperEncoder.forward`` for any input up to 30 s: positions are sliced instead of the input padded."""
        encoder = self.encoder
        states = nn.functional.gelu(encoder.conv1(mel[None].to(encoder.conv1.weight)))
        states = nn.functional.gelu(encoder.conv2(states)).transpose(1, 2)  # (1, F, D)
        states = states + encoder.embed_positions.weight[: states.shape[1]]
        layers = [states]
        for layer in encoder.layers:
            layers.append(layer(layers[-1], None))
        layers[-1] = encoder.layer_norm(layers[-1])
        return torch.cat(layers).transpose(0, 1)


class LayerMixture(nn.Module):
    """Softmax-weighted sum of an encoder's layers, each normalised first."""

    def __init__(self, num_layers: int, hidden_size: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(num_layers))
        self.norm = nn.LayerNorm(hidden_size, elementwise_affine=False)

    def forward(self, layers: Float[Tensor, "F L D"]) -> Float[Tensor, "F D"]:
        return torch.einsum("fld,l->fd", self.norm(layers.float()), self.weights.softmax(0))
