"""The ablation study's objective reads each utterance where its part of the prompt ends."""

from pathlib import Path
from random import Random

import torch
from left_behind import left_behind

from microemo.config import TINY
from microemo.model.microemo import MicroEmo
from microemo.train.alignment import tokens_of
from studies.ablation import conversations
from studies.ablation.recognition import Recognition


def test_an_utterance_is_read_as_if_it_were_the_last(features: Path) -> None:
    """Nothing of later utterances counts but what the whole clip's tokens have of them."""
    torch.manual_seed(0)
    recognition = Recognition(MicroEmo(TINY)).eval()
    train, _ = conversations.splits(features, recognition.model)
    clips = [train.example(seed, Random(seed)) for seed in range(4)]
    assert len({len(clip.truths) for clip in clips}) > 1
    with torch.no_grad():
        found = recognition.logits(clips)
        alone = []
        for clip, tokens in zip(clips, tokens_of(recognition.model, clips, 0.0), strict=True):
            for num in range(1, len(clip.truths) + 1):
                parts = recognition.model.parts(tokens, clip.utterances[:num], clip.features.times_sec)
                prompt = torch.cat(parts)
                alone.append(recognition.model.language.states([prompt])[0, -1] @ recognition.names.T)
    torch.testing.assert_close(found, torch.stack(alone), rtol=1e-4, atol=1e-4)


def test_no_tensor_of_it_is_left_behind_on_another_device() -> None:
    assert left_behind(Recognition(MicroEmo(TINY))) == []
