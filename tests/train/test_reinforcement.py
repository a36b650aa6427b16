"""Reinforcement: what earns more becomes likelier; the model stays near its start; a run is resumed to the bit."""

import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
import seen_clips
import torch
from interrupted import interrupted
from seen_clips import write_manifest
from toy_words import TOY, toy_words

from microemo.config import Calibration
from microemo.errors import InputError
from microemo.model import checkpoint
from microemo.model.language import Text
from microemo.model.microemo import MicroEmo
from microemo.model.registry import LANGUAGE_MODELS
from microemo.train import encoded, reinforcement, run
from microemo.train.cache import FeatureCache
from microemo.train.clips import Clips
from microemo.train.config import ReinforcementConfig, TrainConfig
from microemo.train.encoded import ClipEncoder
from microemo.train.examples import Example, Turn
from microemo.train.facts import facts_of
from microemo.train.reinforcement import Reinforcement, advantages, divergence
from microemo.train.rewards import REWARDS
from microemo.train.stage import STAGES


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "perceive", seen_clips.perceive)
    monkeypatch.setitem(LANGUAGE_MODELS, "causal_lm", toy_words)


def config_of(folder: Path, **changes: Any) -> TrainConfig:
    fields = {
        "stage": "reinforcement", "data": folder / "clips.jsonl", "output": folder / "run", "model": TOY, "steps": 20,
        "batch_size": 4, "micro_batch_size": 2, "precision": "float32", "supervised_share": 0, "validate_every": 10,
        "validation_examples": 4, "optimizer": {"learning_rate": 0.01, "warmup_steps": 0},
        "reinforcement": {"max_tokens": 5}, "cache": {"directory": folder / "cache", "max_gb": 1},
    }  # fmt: skip
    return TrainConfig.model_validate(fields | changes)


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def examples_of(folder: Path, masked_share: float = 0.0) -> list[Example]:
    torch.manual_seed(0)
    encoder = ClipEncoder(MicroEmo(TOY), FeatureCache(folder / "cache", 1 << 30), asr=False)
    samples = [seen_clips.sample(folder, f"0-{label}") for label in seen_clips.LABELS]
    facts, _ = facts_of(samples, encoder)
    clips = Clips(samples, facts, encoder, TOY, masked_share)
    return [clips.example(index, Random(index)) for index in range(len(clips))]


def test_the_mean_reward_rises_and_every_part_is_logged(tmp_path: Path) -> None:
    samples = [seen_clips.sample(tmp_path, f"{n}-sad", split="train" if n < 4 else "validation") for n in range(6)]
    seen_clips.manifest.write(tmp_path / "clips.jsonl", samples)
    run.train(config_of(tmp_path))
    steps = [entry for entry in log(tmp_path / "run") if "loss" in entry]
    curve = [entry["reward"] for entry in steps]
    assert mean(curve[-5:]) > mean(curve[:5]) + 0.3
    names = {"reward", "wheel_f1", "is_short", "num_tokens", "divergence", *(f"reward_{name}" for name in REWARDS)}
    assert names <= steps[0].keys()
    (first, *_, last) = (entry for entry in log(tmp_path / "run") if "validation_loss" in entry)
    assert {f"validation_{name}" for name in names - {"divergence"}} <= first.keys()
    assert last["validation_loss"] == -last["validation_reward"] < first["validation_loss"]


def test_a_run_that_is_interrupted_goes_on_bit_for_bit(tmp_path: Path) -> None:
    write_manifest(tmp_path, num=3)
    settings = {"steps": 4, "save_every_sec": 0, "precision": "bfloat16", "supervised_share": 0.5, "validate_every": 2}
    run.train(config_of(tmp_path, **settings))
    again = config_of(tmp_path, **settings, output=tmp_path / "resumed")
    with interrupted(Reinforcement, call=7):  # in the third step, behind a validation of two micro-batches
        run.train(again)
    assert 0 < len(log(again.output)) < len(log(tmp_path / "run"))
    run.train(again)
    assert log(again.output) == log(tmp_path / "run")
    assert "validation_accuracy" in log(again.output)[-1]  # of the supervised share


def test_only_lora_is_tuned_and_dropout_is_off(tmp_path: Path) -> None:
    config = config_of(tmp_path)
    language = TOY.language.model_copy(update={"lora_dropout": 0.5})
    model = MicroEmo(TOY.model_copy(update={"language": language}))
    run.freeze(model, config, STAGES["reinforcement"])
    tuned = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert tuned and all("lora_" in name for name in tuned)
    objective = Reinforcement(model, ReinforcementConfig(max_tokens=5), 0.0).train()
    (example, *_) = examples_of(tmp_path)
    (filled,) = objective.tokens([example])
    trees = [objective.tree(filled, example, example.turns)]
    own, start = objective.log_probs(trees, [[torch.tensor([0, 3])]])
    assert torch.equal(own[0], start[0]) and own[0].requires_grad and not start[0].requires_grad


def test_a_group_without_spread_contributes_nothing() -> None:
    same = torch.tensor([[0.1, 1.0], [0.1, 0.0], [0.1, 0.0], [0.1, 1.0]])
    found = advantages(same, torch.tensor([5.0, 1.0]))
    torch.testing.assert_close(found, torch.tensor([1.0, -1.0, -1.0, 1.0]), rtol=1e-3, atol=0)
    assert not advantages(same[:, :1], torch.ones(1)).any()


