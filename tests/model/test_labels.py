"""Label scores: how near tokens are to the words of families; and the LLM's own logits of what comes next."""

import torch

from microemo.lexicon import FAMILIES
from microemo.model.labels import label_anchors, label_scores
from microemo.model.microemo import MicroEmo


def test_tokens_at_a_familys_word_score_that_family(tiny: MicroEmo) -> None:
    anchors = label_anchors(tiny.language)
    assert torch.allclose(anchors.norm(dim=-1), torch.ones(len(FAMILIES)), atol=1e-5)
    for index, anchor in enumerate(anchors):
        assert int(label_scores(3 * anchor.repeat(4, 1), anchors).argmax()) == index


@torch.inference_mode()
def test_next_logits_are_those_of_each_prompts_end(tiny: MicroEmo) -> None:
    prompts = [tiny.language.embed_text(text) for text in ("A face", "A face and a voice")]
    together = tiny.language.next_logits(prompts)
    for prompt, logits in zip(prompts, together, strict=True):
        torch.testing.assert_close(tiny.language.next_logits([prompt])[0], logits, atol=1e-4, rtol=1e-4)
