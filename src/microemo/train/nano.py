"""Stages 2 and 3 of nano v0: alignment of the Q-Formers with the LLM's words, then instruction tuning.

Stage 2 needs no LLM: a window's tokens are pulled, on average, towards the token embedding of its label's word, so
that the LLM finds them where it finds the word. Stage 3 is the paper's language modelling loss on whole answers,
with a share of the alignment loss kept beside it.
"""

import argparse
import json
import random
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from microemo import weights
from microemo.config import NANO
from microemo.model import checkpoint
from microemo.model.labels import label_anchors, label_scores
from microemo.model.microemo import Features, MicroEmo
from microemo.model.prompt import Slot, SlotKind, question
from microemo.train.loop import Schedule, fit
from microemo.train.pairs import Example, Pairs
from microemo.vocabulary import FAMILIES

ALIGNMENT_SHARE = 0.3  # of the alignment loss beside the language modelling loss
VOICE_NOISE = 0.5  # of each feature's own standard deviation
POOL = 6  # batches drawn together
WINDOWS: dict[SlotKind, str] = {"video_window": "face", "audio_window": "voice"}
WHOLES: dict[SlotKind, str] = {"video": "face", "audio": "voice"}


def labelled_slots(example: Example) -> list[tuple[Slot, str]]:
    """Slots whose tokens carry one label: the windows of each modality, and the whole of a single utterance."""
    slots = [
        (Slot(kind, index), family)
        for kind, modality in WINDOWS.items()
        for index, (family, shown) in enumerate(zip(example.families, example.shown, strict=True))
        if modality in shown
    ]
    if len(set(example.families)) == 1:
        slots += [
            (Slot(kind), example.families[0]) for kind, modality in WHOLES.items() if modality in example.shown[0]
        ]
    return slots


def tokens_of(model: MicroEmo, examples: list[Example]) -> list[dict[Slot, Tensor]]:
    spans = [[(utterance.start_sec, utterance.end_sec) for utterance in example.utterances] for example in examples]
    features = [example.features for example in examples]
    return model.tokens([_noisy(clip) for clip in features] if model.training else features, spans)


def _noisy(clip: Features) -> Features:
    """Noise on the voice's features: eighteen actors are soon known by heart."""
    if clip.audio is None:
        return clip
    return replace(clip, audio=clip.audio + VOICE_NOISE * clip.audio.std(0) * torch.randn_like(clip.audio))


def alignment_loss(tokens: list[dict[Slot, Tensor]], examples: list[Example], anchors: Tensor) -> Tensor:
    logits, targets = [], []
    for example, filled in zip(examples, tokens, strict=True):
        for slot, family in labelled_slots(example):
            if slot in filled:
                logits.append(label_scores(filled[slot], anchors))
                targets.append(FAMILIES.index(family))
    if not logits:
        return anchors.new_zeros((), requires_grad=True)
    return F.cross_entropy(torch.stack(logits), torch.tensor(targets), label_smoothing=0.05)


def language_loss(model: MicroEmo, tokens: list[dict[Slot, Tensor]], examples: list[Example]) -> Tensor:
    prompts = []
    for example, filled in zip(examples, tokens, strict=True):
        prefix = model.prefix(filled, example.utterances)
        prompts.append(torch.cat([prefix, model.language.embed_text(question(example.question))]))
    return model.language.loss(prompts, [example.answer for example in examples])


def _length(example: Example) -> int:
    """Roughly, in characters."""
    listed = (len(phrase) + 6 for utterance in example.utterances for _, phrase in utterance.clues)
    return len(example.answer) + sum(listed) + sum(len(utterance.text) + 60 for utterance in example.utterances)


