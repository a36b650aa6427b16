"""Paper 3.4: L = -log P(answer | video, audio, text), LoRA; answers to all questions share one prefix."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lively import lively

from microemo.config import TINY
from microemo.errors import WeightsError
from microemo.model import language as language_module
from microemo.model.branches import Branch, Tree
from microemo.model.language import END, SPACE, Generation, LanguageModel, Sampler, Text, log_probs, loss
from microemo.model.prompt import ANSWER_OPENING, Slot

QUESTIONS = [
    text + ANSWER_OPENING for text in ("What does the person feel?", "Why?", "What does the person feel from 0.0 s on?")
]


def build() -> LanguageModel:
    torch.manual_seed(1)
    model = LanguageModel(TINY.language).eval()
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad and "norm" not in name:
            parameter.data *= 10  # a fresh model's small weights hardly tell one token from another
    return model


@pytest.fixture(scope="module")
def language() -> LanguageModel:
    return lively(build())


@pytest.fixture(scope="module")
def prompt(language: LanguageModel) -> torch.Tensor:
    return language.embed_text("Video: a face").detach()


def prompts(language: LanguageModel, prompt: torch.Tensor, questions: Sequence[str]) -> list[torch.Tensor]:
    return [torch.cat([prompt, language.embed_text(asked)]).detach() for asked in questions]


@torch.inference_mode()
def greedy(language: LanguageModel, prompt: torch.Tensor, asked: str) -> tuple[list[int], list[float]]:
    """The plainest decoding: the whole text again for every token."""
    sequence, ids, scores = torch.cat([prompt, language.embed_text(asked)]), [], []
    for _ in range(language.config.max_new_tokens):
        score, token = language.model(inputs_embeds=sequence[None]).logits[0, -1].log_softmax(-1).max(-1)
        if token == language.token_ids(END)[0]:
            break
        ids.append(int(token))
        scores.append(float(score))
        sequence = torch.cat([sequence, language.model.get_input_embeddings()(token[None])])
    return ids, scores


def test_answers_of_a_batch_are_what_plain_greedy_decoding_gives(language: LanguageModel, prompt: torch.Tensor) -> None:
    for asked, generation in zip(QUESTIONS, language.answer(prompts(language, prompt, QUESTIONS)), strict=True):
        ids, scores = greedy(language, prompt, asked)
        assert generation.text == language.tokenizer.decode(ids)
        assert generation.log_probs == pytest.approx(scores, abs=1e-3)


def test_an_answer_does_not_depend_on_the_questions_beside_it(language: LanguageModel, prompt: torch.Tensor) -> None:
    together = language.answer(prompts(language, prompt, QUESTIONS))
    for asked, generation in zip(QUESTIONS, together, strict=True):
        (alone,) = language.answer(prompts(language, prompt, [asked]))
        assert alone.pieces == generation.pieces
        assert alone.log_probs == pytest.approx(generation.log_probs, abs=1e-4)
    assert together == language.answer(prompts(language, prompt, QUESTIONS))


def test_what_is_drawn_hangs_on_the_seed_and_not_on_the_batch(language: LanguageModel, prompt: torch.Tensor) -> None:
    asked = prompts(language, prompt, QUESTIONS[:1])
    drawn = language.answer(asked * 3, choose=Sampler(1.0, (7, 8, 7)))
    assert drawn[0].pieces == drawn[2].pieces != drawn[1].pieces
    assert language.answer(asked, choose=Sampler(1.0, [8]))[0].pieces == drawn[1].pieces
    assert drawn[0].pieces[0] == drawn[1].pieces[0]  # the first is chosen
    assert all(score < 0 for score in drawn[1].log_probs)


def test_draws_are_as_likely_as_the_temperature_has_it() -> None:
    logits = torch.tensor([[-2.0, 0.0, 1.0, 1.5]]).expand(4000, -1)
    scores, tokens = Sampler(2.0, range(4000))(logits)
    shares = tokens.bincount(minlength=4) / 4000
    assert shares[0] == 0  # outside of the nucleus
    assert torch.allclose(shares[1:], (logits[0, 1:] / 2).softmax(-1), atol=0.03)
    assert torch.allclose(scores, logits.log_softmax(-1).gather(1, tokens[:, None])[:, 0])


def test_without_a_nucleus_all_tokens_are_drawn_as_they_are_likely() -> None:
    logits = torch.tensor([[-2.0, 0.0, 1.0, 1.5]]).expand(8000, -1)
    _, tokens = Sampler(1.0, range(8000), nucleus=None)(logits)
    assert torch.allclose(tokens.bincount(minlength=4) / 8000, logits[0].softmax(-1), atol=0.02)


def test_log_probabilities_are_of_the_very_tokens_that_were_drawn(
    language: LanguageModel, prompt: torch.Tensor
) -> None:
    (asked,) = prompts(language, prompt, QUESTIONS[:1])
    seeds = range(6)
    choose = Sampler(1.0, seeds, nucleus=None)
    tree = Tree(asked, [Branch(len(asked), language.embed_text(" ")) for _ in seeds])
    drawn = language.answer_behind(tree, choose, choose)
    ids = [torch.tensor(one.ids) for one in drawn]
    read = log_probs(language.predictions_of([tree], [ids]))
    for one, found in zip(drawn, read, strict=True):
        assert one.text == language.tokenizer.decode(one.ids[: len(one.pieces)])
        assert found[: len(one.pieces)].tolist() == pytest.approx(one.log_probs, abs=1e-3)


def test_every_token_has_a_piece_and_a_probability(language: LanguageModel, prompt: torch.Tensor) -> None:
    for generation in language.answer(prompts(language, prompt, QUESTIONS)):
        assert 0 < len(generation.pieces) == len(generation.log_probs) <= TINY.language.max_new_tokens
        assert all(score <= 0 for score in generation.log_probs)


@given(st.lists(st.integers(0, 255), max_size=12) | st.text(max_size=8))
def test_pieces_join_to_the_decoded_text(language: LanguageModel, content: list[int] | str) -> None:
    ids = language.token_ids(content) if isinstance(content, str) else content
    (end,) = language.token_ids(END)
    generation = language._generation([*ids, end, 3], [0.0] * (len(ids) + 2), end)
    assert len(generation.pieces) == len(ids)
    assert generation.text == language.tokenizer.decode(ids)
    if isinstance(content, str):
        assert generation.text == content


def test_the_end_of_the_chat_turn_is_one_token_and_ends_the_answer(language: LanguageModel) -> None:
    (end,) = language.token_ids(END)
    generation = language._generation([*language.token_ids(" sad."), end, end], [-1.0] * 7, end)
    assert generation.text == " sad."
    assert generation.log_probs == (-1.0,) * 5
    assert generation.ids == (*language.token_ids(" sad."), end) and generation.has_ended
    assert not language._generation(language.token_ids(" sad."), [-1.0] * 5, end).has_ended


def test_slots_are_filled_in_their_places(language: LanguageModel) -> None:
    tokens = {Slot("video"): torch.full((4, 32), 1.0), Slot("audio_window", 1): torch.full((2, 32), 2.0)}
    embedded = language.embed(["ab", Slot("audio_window", 1), "c", Slot("video")], tokens)
    expected = [
        language.embed_text("ab"),
        tokens[Slot("audio_window", 1)],
        language.embed_text("c"),
        tokens[Slot("video")],
    ]
    assert torch.equal(embedded, torch.cat(expected))


def loss_of(language: LanguageModel, prompt: torch.Tensor, answer: str) -> torch.Tensor:
    return loss(language.predictions([Tree(prompt[:0], [Branch(0, prompt)])], [[Text(answer)]]))


def test_the_loss_is_that_of_the_answers_tokens(language: LanguageModel, prompt: torch.Tensor) -> None:
    target = torch.tensor(language.token_ids(SPACE + "sad." + END))
    whole = torch.cat([prompt, language.model.get_input_embeddings()(target)])
    scores = language.model(inputs_embeds=whole[None]).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
    expected = -scores.gather(1, target[:, None]).mean()
    torch.testing.assert_close(loss_of(language, prompt, "sad."), expected)


def test_prompts_of_other_lengths_beside_it_do_not_change_an_examples_loss(
    language: LanguageModel, prompt: torch.Tensor
) -> None:
    prompts, answers = [prompt, prompt.repeat(7, 1), prompt[:3]], ["sad, low.", "happy.", "calm. The voice is soft."]
    sizes = [len(language.token_ids(SPACE + answer + END)) for answer in answers]
    alone = [loss_of(language, p, a).item() for p, a in zip(prompts, answers, strict=True)]
    trees = [Tree(prompt[:0], [Branch(0, prompt)]) for prompt in prompts]
    mean = sum(size * loss for size, loss in zip(sizes, alone, strict=True)) / sum(sizes)
    assert loss(language.predictions(trees, [[Text(answer)] for answer in answers])).item() == pytest.approx(
        mean, rel=1e-4
    )


@settings(max_examples=20)
@given(st.data())
def test_branches_of_one_stem_are_as_if_each_were_alone(language: LanguageModel, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.tuples(st.text(max_size=9), st.text(min_size=1, max_size=9)), min_size=1, max_size=4))
    stem = language.embed_text("0.0-2.5 s. Face: frowns\n2.5-5.0 s. Face: smiles\n").detach()
    behind = [data.draw(st.integers(0, len(stem))) for _ in texts]
    branches = [
        Branch(place, language.embed_text(asked + ANSWER_OPENING).detach())
        for place, (asked, _) in zip(behind, texts, strict=True)
    ]
    answers = [Text(answer, is_whole=data.draw(st.booleans())) for _, answer in texts]
    alone = [Tree(stem[:0], [Branch(0, torch.cat([stem[: one.behind], one.rows]))]) for one in branches]
    together = loss(language.predictions([Tree(stem, branches)], [answers]))
    assert together.item() == pytest.approx(
        loss(language.predictions(alone, [[answer] for answer in answers])).item(), rel=1e-3
    )
    given_out = language.answer_behind(Tree(stem, branches))
    for generation, tree in zip(given_out, alone, strict=True):
        assert generation.pieces == language.answer([tree.branches[0].rows])[0].pieces


def test_answers_that_have_ended_leave_the_batch_and_the_others_are_what_they_were(
    language: LanguageModel, prompt: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = [prompt[: 3 + place] for place in range(6)]
    num_rows: list[int] = []

    def answers(share: float) -> list[Generation]:
        monkeypatch.setattr(language_module, "STAY", share)
        num_rows.clear()
        step = itertools.count()

        def choose(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            score, token = logits[:, : language.end_ids[0]].log_softmax(-1).max(-1)
            return score, token.where(torch.tensor([9, 2, 7, 2, 16, 1]) != next(step), language.end_ids[0])

        return language.answer(prompts, choose, choose)

    watched = language.model.register_forward_pre_hook(
        lambda _, args, given: num_rows.append(len(given["inputs_embeds"])), with_kwargs=True
    )
    together, apart = answers(0.0), answers(0.75)
    watched.remove()
    assert num_rows == [6, 6, 6, *[3] * 5, 2, 2, *[1] * 6]
    assert [len(one.log_probs) for one in apart] == [9, 2, 7, 2, 16, 1]
    assert [one.pieces for one in apart] == [one.pieces for one in together]
    for one, other in zip(apart, together, strict=True):
        assert one.log_probs == pytest.approx(other.log_probs, abs=1e-4)


def test_the_end_of_an_answer_that_is_not_whole_is_not_learnt(language: LanguageModel, prompt: torch.Tensor) -> None:
    tree = [Tree(prompt, [Branch(len(prompt), prompt)])]
    whole, open_ended = (loss(language.predictions(tree, [[Text("sad", is_whole=each)]])) for each in (True, False))
    ((logits, _),) = language.forced([torch.cat([prompt, prompt])], ["sad" + END])
    num = len(language.token_ids(SPACE + "sad"))
    of_end = torch.nn.functional.cross_entropy(logits[-1], torch.tensor(language.token_ids(END)[0]))
    assert whole.item() * (num + 1) == pytest.approx(open_ended.item() * num + of_end.item(), rel=1e-3)


def test_only_lora_learns_and_an_example_is_learnt() -> None:
    language = build()
    tuned = {name: p for name, p in language.named_parameters() if p.requires_grad}
    assert all("lora_" in name for name in tuned)
    assert all(any(f"{kind}_proj.lora_A" in name for name in tuned) for kind in "qkvo")
    prompt = language.embed_text("Video: a face").detach()
    optimizer = torch.optim.AdamW(tuned.values(), lr=3e-2)
    losses = []
    for _ in range(30):
        loss = loss_of(language, prompt, "sad, low. The brows are pulled down [3].")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


@given(st.text(max_size=40))
def test_the_byte_tokenizer_loses_nothing(language: LanguageModel, text: str) -> None:
    assert language.tokenizer.decode(language.token_ids(text)) == text


def test_a_pretrained_llm_can_be_cut_to_its_first_layers(tmp_path: Path) -> None:
    whole = LanguageModel(TINY.language.model_copy(update={"lora_rank": 0}))
    whole.model.save_pretrained(tmp_path)
    whole.tokenizer.save_pretrained(tmp_path)
    config = whole.config.model_copy(update={"num_layers": 1})
    first = LanguageModel(config, tmp_path).model.state_dict()
    assert len(first) < len(whole.model.state_dict())
    assert all(torch.equal(tensor, whole.model.state_dict()[name]) for name, tensor in first.items())
    with pytest.raises(WeightsError, match="has 2 layers; the configuration has 3"):
        LanguageModel(config.model_copy(update={"num_layers": 3}), tmp_path)
