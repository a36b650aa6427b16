"""Preference: what people corrected becomes likelier than what was said, and nobody learns to be silent from it."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
import seen_clips
import torch
from interrupted import interrupted
from toy_words import FROWN, TOY, toy_words

from microemo.data import manifest
from microemo.data.manifest import AnnotatedUtterance, Rejected, Sample, Split
from microemo.errors import InputError
from microemo.model.language import Generation, Text
from microemo.model.microemo import MicroEmo
from microemo.model.registry import LANGUAGE_MODELS
from microemo.train import encoded, preference, run
from microemo.train.cache import FeatureCache
from microemo.train.clips import Clips
from microemo.train.config import PreferenceConfig, TrainConfig
from microemo.train.encoded import ClipEncoder
from microemo.train.examples import Example, Pair
from microemo.train.facts import facts_of
from microemo.train.preference import Preference
from microemo.train.written import Annotation, open_ended, pair


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "perceive", seen_clips.perceive)
    monkeypatch.setitem(LANGUAGE_MODELS, "causal_lm", toy_words)


def corrected(folder: Path, name: str, note: str = "", **changes: Any) -> Sample:
    """A clip of which somebody corrected label and explanation."""
    label = name.split("-")[1]
    said = AnnotatedUtterance(
        start_sec=0, end_sec=2, text="Well.", labels=(label,), description=note,
        rejected=Rejected(labels=("happy",), description="The mouth smiles."),
    )  # fmt: skip
    return seen_clips.sample(folder, name, utterances=(said,), labels=(), **changes)


def write(folder: Path, *names: str, note: str = "") -> None:
    samples = [corrected(folder, name, note, split="train" if n < 4 else "validation") for n, name in enumerate(names)]
    seen_clips.manifest.write(folder / "clips.jsonl", samples)


def config_of(folder: Path, **changes: Any) -> TrainConfig:
    fields = {
        "stage": "preference", "data": folder / "clips.jsonl", "output": folder / "run", "model": TOY, "steps": 20,
        "batch_size": 4, "micro_batch_size": 2, "precision": "float32", "validate_every": 10,
        "optimizer": {"learning_rate": 3e-3, "warmup_steps": 0}, "cache": {"directory": folder / "cache", "max_gb": 1},
    }  # fmt: skip
    return TrainConfig.model_validate(fields | changes)


def log(folder: Path, kind: str = "loss") -> list[dict[str, float]]:
    return [one for line in (folder / "log.jsonl").read_text().splitlines() if kind in (one := json.loads(line))]


def example_of(folder: Path, *samples: Sample) -> Example:
    torch.manual_seed(0)
    encoder = ClipEncoder(MicroEmo(TOY), FeatureCache(folder / "cache", 1 << 30), asr=False)
    facts, _ = facts_of(samples, encoder)
    return Clips(samples, facts, encoder, TOY).example(0, Random(0))


NAMES = [f"{number}-{label}" for number in range(3) for label in ("sad", "angry")]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_margin_grows_from_nothing(tmp_path: Path, precision: str) -> None:
    """In bfloat16 too: the reference is the start, not what autocast remembers of the model."""
    write(tmp_path, *NAMES, note=f"{FROWN}.")
    run.train(config_of(tmp_path, precision=precision))
    margins = [entry["margin"] for entry in log(tmp_path / "run")]
    assert margins[0] == 0 != margins[1]
    assert margins[-1] > max(0.5, margins[1])
    first, last = log(tmp_path / "run", "validation_loss")
    assert last["validation_loss"] < first["validation_loss"]
    assert last["validation_accuracy"] == 1
    assert log(tmp_path / "run")[-1]["gain_chosen"] > log(tmp_path / "run")[-1]["gain_rejected"]


@pytest.mark.parametrize("self_play", [False, True])
def test_a_run_that_is_interrupted_goes_on_bit_for_bit(tmp_path: Path, self_play: bool) -> None:
    if self_play:
        seen_clips.write_manifest(tmp_path, num=3)
    else:
        write(tmp_path, *NAMES)
    settings = {"steps": 4, "save_every_sec": 0, "precision": "bfloat16", "preference": {"self_play": self_play}}
    run.train(config_of(tmp_path, **settings))
    again = config_of(tmp_path, **settings, output=tmp_path / "resumed")
    with interrupted(Preference, call=5):  # in the middle of the third step
        run.train(again)
    assert len(log(again.output)) == 2
    run.train(again)
    assert log(again.output) == log(tmp_path / "run")
    assert log(again.output, "validation_loss") == log(tmp_path / "run", "validation_loss")


def test_where_labels_alone_were_corrected_labels_alone_are_compared(tmp_path: Path) -> None:
    (turn,) = example_of(tmp_path, corrected(tmp_path, "0-sad")).turns
    assert turn.pair == (("sad.", False), ("happy.", False))
    assert turn.truth is not None and turn.truth.answer == ("sad.", False)
    (turn,) = example_of(tmp_path, corrected(tmp_path, "0-sad", note="He is left alone.")).turns
    assert turn.pair == (("sad. He is left alone.", True), ("happy. The mouth smiles.", True))


def test_what_was_said_is_numbered_as_the_answer_is() -> None:
    before = Annotation(("Happy",), "The brows lift [6].")
    assert pair(Annotation(("Sad",), "The brows lower [5].", before), {5: 1, 6: 2}) == (
        ("sad. The brows lower [1].", True),
        ("happy. The brows lift [2].", True),
    )
    # Whether it cites is not what is preferred.
    uncited = Annotation(("sad",), "He is left alone.", before)
    assert pair(uncited, {5: 1, 6: 2}) == (("sad. He is left alone.", True), ("happy. The brows lift.", True))


def test_what_reads_the_same_is_no_pair() -> None:
    assert pair(Annotation(("sad",), "", Annotation(("Sad",), "The brows lower.")), {}) is None
    assert pair(Annotation(("sad",), "the Voice breaks.", Annotation(("Sad",), "The voice breaks.")), {}) is None
    assert pair(Annotation(("sad",), ""), {}) is None
    assert pair(Annotation(("sad",), "", Annotation((), "The voice breaks.")), {}) is None
    # A note without labels would teach that answers have none.
    assert pair(Annotation((), "He is left alone.", Annotation(("happy",), "The mouth smiles.")), {}) is None


def test_labels_alone_are_not_all_of_an_answer() -> None:
    assert open_ended(Annotation(("sad",), ""), {}) == ("sad.", False)
    assert open_ended(Annotation(("sad",), "The voice breaks."), {}) == ("sad. The voice breaks.", True)


def test_self_play_prefers_what_is_written_to_a_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = MicroEmo(TOY)
    objective = Preference(model, PreferenceConfig(self_play=True), 0.0).train()
    language = model.language

    def choices(sample: Sample, said: str, *ids: int) -> list[tuple[str, str]]:
        drawn = tuple(language.token_ids(said))
        pieces = tuple(language.tokenizer.decode([token]) for token in drawn)
        draft = Generation(pieces, (0.0,) * len(drawn), ids=(*drawn, *language.end_ids), has_ended=True)
        monkeypatch.setattr(preference, "drawn", lambda *_: [draft])
        example = example_of(tmp_path, sample)
        (filled,) = objective.tokens([example])
        found = objective.choices(filled, example)
        return [(language.tokenizer.decode(one.chosen), language.tokenizer.decode(one.rejected)) for one in found]

    labelled = seen_clips.sample(tmp_path, "0-sad")
    explained = seen_clips.sample(tmp_path, "0-sad", description=f"{FROWN}.")
    said = f" happy. {FROWN}."
    # What follows the labels is compared where both have it, and neither is then cut off.
    assert choices(labelled, said) == [(" sad.", " happy.")]
    assert choices(explained, said) == [(f" sad. {FROWN}.<|im_end|>", f"{said}<|im_end|>")]
    assert choices(labelled, f" sad. {FROWN}.") == choices(explained, f" sad. {FROWN}.") == []
    assert choices(labelled, "") == choices(labelled, f" {FROWN} {FROWN}.") == []  # no labels
    assert choices(corrected(tmp_path, "1-sad"), said) == [(" sad.", " happy.")]  # what a person rejected


def test_drafts_are_of_the_start(tmp_path: Path) -> None:
    """Validation sees the same pairs, however far training has come."""
    torch.manual_seed(0)
    objective = Preference(MicroEmo(TOY), PreferenceConfig(self_play=True), 0.0)
    example = example_of(tmp_path, seen_clips.sample(tmp_path, "0-sad", description=f"{FROWN}."))
    (filled,) = objective.tokens([example])

    def drafts() -> list[list[int]]:
        torch.manual_seed(3)
        return [one.rejected.tolist() for _ in range(5) for one in objective.choices(filled, example)]

    before = drafts()
    with torch.no_grad():
        for parameter in objective.model.language.parameters():
            if parameter.requires_grad:
                parameter.add_(1)
    assert drafts() == before


def test_without_pairs_there_is_nothing_to_learn_but_no_harm(tmp_path: Path) -> None:
    objective = Preference(MicroEmo(TOY), PreferenceConfig(), 0.0).train()
    scores = objective([example_of(tmp_path, seen_clips.sample(tmp_path, "0-sad"))])
    scores.loss.backward()
    assert (scores.loss.item(), scores.num_labelled.item(), scores.parts["margin"].item()) == (0, 0, 0)


def test_longer_answers_are_not_preferred_for_their_length(tmp_path: Path) -> None:
    torch.manual_seed(0)
    objective = Preference(MicroEmo(TOY), PreferenceConfig(), 0.0)
    example = example_of(tmp_path, corrected(tmp_path, "0-sad"))
    tokens = objective.tokens([example])
    (turn,) = example.turns
    with torch.no_grad():
        for parameter in objective.model.language.parameters():
            if parameter.requires_grad:
                parameter.add_(0.05)
    repeated = [turn._replace(pair=Pair(Text("sad", False), Text(" ".join(["sad"] * num), False))) for num in (2, 8)]
    choices = [[*objective.choices(tokens[0], Example(example.features, example.utterances, repeated))]]
    of_two, of_eight = objective.gains(tokens, [example], choices)[:, 1].tolist()
    assert abs(of_eight) < 2 * abs(of_two)  # as sums, about four times


def test_only_what_has_a_pair_is_learnt_from(tmp_path: Path) -> None:
    """A correction that confirms what was said would be an example without a loss."""
    write(tmp_path, *NAMES)
    run.train(config_of(tmp_path, steps=2))
    confirmed = [corrected(tmp_path, f"{number}-happy") for number in (6, 7)]
    corrections = manifest.read(tmp_path / "clips.jsonl", 0).samples
    splits: tuple[Split, Split] = ("train", "validation")
    agreed = [one.model_copy(update={"split": split}) for one, split in zip(confirmed, splits, strict=True)]
    manifest.write(tmp_path / "more.jsonl", [*corrections, *agreed])
    run.train(config_of(tmp_path, steps=2, data=tmp_path / "more.jsonl", output=tmp_path / "more"))
    assert log(tmp_path / "more") == log(tmp_path / "run")
    assert log(tmp_path / "more", "validation_loss") == log(tmp_path / "run", "validation_loss")
    manifest.write(tmp_path / "none.jsonl", [*(one for one in corrections if one.split == "train"), agreed[1]])
    with pytest.raises(InputError, match=r"none\.jsonl: nothing that was corrected"):
        run.train(config_of(tmp_path, data=tmp_path / "none.jsonl", output=tmp_path / "none"))


def test_it_says_in_a_line_that_nothing_was_corrected(tmp_path: Path) -> None:
    seen_clips.write_manifest(tmp_path, num=3)
    with pytest.raises(InputError, match=r"clips\.jsonl: nothing that was corrected.*preference\.self_play=true"):
        run.train(config_of(tmp_path))
    run.train(config_of(tmp_path, steps=1, preference={"self_play": True}))
