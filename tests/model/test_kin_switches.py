"""Ideas of MicroEmo's kin: switched off they are not there; switched on they start from the model as it was."""

from collections.abc import Callable

import pytest
import torch
from left_behind import left_behind
from toy_features import toy_features

from microemo.config import NANO, PRESETS, TINY, Kin, ModelConfig
from microemo.model.kin.experts import ModalityExperts
from microemo.model.kin.selection import most_striking
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.spans import Span

CLIPS = [toy_features(seed=1), toy_features(num_frames=0, seed=2), toy_features(audio_sec=0, seed=3)]
SPANS = [[Span(0, 2), Span(2, 4)], [Span(0, 4)], [Span(0, 4)]]
TOGETHER = [[True, False], [True], [True]]  # the second utterance's person is heard by somebody else's voice
LAYERS = {"fusion": "fusion.output", "experts": "experts.voice.outer", "compressor": "compressor.experts.1.outer"}
BOTH = (Slot("video_window", 0), Slot("audio_window", 0))


def with_kin(**switches: object) -> ModelConfig:
    return TINY.model_copy(update={"kin": Kin.model_validate(switches)})


def tokens_of(config: ModelConfig, change: Callable[[MicroEmo], None] = lambda model: None) -> list[dict]:
    torch.manual_seed(0)
    model = MicroEmo(TINY).eval()
    other = MicroEmo(config).eval()
    other.load_state_dict(model.state_dict(), strict=False)
    change(other)
    with torch.inference_mode():
        return other.tokens(CLIPS, SPANS, TOGETHER)


def test_all_are_off_in_every_preset() -> None:
    assert all(preset.kin == Kin() for preset in PRESETS.values())
    names = MicroEmo(TINY).state_dict()
    assert not [name for name in names if name.startswith(("kin.", "affect."))]


@pytest.mark.parametrize("switch", [*LAYERS, "affect"])
def test_a_layer_starts_as_if_it_were_not_there(switch: str) -> None:
    for plain, other in zip(tokens_of(TINY), tokens_of(with_kin(**{switch: True})), strict=True):
        assert plain.keys() == other.keys()
        assert all(torch.equal(plain[slot], other[slot]) for slot in plain)


@pytest.mark.parametrize("switch", LAYERS)
def test_a_layer_that_has_learnt_changes_its_tokens_alone(switch: str) -> None:
    def learn(model: MicroEmo) -> None:
        torch.nn.init.normal_(model.kin.get_submodule(LAYERS[switch]).weight)

    before, after = tokens_of(TINY), tokens_of(with_kin(**{switch: True}), learn)
    assert not torch.equal(before[0][BOTH[1]], after[0][BOTH[1]])
    alone = [
        (1, Slot("audio_window", 0)), (2, Slot("video_window", 0)), (0, Slot("video")), (0, Slot("video_window", 1))
    ]  # fmt: skip
    for number, slot in alone:
        assert torch.equal(before[number][slot], after[number][slot]) == (switch != "compressor")


def test_a_gate_shares_two_between_the_experts_and_starts_even() -> None:
    experts = ModalityExperts(8, 4)
    faces, voices = torch.randn(3, 5, 8), torch.randn(3, 2, 8)
    assert torch.equal(experts.shares(faces, voices), torch.ones(3, 2))
    torch.nn.init.normal_(experts.gate.weight)
    shares = experts.shares(faces, voices)
    assert torch.allclose(shares.sum(-1), torch.full((3,), 2.0)) and not torch.allclose(shares, torch.ones(3, 2))


def test_a_layer_without_anybody_seen_and_heard_leaves_all_as_it_is() -> None:
    model = MicroEmo(with_kin(fusion=True, experts=True, compressor=True)).eval()
    assert model.tokens([], []) == []
    with torch.inference_mode():
        assert [*model.tokens([toy_features(num_frames=0)], [[Span(0, 4)]])[0]] == [
            Slot("audio"), Slot("audio_window", 0)
        ]  # fmt: skip


def test_the_most_striking_patches_are_those_unlike_the_others_in_their_order() -> None:
    frames = torch.zeros(2, 1 + 4, 3)
    frames[0, 1 + 3], frames[0, 1 + 1], frames[1, 1 + 0] = 5.0, -4.0, 1.0
    frames[:, 0] = 9.0
    kept = most_striking(frames, 0.5)
    assert kept.shape == (2, 3, 3)
    assert torch.equal(kept[:, 0], frames[:, 0])
    assert torch.equal(kept[0, 1:], frames[0, [2, 4]])
    assert torch.equal(most_striking(frames, 1.0), frames)
    assert most_striking(frames, 0.01).shape == (2, 2, 3)


def test_fewer_patches_are_other_tokens() -> None:
    plain, fewer = tokens_of(TINY), tokens_of(with_kin(kept_share=0.5))
    assert not torch.equal(plain[0][BOTH[0]], fewer[0][BOTH[0]])
    assert torch.equal(plain[0][BOTH[1]], fewer[0][BOTH[1]])


def test_no_tensor_is_left_behind_on_another_device() -> None:
    assert left_behind(MicroEmo(with_kin(fusion=True, experts=True, compressor=True, affect=True))) == []


def test_layers_that_join_windows_need_windows() -> None:
    fields = TINY.model_dump(mode="json") | {"audio_windows": False}
    with pytest.raises(ValueError, match="need utterance_windows and audio_windows"):
        ModelConfig.model_validate({**fields, "kin": {"fusion": True}})
    assert ModelConfig.model_validate({**fields, "kin": {"compressor": True}}).kin.compressor


def test_a_configuration_from_before_there_were_switches_has_none_on() -> None:
    fields = NANO.model_dump(mode="json")
    del fields["kin"]
    assert ModelConfig.model_validate(fields) == NANO
