"""What the switches of training add to a loss, by hand and by what it teaches."""

import math
from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional as F

from microemo.config import TINY, Kin
from microemo.errors import InputError
from microemo.lexicon import FAMILIES
from microemo.model.kin import affect as affects
from microemo.model.microemo import MicroEmo
from microemo.model.prompt import Slot
from microemo.train import config as configs
from microemo.train.config import KinShares, TrainConfig
from microemo.train.examples import Labelled
from microemo.train.kin.beside import Named, beside
from microemo.train.kin.contrast import TEMPERATURE, pairwise_contrast
from microemo.train.kin.tree import tree_loss

FACE, VOICE = Slot("video_window", 0), Slot("audio_window", 0)
MODEL = MicroEmo(TINY.model_copy(update={"kin": Kin(affect=True)}))


@dataclass(frozen=True)
class OfClip:
    """A clip of one utterance."""

    labelled: Labelled = ()
    together: tuple[bool, ...] = (True,)


def test_the_tree_asks_for_the_branch_and_not_for_the_family() -> None:
    families = ("happy", "sad", "angry", "neutral")
    logits = torch.tensor([[0.0, 3.0, 1.0, 0.5]])
    exp = logits.exp()[0]
    expected = -math.log((exp[1] + exp[2]) / exp.sum())
    for target in (1, 2):  # both unpleasant
        assert tree_loss(logits, torch.tensor([target]), families).item() == pytest.approx(expected, rel=1e-5)
    assert tree_loss(logits, torch.tensor([0]), families).item() == pytest.approx(
        -math.log(exp[0] / exp.sum()), rel=1e-5
    )


def test_contrast_is_least_where_each_face_is_like_its_own_voice() -> None:
    faces = torch.eye(3, 8)
    own, others = pairwise_contrast(faces, 7 * faces), pairwise_contrast(faces, faces.roll(1, 0))
    certain = math.exp(1 / TEMPERATURE)
    assert own.item() == pytest.approx(-math.log(certain / (certain + 2)), abs=1e-6)
    assert others.item() == pytest.approx(own.item() + 1 / TEMPERATURE, rel=1e-4)
    assert pairwise_contrast(faces[:1], faces[:1]).item() == 0


def test_the_graph_joins_what_lies_near_and_its_rows_add_up_to_one() -> None:
    graph = affects.dependencies()
    assert torch.allclose(graph.sum(1), torch.ones(len(graph)))
    angry, fearful, happy, sad = (FAMILIES.index(name) for name in ("angry", "fearful", "happy", "sad"))
    assert graph[angry, fearful] > graph[angry, sad] > graph[angry, happy]
    assert graph[angry, sad] > 0.01
    places, known = affects.prototypes()
    assert places.abs().max() <= 1 and set(known.tolist()) <= {0.0, 1.0}
    assert places[happy, 0] > 0 > places[sad, 0]


def test_the_head_learns_families_valence_and_arousal_together() -> None:
    torch.manual_seed(0)
    words = torch.randn(len(FAMILIES) + 2, 16)
    head = affects.AffectGraph(words, 16)
    tokens, families = torch.randn(len(FAMILIES), 16), [*FAMILIES]
    optimizer = torch.optim.Adam(head.parameters(), 1e-2)
    for _ in range(200):
        optimizer.zero_grad()
        head.loss(tokens, families).backward()
        optimizer.step()
    scores, dimensions = head(tokens)
    assert scores.argmax(-1).tolist() == [*range(len(FAMILIES))]
    places, known = affects.prototypes()
    assert ((dimensions - places).abs().mean(-1) * known).mean() < 0.1


def added(shares: KinShares, model: MicroEmo = MODEL) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    clips = [
        {FACE: torch.randn(4, 32, generator=generator), VOICE: torch.randn(2, 32, generator=generator)} for _ in "ab"
    ]
    logits, targets = torch.randn(2, len(FAMILIES), generator=generator), torch.tensor([0, 3])
    labelled = [OfClip(((FACE, FAMILIES[0]),)), OfClip(((FACE, FAMILIES[3]), (VOICE, FAMILIES[3])))]
    return beside(shares, model, clips, labelled, Named(logits, targets, FAMILIES))


def test_nothing_is_added_unless_it_is_switched_on_and_shares_count() -> None:
    assert added(KinShares()).item() == 0
    for name in ("tree", "contrast", "affect"):
        once, twice = (added(KinShares.model_validate({name: share})) for share in (1.0, 2.0))
        assert once.item() > 0 and twice.item() == pytest.approx(2 * once.item(), rel=1e-5)


def test_nobody_labelled_adds_no_tree() -> None:
    none = Named(torch.zeros(0, len(FAMILIES)), torch.zeros(0, dtype=torch.long), FAMILIES)
    assert beside(KinShares(tree=1.0, affect=1.0, contrast=1.0), MODEL, [{}], [OfClip()], none).item() == 0


def test_who_is_not_both_seen_and_heard_is_in_no_contrast() -> None:
    clips = [{FACE: torch.randn(4, 32), VOICE: torch.randn(2, 32)} for _ in "abc"]
    none = Named(torch.zeros(0, len(FAMILIES)), torch.zeros(0, dtype=torch.long), FAMILIES)
    two = [OfClip(), OfClip(together=(False,)), OfClip()]
    asked = KinShares(contrast=1.0)
    expected = beside(asked, MODEL, [clips[0], clips[2]], [OfClip(), OfClip()], none)
    assert beside(asked, MODEL, clips, two, none).item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_head_and_its_loss_go_together(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "run.yaml"
    path.write_text(
        "stage: alignment\ndata: x\noutput: y\nmodel: {preset: tiny}\nkin: {affect: 1}\n"
        "optimizer: {learning_rate: 1e-4}\n"
    )
    with pytest.raises(InputError, match="switch on model"):
        configs.load(path)
    assert configs.load(path, ["model.kin.affect=true"]).model.kin.affect


def test_instruction_tuning_needs_a_share_for_them() -> None:
    fields = {"stage": "instruction", "data": "x", "output": "y", "model": TINY, "optimizer": {"learning_rate": 1e-4}}
    with pytest.raises(ValueError, match="alignment_share"):
        TrainConfig.model_validate({**fields, "kin": {"tree": 0.5}})
    assert TrainConfig.model_validate({**fields, "kin": {"tree": 0.5}, "alignment_share": 0.3}).kin.tree


def test_gradients_reach_the_tokens() -> None:
    tokens = torch.randn(2, 4, 32, requires_grad=True)
    clips = [{FACE: own, VOICE: own[:2]} for own in tokens]
    none = Named(torch.zeros(0, len(FAMILIES)), torch.zeros(0, dtype=torch.long), FAMILIES)
    beside(KinShares(contrast=1.0, affect=1.0), MODEL, clips, [OfClip(((FACE, "sad"),)), OfClip()], none).backward()
    assert tokens.grad is not None and F.normalize(tokens.grad.flatten(), dim=0).norm() > 0