def test_precision_and_recall_are_compared_each_by_itself() -> None:
    """Their sum would not tell these drafts apart."""
    drafts = torch.tensor([[1.0, 0.5], [0.5, 1.0], [1.0, 0.5], [1.0, 0.5]])
    first, second, *_ = advantages(drafts, torch.ones(2))
    assert advantages(drafts.sum(1, keepdim=True), torch.ones(1)).abs().max() == 0
    assert first.abs() < 1e-3 and second.abs() < 1e-3  # what is rarer in one is rarer in the other
    assert advantages(drafts, torch.tensor([2.0, 1.0]))[0] > 0.5


def test_every_reward_counts_by_its_own_spread() -> None:
    rewards = torch.tensor([[1.0, 0.0], [0.0, 0.1], [0.0, 0.0], [0.0, 0.0]])
    first, second, *_ = advantages(rewards, torch.ones(2)).tolist()
    assert first == pytest.approx(second, abs=0.01) and first > 1
    rounded = torch.tensor([[1e-7], [0.0], [0.0], [0.0]])
    assert advantages(rounded, torch.ones(1)).abs().max() < 0.01


def test_the_divergence_is_of_zero_where_both_agree_and_above_elsewhere() -> None:
    own = torch.tensor([-1.0, -2.0, -3.0])
    assert divergence(own, own).tolist() == [0, 0, 0]
    assert (divergence(own, own + torch.tensor([0.5, -0.5, 3.0])) > 0).all()


def test_every_token_of_a_group_counts_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example, *_) = examples_of(tmp_path)
    torch.manual_seed(0)
    model = MicroEmo(TOY)
    objective = Reinforcement(model, ReinforcementConfig(num_drafts=4, max_tokens=5), 0.0).train()
    tokens = objective.tokens([example])
    group = objective.drafted(tokens[0], example)
    monkeypatch.setattr(reinforcement, "advantages", lambda rewards, weights: torch.tensor([1.0, 0.0, 0.0, 0.0]))
    loss, _ = objective.policy(tokens, [example], [group], [objective.rewards(group[1])])
    first, *others = (attempt.generation for attempt in group[1])
    log_probs, _ = objective.log_probs([objective.tree(tokens[0], example, [group[0]])], [[torch.tensor(first.ids)]])
    num_tokens = len(first.ids) + sum(len(one.ids) for one in others)
    torch.testing.assert_close(loss, -log_probs[0].sum() / num_tokens)


def test_an_answer_that_is_not_written_is_not_learnt(tmp_path: Path) -> None:
    (example, *_) = examples_of(tmp_path)
    (turn,) = example.turns
    assert turn.truth is not None
    silent = turn._replace(truth=replace(turn.truth, answer=Text("", is_whole=False)))
    torch.manual_seed(0)
    objective = Reinforcement(MicroEmo(TOY), ReinforcementConfig(max_tokens=5), 0.5).eval()
    tokens = objective.tokens([example])

    def supervised(*turns: Turn) -> tuple[float, float]:
        loss, _, num, _ = objective.supervised(tokens * len(turns), [replace(example, turns=[one]) for one in turns])
        return loss.item(), num.item()

    assert supervised(silent) == (0, 0)
    assert supervised(turn, silent) == supervised(turn)
    both, *_ = objective.supervised(tokens, [replace(example, turns=[silent, turn])])
    assert both.item() == pytest.approx(supervised(turn)[0])


def test_what_was_calibrated_is_no_longer(tmp_path: Path) -> None:
    model = MicroEmo(TOY.model_copy(update={"calibration": Calibration(temperature=2, possible_from={"both": 0.1})}))
    Reinforcement(model, ReinforcementConfig(max_tokens=5), 0.0)
    checkpoint.save(model, tmp_path)
    assert checkpoint.read_config(tmp_path).calibration == Calibration()


def test_masked_examples_lack_a_modality_and_its_evidence(tmp_path: Path) -> None:
    for example in examples_of(tmp_path, masked_share=1.0):
        (turn,) = example.turns
        assert turn.truth is not None
        is_blinded = example.features.frames is None
        assert is_blinded != (example.features.audio is None)
        assert turn.truth.evidence.absent == {"face" if is_blinded else "voice"}
        assert not is_blinded or (not turn.truth.evidence.clues and not example.utterances[0].clues)
        assert {slot.kind for slot, _ in example.labelled} == (
            {"audio_window", "audio"} if is_blinded else {"video_window", "video"}
        )
        assert not turn.truth.answer.is_whole  # its sentences may tell of what is not there


def test_nothing_is_masked_or_drawn_without_a_share(tmp_path: Path) -> None:
    whole, some = examples_of(tmp_path), examples_of(tmp_path, masked_share=1e-9)
    assert all(example.features.frames is not None for example in [*whole, *some])
    assert all(not turn.truth.evidence.absent for example in whole for turn in example.turns if turn.truth)


def test_what_cannot_be_tuned_or_judged_is_said_in_a_line(tmp_path: Path) -> None:
    bare = TOY.model_copy(update={"language": TOY.language.model_copy(update={"lora_rank": 0})})
    with pytest.raises(InputError, match="lora_rank is 0"):
        Reinforcement(MicroEmo(bare), ReinforcementConfig(max_tokens=5), 0.0)
    with pytest.raises(InputError, match=r"no .*format\.csv"):
        Reinforcement(MicroEmo(TOY), ReinforcementConfig(wheels=tmp_path, max_tokens=5), 0.0)
    with pytest.raises(InputError, match=r"max_tokens: must be below model\.language\.max_new_tokens \(6\)"):
        Reinforcement(MicroEmo(TOY), ReinforcementConfig(max_tokens=6), 0.0)
    write_manifest(tmp_path, num=3)
    with pytest.raises(InputError, match="reinforcement: not read by stage instruction"):
        run.train(config_of(tmp_path, stage="instruction", supervised_share=0.1, reinforcement={"kl": 0}))