@torch.inference_mode()
def held_out_alignment(model: MicroEmo, pairs: Pairs, anchors: Tensor, num: int = 400) -> dict[str, float]:
    """Accuracy of the windows' tokens on held-out examples, by modality."""
    model.eval()
    rng = random.Random(0)
    hits: dict[str, list[bool]] = {modality: [] for modality in WINDOWS.values()}
    association = pairs.association()
    for _ in range(num):
        example = pairs.example(rng, association)
        filled = tokens_of(model, [example])[0]
        for slot, family in labelled_slots(example):
            if slot.kind in WINDOWS and slot in filled:
                right = FAMILIES[int(label_scores(filled[slot], anchors).argmax())] == family
                hits[WINDOWS[slot.kind]].append(right)
    model.train()
    return {f"held_out_{modality}": sum(found) / max(1, len(found)) for modality, found in hits.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", type=Path, required=True, help="folder of microemo.train.features")
    parser.add_argument("--meld", type=Path, required=True, help="folder with train_sent_emo.csv, dev_sent_emo.csv")
    parser.add_argument("--lora", type=Path, required=True, help="expression LoRA of stage 1")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--align-steps", type=int, default=900)
    parser.add_argument("--tune-steps", type=int, default=900)
    parser.add_argument("--batch", type=int, default=8)
    arguments = parser.parse_args()

    torch.manual_seed(0)
    model = MicroEmo(NANO, weights.path)
    _load_lora(model, arguments.lora)
    train = Pairs(arguments.features, "train", arguments.meld / "train_sent_emo.csv")
    held_out = Pairs(arguments.features, "held_out", arguments.meld / "dev_sent_emo.csv")
    association = train.association()
    arguments.run.mkdir(parents=True, exist_ok=True)
    (arguments.run / "association.json").write_text(json.dumps(association, indent=1, sort_keys=True))
    anchors = label_anchors(model.language)
    bridge = [p for n, p in model.named_parameters() if p.requires_grad and "lora_" not in n]
    adapters = [p for n, p in model.language.named_parameters() if p.requires_grad]
    model.language.model.set_attn_implementation("eager")  # its backward pass is the faster one on a CPU
    for parameter in model.language.parameters():
        if not parameter.requires_grad:
            parameter.data = parameter.data.to(torch.bfloat16)

    def examples(seed: int, num: int) -> list[Example]:
        rng = random.Random(seed)
        return [train.example(rng, association) for _ in range(num)]

    def align(step: int) -> Tensor:
        model.train()
        with torch.autocast("cpu", torch.bfloat16):
            batch = examples(step, 4 * arguments.batch)
            return alignment_loss(tokens_of(model, batch), batch, anchors)

    def tune(step: int) -> Tensor:
        """One of ``POOL`` batches of like length that are drawn together, as padding costs time."""
        model.train()
        group, place = divmod(step, POOL)
        pool = sorted(examples(1_000_000 + group, POOL * arguments.batch), key=_length)
        batch = pool[place * arguments.batch : (place + 1) * arguments.batch]
        with torch.autocast("cpu", torch.bfloat16):
            tokens = tokens_of(model, batch)
        return language_loss(model, tokens, batch) + ALIGNMENT_SHARE * alignment_loss(tokens, batch, anchors)

    def evaluate() -> dict[str, float]:
        return held_out_alignment(model, held_out, anchors)

    def save() -> dict[str, float]:
        checkpoint.save(model, arguments.run / "model")
        return evaluate()

    fit(
        bridge,
        align,
        Schedule(arguments.align_steps, learning_rate=4e-4),
        arguments.run / "align",
        evaluate=evaluate,
        evaluate_every=300,
    )
    fit(
        [*bridge, *adapters],
        tune,
        Schedule(arguments.tune_steps, learning_rate=5e-4, warmup_steps=30),
        arguments.run / "tune",
        evaluate=save,
        evaluate_every=300,
    )


def _load_lora(model: MicroEmo, file: Path) -> None:
    lora = {f"vision.{name}": tensor for name, tensor in load_file(file).items() if "lora_" in name}
    unknown = model.load_state_dict(lora, strict=False).unexpected_keys
    if unknown:
        raise ValueError(f"{file} does not fit the vision encoder: {unknown[:3]}")


if __name__ == "__main__":
    main()
