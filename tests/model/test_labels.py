"""Label scores: the aligned tokens' own reading of the label, and how it weighs in on the first word."""

import torch

from microemo.model.labels import first_label_bias, label_anchors, label_scores
from microemo.model.language import SPACE, LanguageModel
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.vocabulary import FAMILIES


def test_tokens_at_a_familys_word_score_that_family(tiny: MicroEmo) -> None:
    anchors = label_anchors(tiny.language)
    assert torch.allclose(anchors.norm(dim=-1), torch.ones(len(FAMILIES)), atol=1e-5)
    for index, anchor in enumerate(anchors):
        assert int(label_scores(3 * anchor.repeat(4, 1), anchors).argmax()) == index


def test_without_windows_nothing_is_preferred(tiny: MicroEmo) -> None:
    assert not first_label_bias(tiny.language, {}, 1.0).any()
    assert not first_label_bias(tiny.language, {Slot("video"): torch.randn(4, 32)}, 1.0).any()


def test_the_bias_acts_on_the_first_token_alone(tiny: MicroEmo) -> None:
    language: LanguageModel = tiny.language
    prompt = language.embed_text("Video: a face").detach()
    wanted = language.token_ids(SPACE + "q")[-1]
    bias = torch.zeros(1, language.table.num_embeddings)
    bias[0, wanted] = 100.0
    (answer,) = language.answer([prompt], bias)
    assert answer.pieces[0] == "q" and answer.log_probs[0] > -1e-3
    assert set(answer.pieces[1:]) != {"q"}
