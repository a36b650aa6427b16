"""Label scores: the aligned tokens' own reading of the label, and how it weighs in on the first word."""

import math

import pytest
import torch

from microemo.config import LabelPrior
from microemo.lexicon import FAMILIES
from microemo.model.labels import FirstLabel, label_anchors, label_scores, weighed, window_scores
from microemo.model.language import SPACE, LanguageModel
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot


def test_tokens_at_a_familys_word_score_that_family(tiny: MicroEmo) -> None:
    anchors = label_anchors(tiny.language)
    assert torch.allclose(anchors.norm(dim=-1), torch.ones(len(FAMILIES)), atol=1e-5)
    for index, anchor in enumerate(anchors):
        assert int(label_scores(3 * anchor.repeat(4, 1), anchors).argmax()) == index


def test_without_windows_nothing_is_preferred(tiny: MicroEmo) -> None:
    anchors = label_anchors(tiny.language)
    for tokens in ({}, {Slot("video"): torch.randn(4, 32)}):
        assert not weighed(window_scores(tokens, anchors), LabelPrior()).any()


def test_scores_are_summed_over_windows_by_their_weights(tiny: MicroEmo) -> None:
    anchors, (face, later, voice) = label_anchors(tiny.language), torch.randn(3, 4, 32)
    tokens = {Slot("video_window"): face, Slot("video_window", 1): later, Slot("audio_window"): voice}
    together = weighed(window_scores(tokens, anchors), LabelPrior(video_window=2, audio_window=0.5))
    alone = [label_scores(window, anchors).log_softmax(-1) for window in (face, later, voice)]
    torch.testing.assert_close(together, 2 * (alone[0] + alone[1]) + 0.5 * alone[2])


def test_the_first_label_weighs_logits_and_scores_and_is_calibrated() -> None:
    first = FirstLabel(torch.tensor([2, 4]), torch.tensor([[-1.0, -3.0]]), temperature=2.0)
    logits = torch.tensor([[0.0, 0.0, 1.0, 0.0, 2.0, 0.0]])
    score, token = first(logits)
    assert token.tolist() == [2]  # 1 - 1 = 0 against 2 - 3 = -1
    assert score.exp().item() == pytest.approx(1 / (1 + math.exp(-0.5)))


def test_a_word_that_names_no_family_keeps_its_own_probability() -> None:
    first = FirstLabel(torch.tensor([0, 1]), torch.tensor([[-1.0, -2.0]]))
    score, token = first(torch.tensor([[0.0, 0.0, 9.0]]))
    assert token.tolist() == [2]
    expected = torch.tensor([-1.0, -2.0, 7.0]).log_softmax(-1)[2]
    torch.testing.assert_close(score[0], expected)


def test_the_first_token_alone_is_chosen(tiny: MicroEmo) -> None:
    language: LanguageModel = tiny.language
    prompt = language.embed_text("Video: a face").detach()
    wanted = language.token_ids(SPACE + "q")[-1]
    (answer,) = language.answer([prompt], lambda logits: (logits.new_zeros(1), torch.tensor([wanted])))
    assert answer.pieces[0] == "q" and answer.log_probs[0] == 0
    assert set(answer.pieces[1:]) != {"q"}


@torch.inference_mode()
def test_next_logits_are_those_of_each_prompts_end(tiny: MicroEmo) -> None:
    prompts = [tiny.language.embed_text(text) for text in ("A face", "A face and a voice")]
    together = tiny.language.next_logits(prompts)
    for prompt, logits in zip(prompts, together, strict=True):
        torch.testing.assert_close(tiny.language.next_logits([prompt])[0], logits, atol=1e-4, rtol=1e-4)
