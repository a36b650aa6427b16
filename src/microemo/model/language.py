"""The large language model (paper 3.4): a causal LM with LoRA, fed with embeddings, that writes the answers."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from microemo.config import LanguageConfig
from microemo.model import branches, lora
from microemo.model.branches import Branch, Tree
from microemo.model.prompt import END, Slot
from microemo.model.registry import LANGUAGE_MODELS
from microemo.model.windows import buckets

NUCLEUS, NUM_LIKELIEST = 0.9, 256
STAY = 0.75  # share of a batch's answers that go on, below which those that have ended leave it
SPACE = " "  # an answer starts with one, as words within a text do: most labels are then one token


class Text(NamedTuple):
    """An answer to learn; one that is not whole goes on in a way that is not known, so that its end is not learnt."""

    text: str
    is_whole: bool = True


Prediction = tuple[Float[Tensor, "_ V"], Int[Tensor, " _"]]
"""The logits of every token of an answer, and these tokens."""

Choose = Callable[[Float[Tensor, "B V"]], tuple[Float[Tensor, " B"], Int[Tensor, " B"]]]
"""Logits to the tokens that come next, behind their log-probabilities."""


def greedy(logits: Float[Tensor, "B V"]) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
    """The likeliest tokens, behind their log-probabilities."""
    score, token = logits.log_softmax(-1).max(-1)
    return score, token


class Sampler:
    """Draws tokens, of each row by a seed of its own: what a prompt is answered does not hang on its batch.

    With a ``nucleus`` of the likeliest alone that have so much of the probability together (Holtzman et al. 2020), at
    most ``NUM_LIKELIEST``: sorting a whole vocabulary takes longer than drawing. None: of all.
    """

    def __init__(self, temperature: float, seeds: Sequence[int], nucleus: float | None = NUCLEUS) -> None:
        self._temperature, self._nucleus = temperature, nucleus
        self._rngs = [torch.Generator().manual_seed(seed) for seed in seeds]  # on the CPU: the same on every device

    def __call__(self, logits: Float[Tensor, "B V"]) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
        """The tokens drawn, behind their log-probabilities at temperature 1."""
        uniform = torch.stack([torch.rand(logits.shape[1], generator=rng, device="cpu") for rng in self._rngs])
        gumbel = -(-uniform.clamp_min(1e-30).log()).log()
        scores = (logits / self._temperature).log_softmax(-1)
        if self._nucleus is None:
            token = (scores + gumbel.to(scores)).argmax(-1)
        else:
            likely, ids = scores.topk(min(NUM_LIKELIEST, logits.shape[1]))
            before = likely.exp().cumsum(-1) - likely.exp()  # probability of all that are likelier
            kept = likely.masked_fill(before >= self._nucleus, -torch.inf)
            drawn = (kept + gumbel.to(likely).gather(1, ids)).argmax(-1)
            token = ids.gather(1, drawn[:, None])[:, 0]
        return logits.log_softmax(-1).gather(1, token[:, None])[:, 0], token


@dataclass(frozen=True)
class Generation:
    """A generated answer: its tokens as text pieces, and the log-probability of each.

    ``sure`` is how sure it is of the first label's family, and ``possible`` are the families that it may be of, where
    these are known (``first_label.py``). ``ids`` are the tokens as they were chosen, those of the end among them if it
    has ended by itself.
    """

    pieces: tuple[str, ...]
    log_probs: tuple[float, ...]
    sure: float | None = None
    possible: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    has_ended: bool = False

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class LanguageModel(nn.Module):
    """A causal LM over embeddings, frozen; ``end`` is the text that ends an answer.

    With ``trainable_lora``, LoRA of the configuration's rank is beside its weights (peft), and is not frozen; without,
    it can be merged into them (``model/lora.py``).
    """

    def __init__(
        self, config: LanguageConfig, pretrained: Path | None = None, end: str = END, trainable_lora: bool = True
    ) -> None:
        from microemo.model.roomy_cache import share_stems

        super().__init__()
        self.config = config
        self.end = end
        self.model, self.tokenizer = LANGUAGE_MODELS[config.kind](config, pretrained)
        self.model.requires_grad_(False)
        share_stems(self.model)
        if trainable_lora and config.lora_rank:
            lora.inject(self.model, config)

    @property
    def table(self) -> nn.Embedding:
        """The token embeddings, (vocabulary, H)."""
        return cast(nn.Embedding, self.model.get_input_embeddings())

    def token_ids(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    @property
    def end_ids(self) -> list[int]:
        """The tokens that end an answer, as they follow a word: some tokenizers split a mark otherwise on its own."""
        return self.token_ids("." + self.end)[len(self.token_ids(".")) :]

    def embed_text(self, text: str) -> Float[Tensor, "L H"]:
        return self.table(self._ids(text))

    def _ids(self, text: str) -> Int[Tensor, " L"]:
        """Tokens, where the model is."""
        return torch.tensor(self.token_ids(text), dtype=torch.long, device=self.table.weight.device)

    def embed(self, pieces: Sequence[str | Slot], tokens: Mapping[Slot, Float[Tensor, "_ H"]]) -> Float[Tensor, "L H"]:
        """A prompt's text and slots as one sequence of embeddings."""
        dtype = self.table.weight.dtype
        parts = [tokens[part].to(dtype) if isinstance(part, Slot) else self.embed_text(part) for part in pieces]
        return torch.cat(parts)

    def predictions(self, trees: Sequence[Tree], answers: Sequence[Sequence[Text]]) -> list[Prediction]:
        """The logits of every token of each answer, and these tokens, one answer after the other.

        Each of a tree's branches is a question and the opening of its answer.
        """
        return self.predictions_of(trees, [[self.answer_ids(answer) for answer in each] for each in answers])

    def answer_ids(self, answer: Text) -> Int[Tensor, " L"]:
        """The tokens of an answer to learn."""
        return self._ids(SPACE + answer.text + self.end * answer.is_whole)

    def predictions_of(self, trees: Sequence[Tree], targets: Sequence[Sequence[Int[Tensor, " _"]]]) -> list[Prediction]:
        """``predictions`` of answers that are tokens already."""
        grown = [
            Tree(tree.stem, [
                Branch(behind, torch.cat([rows, self.table(target[:-1])]))
                for (behind, rows), target in zip(tree.branches, own, strict=True)
            ])
            for tree, own in zip(trees, targets, strict=True)
        ]  # fmt: skip
        states: list[Tensor] = [torch.empty(0)] * len(grown)
        for group in buckets([len(tree) for tree in grown]):
            rows, positions, hidden = branches.batch([grown[number] for number in group])
            read = self.model.base_model(inputs_embeds=rows, position_ids=positions, attention_mask=hidden)
            for number, own_states in zip(group, read.last_hidden_state, strict=True):
                states[number] = own_states
        # The state before an answer's token predicts it; only those go through the vocabulary's projection.
        predicting = [
            own_states[end - len(target) : end]
            for own_states, tree, own in zip(states, grown, targets, strict=True)
            for end, target in zip(_ends(tree), own, strict=True)
        ]
        logits = self.model.lm_head(torch.cat(predicting)).float()
        ids = [target for own in targets for target in own]
        return list(zip(logits.split([len(target) for target in ids]), ids, strict=True))

    @torch.no_grad()
    def forced(self, prompts: Sequence[Float[Tensor, "_ H"]], beginnings: Sequence[str]) -> list[Prediction]:
        """The logits of every token of given beginnings of answers, and these tokens; as ``answer`` would have them."""
        return self.predictions(
            [branches.together([prompt]) for prompt in prompts],
            [[Text(beginning, is_whole=False)] for beginning in beginnings],
        )

    @torch.no_grad()
    def next_logits(self, prompts: Sequence[Float[Tensor, "_ H"]]) -> Float[Tensor, "B V"]:
        """The logits of each prompt's next token."""
        ends = [state[len(prompt) - 1] for state, prompt in zip(self.states(prompts), prompts, strict=True)]
        return self.model.lm_head(torch.stack(ends)).float()

    def states(self, rows: Sequence[Float[Tensor, "_ H"]]) -> Float[Tensor, "B L H"]:
        """The last layer's states over embeddings of any lengths, padded on the right."""
        ones = [torch.ones(len(row), dtype=torch.long, device=row.device) for row in rows]
        mask = nn.utils.rnn.pad_sequence(ones, batch_first=True)
        embeddings = nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
        return self.model.base_model(inputs_embeds=embeddings, attention_mask=mask).last_hidden_state

    @torch.inference_mode()
    def answer(
        self, prompts: Sequence[Float[Tensor, "_ H"]], choose_first: Choose = greedy, choose: Choose = greedy
    ) -> list[Generation]:
        """Answers to prompts of any lengths, decoded as one batch; shorter ones are padded on the left.

        ``choose_first`` chooses each answer's first token, ``choose`` the others.
        """
        return self.answer_behind(branches.together(prompts), choose_first, choose)

    @torch.inference_mode()
    def answer_behind(
        self, tree: Tree, choose_first: Choose = greedy, choose: Choose = greedy, num_drafts: int = 1
    ) -> list[Generation]:
        """The answers to a tree's branches, decoded as one batch: the drafts of the first, then of the second, …

        The stem is read once, and each branch once for all its drafts.
        """
        cache, *begun = self._read(tree)
        cache.batch_repeat_interleave(num_drafts)
        logits, mask, last = (each.repeat_interleave(num_drafts, 0) for each in begun)
        return self._decode(logits, mask, last, cache, choose_first, choose)

    @torch.inference_mode()
    def next_behind(self, tree: Tree) -> Float[Tensor, "B V"]:
        """The logits of the first token behind each of a tree's branches; the stem is read once."""
        _, logits, _, _ = self._read(tree)
        return logits

    def _read(self, tree: Tree) -> tuple[Any, Float[Tensor, "B V"], Int[Tensor, "B N"], Int[Tensor, "B 1"]]:
        """A tree in a cache, the logits of what follows each branch, the mask over the cache, and where they end."""
        from microemo.model.roomy_cache import follow, roomy_cache

        cache = roomy_cache(self.model.config)
        if len(tree.stem):
            self.model(inputs_embeds=tree.stem[None], past_key_values=cache, use_cache=True, logits_to_keep=1)
            follow(cache, self.model.config, len(tree.branches))
        inputs, mask = _padded_left([branch.rows for branch in tree.branches])
        behind = torch.tensor([[branch.behind] for branch in tree.branches], device=inputs.device)
        positions = behind + (mask.cumsum(1) - 1).clamp_min(0)
        seen = (torch.arange(len(tree.stem), device=inputs.device) < behind).long()
        mask = torch.cat([seen, mask], 1)
        return cache, self._next(inputs, mask, positions, cache), mask, positions[:, -1:]

    def _next(
        self, inputs: Float[Tensor, "B L H"], mask: Int[Tensor, "B N"], positions: Int[Tensor, "B L"], cache: Any
    ) -> Float[Tensor, "B V"]:
        """The logits of what follows the inputs, which follow what is in the cache; ``mask`` is over both."""
        output = self.model(
            inputs_embeds=inputs,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return output.logits[:, -1].float()

    def _decode(
        self,
        logits: Float[Tensor, "B V"],
        mask: Int[Tensor, "B N"],
        last: Int[Tensor, "B 1"],
        cache: Any,
        choose_first: Choose,
        choose: Choose,
    ) -> list[Generation]:
        """Answers from the logits of their first tokens on; ``mask`` is over the cache, which ends at ``last``.

        Those that have ended leave the batch, a few at a time: that copies the cache of the others.
        """
        device, end = logits.device, self.end_ids
        chosen: list[Tensor] = []
        scores: list[Tensor] = []
        ended = torch.zeros(len(logits), dtype=torch.bool, device=device)
        rows = torch.arange(len(logits), device=device)  # the answers in the batch
        while True:
            score, token = (choose if chosen else choose_first)(logits)
            token = token.masked_fill(ended, end[-1])
            chosen.append(token)
            scores.append(score)
            if len(chosen) >= len(end):
                ended |= (torch.stack(chosen[-len(end) :], dim=1) == torch.tensor(end, device=device)).all(1)
            if len(chosen) == self.config.max_new_tokens or ended.all():
                break
            open_ = (~ended[rows]).nonzero()[:, 0]
            if len(open_) <= STAY * len(rows):
                cache.batch_select_indices(open_)
                rows, mask, last = rows[open_], mask[open_], last[open_]
            mask, last = F.pad(mask, (0, 1), value=1), last + 1
            logits[rows] = self._next(self.table(token[rows, None]), mask, last, cache)
        return [
            self._generation(ids, values, *end)
            for ids, values in zip(torch.stack(chosen, 1).tolist(), torch.stack(scores, 1).tolist(), strict=True)
        ]

    def _generation(self, ids: list[int], scores: list[float], *end: int) -> Generation:
        places = (place for place in range(len(ids)) if ids[place : place + len(end)] == [*end])
        length = next(places, len(ids))
        pieces, decoded = [], ""
        for count in range(1, length + 1):
            text = str(self.tokenizer.decode(ids[:count]))
            # A token may end within a character, which then belongs to the token that completes it.
            whole = count == length or not text.endswith("\N{REPLACEMENT CHARACTER}")
            pieces.append(text[len(decoded) :] if whole else "")
            decoded = text if whole else decoded
        has_ended = length < len(ids)
        drawn = tuple(ids[: length + len(end)])
        return Generation(tuple(pieces), tuple(scores[:length]), ids=drawn, has_ended=has_ended)


def log_probs(predictions: Sequence[Prediction]) -> list[Float[Tensor, " _"]]:
    """The log-probability of each token of each answer."""
    return [-F.cross_entropy(logits, ids, reduction="none") for logits, ids in predictions]


def loss(predictions: Sequence[Prediction]) -> Float[Tensor, ""]:
    """The language modelling loss (paper, equation 1): -log P(answer | question), the mean over answer tokens."""
    logits, ids = zip(*predictions, strict=True)
    return F.cross_entropy(torch.cat(logits), torch.cat(ids))


def _ends(tree: Tree) -> Iterator[int]:
    """Where each of a tree's branches ends, in its rows."""
    ends = itertools.accumulate((len(branch.rows) for branch in tree.branches), initial=len(tree.stem))
    return itertools.islice(ends, 1, None)


def _padded_left(prompts: Sequence[Float[Tensor, "_ H"]]) -> tuple[Float[Tensor, "B L H"], Int[Tensor, "B L"]]:
    """Prompts of any lengths as one batch that ends together, and its mask."""
    longest = max(len(prompt) for prompt in prompts)
    inputs = torch.stack([F.pad(prompt, (0, 0, longest - len(prompt), 0)) for prompt in prompts])
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=inputs.device)
    return inputs, (torch.arange(longest, device=inputs.device) >= longest - lengths[:, None]).long()
