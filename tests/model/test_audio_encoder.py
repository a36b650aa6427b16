"""The audio encoder is HF's WhisperEncoder, for input of any length, 50 features a second."""

import pytest
import torch

from microemo.config import TINY
from microemo.model.audio import FEATURES_PER_SEC, SAMPLE_RATE
from microemo.model.whisper import CHUNK_SEC, VoiceStatistics, WhisperEncoder

NUM_LAYERS = TINY.audio.num_layers


@pytest.fixture(scope="module")
def encoder() -> WhisperEncoder:
    torch.manual_seed(0)
    return WhisperEncoder(TINY.audio).eval()


def noise(seconds: float, seed: int = 0) -> torch.Tensor:
    return 0.01 * torch.randn(round(seconds * SAMPLE_RATE), generator=torch.Generator().manual_seed(seed))


@torch.inference_mode()
def test_thirty_seconds_are_encoded_as_upstream_does(encoder: WhisperEncoder) -> None:
    mel = torch.randn(TINY.audio.num_mels, 100 * CHUNK_SEC, generator=torch.Generator().manual_seed(0))
    upstream = encoder.encoder(mel[None]).last_hidden_state[0]
    last = encoder._layers(mel)[
        :, -1
    ]  # upstream normalises it; here ``VoiceStatistics.prepare`` does, after all layers alike
    torch.testing.assert_close(encoder.encoder.layer_norm(last), upstream, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("samples", [0, 1, 319, 3200, 3201, 16_000, 50_017])
@torch.inference_mode()
def test_there_are_fifty_features_a_second_and_ten_at_least(encoder: WhisperEncoder, samples: int) -> None:
    features = encoder(noise(samples / SAMPLE_RATE))
    assert features.shape == (max(10, -(-samples // 320)), NUM_LAYERS, TINY.audio.hidden_size)
    assert features.isfinite().all()


@torch.inference_mode()
def test_features_lie_at_the_time_of_what_is_heard(encoder: WhisperEncoder) -> None:
    quiet, clicked = noise(4), noise(4)
    clicked[2 * SAMPLE_RATE] += 0.05
    change = (encoder(clicked) - encoder(quiet))[:, 0].abs().sum(-1)
    assert abs(change.argmax() - 2 * FEATURES_PER_SEC) <= 2


@torch.inference_mode()
def test_long_sound_is_encoded_in_chunks_of_thirty_seconds(encoder: WhisperEncoder) -> None:
    sound = noise(CHUNK_SEC + 1)
    features = encoder(sound)
    assert len(features) == (CHUNK_SEC + 1) * FEATURES_PER_SEC
    last = encoder(sound[CHUNK_SEC * SAMPLE_RATE :])
    torch.testing.assert_close(features[CHUNK_SEC * FEATURES_PER_SEC :], last, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_silence_is_finite(encoder: WhisperEncoder) -> None:
    assert encoder(torch.zeros(SAMPLE_RATE)).isfinite().all()


def test_the_encoder_is_frozen(encoder: WhisperEncoder) -> None:
    assert not any(parameter.requires_grad for parameter in encoder.parameters())


def test_layers_are_normalised_and_read_side_by_side() -> None:
    layers = torch.randn(7, 3, 8)
    read = VoiceStatistics(24, 32).prepare(layers * torch.tensor([1.0, 30.0, 900.0])[:, None]).flatten(1)
    torch.testing.assert_close(read[:, 8:16], torch.nn.functional.layer_norm(layers[:, 1], (8,)), atol=1e-3, rtol=0)
    assert read.shape == (7, 24)


@torch.inference_mode()
def test_a_window_is_its_mean_and_its_deviation_however_long_it_is() -> None:
    reader = VoiceStatistics(24, 32)
    short, long = torch.randn(5, 24), torch.randn(6, 24)
    both = reader([short, long])
    assert both.shape == (2, 2, 32)
    torch.testing.assert_close(both[0], reader([short])[0])
    torch.testing.assert_close(reader([torch.cat([short, short])]), both[:1])
    torch.testing.assert_close(reader([short + 1])[0, 1], both[0, 1])  # louder throughout, it varies no more
