"""Each modality read alone: what its prompt has, whose log-probabilities are added, and what that decides."""

from collections.abc import Callable

import pytest
import torch
from every_token import first_words
from toy_features import toy_features

from microemo.config import TINY, Calibration
from microemo.lexicon import FAMILIES
from microemo.model import late_fusion
from microemo.model.first_label import FirstWords
from microemo.model.language import SPACE
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import ListedClue, PromptUtterance, Question, Slot, question_about

CLUES = (ListedClue(1, "frowns", "face"), ListedClue(2, "the voice is high", "voice"), ListedClue(3, "no", "words"))
BOTH = PromptUtterance(0.0, 1.8, "Oh no.", CLUES)
SILENT = PromptUtterance(1.8, 4.0, heard=False)
SLOTS = {Slot(kind): torch.zeros(1, 2) for kind in ("video", "audio", "video_window", "audio_window")}


def test_what_an_utterance_shows() -> None:
    assert late_fusion.shown([BOTH], SLOTS) == ["face", "voice", "words"]
    assert late_fusion.shown([SILENT], SLOTS) == ["face"]
    assert late_fusion.shown([SILENT, BOTH], {}) == ["words"]
    assert late_fusion.shown([PromptUtterance(0.0, 1.0)], {}) == []


@pytest.mark.parametrize(
    ("modality", "text", "kinds"),
    [("face", "", {"video", "video_window"}), ("voice", "", {"audio", "audio_window"}), ("words", "Oh no.", set())],
)
def test_alone_a_modality_has_its_own_tokens_words_and_clues(modality: str, text: str, kinds: set[str]) -> None:
    (one, other), slots = late_fusion.alone(modality, [BOTH, SILENT], SLOTS)
    assert {slot.kind for slot in slots} == kinds
    assert one.text == text and [clue.modality for clue in one.clues] == [modality]
    assert (one.seen, one.heard) == (modality == "face", modality == "voice")
    assert (other.seen, other.heard) == (modality == "face", False)
    assert one.span == BOTH.span


def test_readings_are_added_where_there_are_several() -> None:
    asked: list[list[Question]] = []

    def read(slots: dict[Slot, torch.Tensor], _: list[PromptUtterance], questions: list[Question]) -> torch.Tensor:
        asked.append(questions)
        certain = torch.tensor([0.8, 0.2]) if "video" in {slot.kind for slot in slots} else torch.tensor([0.4, 0.6])
        return certain.log().expand(len(questions), -1) - 1  # what is not of families counts for nothing

    questions = [question_about([BOTH, SILENT], place) for place in (0, 1)]
    found = late_fusion.fused(SLOTS, [BOTH, SILENT], questions, read)
    assert found is not None
    assert asked == [questions[:1]] * 3
    assert found[0].exp().tolist() == pytest.approx([0.8 * 0.4 * 0.4, 0.2 * 0.6 * 0.6])
    assert found[1].isnan().all()
    assert late_fusion.fused(SLOTS, [SILENT], questions[:1], read) is None


@pytest.fixture
def fusing(build_tiny: Callable[..., MicroEmo], monkeypatch: pytest.MonkeyPatch) -> MicroEmo:
    monkeypatch.setattr(FirstWords, "known_to", first_words)
    drawn = TINY.language.model_copy(update={"max_new_tokens": 2})
    return build_tiny(language=drawn, calibration=Calibration(), late_fusion=True)


def test_the_sum_decides_the_first_label_and_how_sure_it_is(fusing: MicroEmo) -> None:
    """As the three prompts tell apart, each asked by itself."""
    clip, asked = toy_features(), question_about([BOTH], None)
    (tokens,) = fusing.tokens([clip], [[BOTH.span]])
    total = torch.zeros(len(FAMILIES))
    for modality in late_fusion.SLOTS:
        entries, own = late_fusion.alone(modality, [BOTH], tokens)
        prompt = fusing.prompts([own], [clip], [entries], [asked])
        total += fusing.first_words.log_probs(fusing.language.next_logits(prompt))[0].log_softmax(-1)
    torch.testing.assert_close(fusing.families([clip], [[BOTH]], [asked])[0], total, atol=1e-4, rtol=1e-4)
    for answer in (*fusing.answer([clip], [[BOTH]], [asked]), *fusing.answer_all(clip, [BOTH], [asked], num_drafts=2)):
        family = answer.ids[0] % len(FAMILIES)
        assert family == int(total.argmax())
        assert answer.sure == pytest.approx(float(total.softmax(-1).max()), abs=1e-4)
    first, *_ = fusing.language.token_ids(SPACE + "g")
    (sure,) = fusing.confidence([clip], [[BOTH]], [asked], ["g"])
    assert sure == pytest.approx(float(total.softmax(-1)[first % len(FAMILIES)]), abs=1e-4)


def test_of_one_modality_the_prompt_itself_decides(fusing: MicroEmo) -> None:
    """Of a clip with several beside it, what was put together."""
    silent, spoken = PromptUtterance(0.0, 4.0, heard=False), PromptUtterance(0.0, 4.0)
    clips = [toy_features(audio_sec=0), toy_features()]
    tokens = fusing.tokens(clips, [[silent.span], [spoken.span]])
    asked = [question_about([entry], None) for entry in (silent, spoken)]
    assert fusing.fused(tokens[:1], clips[:1], [[silent]], asked[:1]) is None
    both = fusing.fused(tokens, clips, [[silent], [spoken]], asked)
    assert both is not None
    assert both[0].isnan().all() and both[1].isfinite().all()
