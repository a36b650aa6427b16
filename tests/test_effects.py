"""How sure a label is without a clue: asked as it was answered, and as sure as it was where nothing is taken away."""

from dataclasses import fields
from pathlib import Path

import pytest
import torch
from test_counterfactual import CLUES, HIGH, LOUD, NOD, SMILE, scene
from test_pipeline import CONFIG, clip_of, pipeline

from microemo.answers import ask, questions
from microemo.chunks import Scene, encode, encode_changed
from microemo.counterfactual import without
from microemo.effects import Removal, confidences, told_clues
from microemo.model.features import Features
from microemo.model.language import SPACE, Generation
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import PromptUtterance
from microemo.schema import Answer, Claim, Clue

__all__ = ["scene"]  # a fixture
CLUES_LISTED = CONFIG.model_copy(update={"local_view": "face", "clue_text": True})
SAYS = " happy. The brows are pulled down. The voice is high."


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer is the same, and quite sure of its label."""
    answer = Generation(tuple(SAYS), (-0.1, *(0.0 for _ in SAYS[1:])))
    monkeypatch.setattr(MicroEmo, "answer_all", lambda self, clip, entries, asked, num: [answer for _ in asked])


@pytest.mark.usefixtures("answered")
def test_each_told_clue_has_its_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, list[tuple[int, str]]]] = []

    def confidence(
        self: MicroEmo, clips: object, entries: list[list[PromptUtterance]], texts: list[str], labels: list[str]
    ) -> list[float]:
        listed = [[clue for one in prompt for clue in one.clues] for prompt in entries]
        asked.extend(zip(labels, listed, strict=True))
        return [0.4 for _ in labels]

    monkeypatch.setattr(MicroEmo, "confidence", confidence)
    model = pipeline(tmp_path, CLUES_LISTED)
    plain, result = model.understand(clip_of()), model.understand(clip_of(), why=True)
    assert all(not utterance.effects for utterance in plain.utterances)
    first, second = result.utterances
    assert [(effect.clue, effect.label) for effect in first.effects] == [(7, "happy")]
    assert first.effects[0].change == pytest.approx(first.emotions[0].confidence - 0.4)
    assert second.effects == ()  # the clue is not of its time, so nothing is told of it
    assert asked == [("happy", [])]  # and the clue is gone from the prompt
    bare = [one.model_copy(update={"effects": ()}) for one in result.utterances]
    assert bare == list(plain.utterances)


def test_a_forced_beginning_is_as_likely_as_a_decoded_one(tiny: MicroEmo) -> None:
    language, prompt = tiny.language, tiny.language.embed_text("Video: a face").detach()
    script = iter(language.token_ids(SPACE + "sad"))

    def scripted(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        scores = logits.log_softmax(-1)
        token = torch.tensor([next(script, int(scores.argmax()))])
        return scores.gather(1, token[:, None])[:, 0], token

    (written,) = language.answer([prompt], scripted, scripted)
    logits, tokens = language.forced([prompt, prompt[:3]], ["sad", "angry"])[0]
    assert written.text.startswith(" sad") and "".join(written.pieces[: len(tokens)]) == " sad"
    forced = logits.log_softmax(-1).gather(1, tokens[:, None])[:, 0]
    assert forced.tolist() == pytest.approx(written.log_probs[: len(tokens)], abs=1e-4)


@pytest.mark.parametrize("taken", [*CLUES, None], ids=lambda clue: clue.kind if clue else "nothing")
@torch.inference_mode()
def test_what_is_the_same_need_not_be_encoded_again(tiny: MicroEmo, scene: Scene, taken: Clue | None) -> None:
    rest = without(scene, [taken] if taken else [])
    quick, slow = encode_changed(tiny, rest, scene, encode(tiny, scene)), encode(tiny, rest)
    for field in fields(Features):
        one, other = getattr(quick, field.name), getattr(slow, field.name)
        if isinstance(one, torch.Tensor):
            torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)
        else:
            assert one == other


@torch.inference_mode()
def test_what_is_taken_away_changes_how_sure_a_label_is(tiny: MicroEmo, scene: Scene) -> None:
    features = encode(tiny, scene)
    removals = [Removal(clues, place, "sad") for clues in ((), (SMILE,), (HIGH,), (NOD, LOUD)) for place in (0, 1)]
    found = confidences(tiny, scene, features, removals)
    assert all(0 < value <= 1 for value in found)
    assert found[2] != found[0] and found[4] != found[0]
    assert found[3] != found[1]  # the other utterance is told behind it
    assert found[7] != found[1]


@pytest.mark.usefixtures("answered")
@torch.inference_mode()
def test_nothing_is_told_of_a_voice_that_was_taken_away(scene: Scene, tiny: MicroEmo) -> None:
    def told(of: Scene) -> list[set[str]]:
        answers = ask(tiny, of, encode(tiny, of)).utterances
        assert all(claim.is_borne_out or not claim.clues for answer in answers for claim in answer.claims)
        return [{clue.modality for clue in told_clues(answer, CLUES)} for answer in answers]

    rest = without(scene, [HIGH, LOUD])
    assert any("voice" in modalities for modalities in told(scene))
    assert all(one.clip.audio is None for one in questions(tiny.config, rest, encode(tiny, rest)))
    assert not any("voice" in modalities for modalities in told(rest))


def test_told_is_what_the_explanation_says() -> None:
    claims = (
        Claim(text="The person nods", modality="face", clues=(4,), outcome="borne_out"),
        Claim(text="the voice is high", modality="voice", clues=(6,), outcome="borne_out"),
        Claim(text="the hands tremble", modality="face", outcome="contradicted"),
        Claim(text="The person nods", modality="face", clues=(4,), outcome="borne_out"),
    )
    answer = Answer(explanation="The person nods.", claims=claims)
    assert told_clues(answer, CLUES) == [NOD]
