"""What keeps the answers of a small language model well-formed: words are words, nothing is said twice, answers end
with what is felt; what is sure is not doubted, and nobody looks sad who is not seen.

Beyond the paper, for models of nano's size. Of the likeliest tokens those are taken out that would begin no known word
("vindictious"), name a number or a name that the prompt does not have, or say a clause again; when little room is left,
the answer ends behind its sentence. The known words are those of the texts that the model was taught (``words.txt``
beside its weights) and of the prompt.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from microemo.config import SURE, Shown
from microemo.lexicon.labels import place
from microemo.lexicon.seeming import SEEMING
from microemo.model.language import NUCLEUS, Choose, LanguageModel

NUM_LIKELIEST = 64  # tokens among which one is looked for
MAX_REPEATED = 4  # words in a row that may come again
ROOM = 0.75  # share of an answer's greatest length behind which it ends with its sentence
WORD, NUMBER = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")
ENDS = (".", "!", "?", '."', '!"', '?"')
DOUBTS = frozenset({"may", "maybe", "might", "could"})
LOOKS, SOUNDS = frozenset(SEEMING["face"]), frozenset(SEEMING["voice"])
UNSAID: dict[Shown, frozenset[str]] = {"voice": LOOKS, "face": SOUNDS, "words": LOOKS | SOUNDS}
"""Words that conclude from what is not there, by what is."""


class Words:
    """Known words, in lower case; and what they may begin with."""

    def __init__(self, words: Iterable[str]) -> None:
        self._sorted = sorted({word.lower() for word in words})
        self._all = frozenset(self._sorted)

    def __contains__(self, word: str) -> bool:
        return word in self._all

    def begin_with(self, letters: str) -> bool:
        at = bisect_left(self._sorted, letters)
        return at < len(self._sorted) and self._sorted[at].startswith(letters)


class WellFormed:
    """The answers to several prompts, as far as they are written, and which tokens may come next in each.

    ``prompts`` are the words of each prompt, and ``shown`` what there is to judge by; ``words`` are all that the model
    was taught, None: any.
    """

    def __init__(
        self,
        language: LanguageModel,
        words: frozenset[str] | None,
        prompts: Sequence[str],
        shown: Sequence[Shown],
    ) -> None:
        self._language = language
        self._answers = [
            _Answer(words, prompt, UNSAID.get(kind, frozenset())) for prompt, kind in zip(prompts, shown, strict=True)
        ]
        self._ends = set(language.end_ids)
        self._room = ROOM * language.config.max_new_tokens

    def first(self, choose: Choose) -> Choose:
        """A choice of the first tokens, which are labels' and may be any; what is sure is not doubted behind them."""

        def chosen(logits: Float[Tensor, "B V"]) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
            scores, tokens = choose(logits)
            for answer, sure in zip(self._answers, scores.exp().tolist(), strict=True):
                answer.unsaid |= DOUBTS if sure >= SURE else frozenset()
            return self._noted(scores, tokens)

        return chosen

    def next(self, choose: Choose) -> Choose:
        """A choice among the tokens that keep each answer well-formed."""

        def chosen(logits: Float[Tensor, "B V"]) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
            return self._noted(*choose(self._kept(logits)))

        return chosen

    def _noted(
        self, scores: Float[Tensor, " B"], tokens: Int[Tensor, " B"]
    ) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
        for answer, token in zip(self._answers, tokens.tolist(), strict=True):
            answer.add("" if token in self._ends else self._piece(token))
        return scores, tokens

    def _kept(self, logits: Float[Tensor, "B V"]) -> Float[Tensor, "B V"]:
        """The logits with all but well-formed tokens at minus infinity."""
        likeliest = logits.softmax(-1).topk(min(NUM_LIKELIEST, logits.shape[1]))
        kept = torch.full_like(logits, -torch.inf)
        for row, (answer, *likely) in enumerate(
            zip(self._answers, likeliest.indices.tolist(), likeliest.values.tolist(), strict=True)
        ):
            allowed = list(self._allowed(answer, *likely)) or list(self._ends)
            kept[row, allowed] = logits[row, allowed]
        return kept

    def _allowed(self, answer: "_Answer", tokens: Sequence[int], probabilities: Sequence[float]) -> Iterator[int]:
        """The likeliest first, until none that follows could be drawn, at a temperature of 1 or less."""
        mass, left = 0.0, 1.0
        for token, probability in zip(tokens, probabilities, strict=True):
            if mass >= NUCLEUS * (mass + left):
                return
            left -= probability
            if self._is_allowed(answer, token):
                mass += probability
                yield token

    def _is_allowed(self, answer: "_Answer", token: int) -> bool:
        is_long = answer.num_tokens >= self._room
        if token in self._ends:
            return answer.ends_sentence and (is_long or answer.names_feeling)
        if is_long and answer.ends_sentence:
            return False
        return answer.allows(self._piece(token))

    def _piece(self, token: int) -> str:
        return _piece(self._language, token)


@lru_cache(maxsize=100_000)
def _piece(language: LanguageModel, token: int) -> str:
    return str(language.tokenizer.decode([token]))


class _Answer:
    """One answer in the making."""

    def __init__(self, words: frozenset[str] | None, prompt: str, unsaid: frozenset[str]) -> None:
        self.unsaid = unsaid
        of_prompt = WORD.findall(prompt)
        self._words = None if words is None else Words([*words, *of_prompt])
        self._names = {word for word in of_prompt if word[0].isupper()} | {"I"}
        self._numbers = Words(NUMBER.findall(prompt))
        self.text = ""
        self.num_tokens = 0

    @property
    def ends_sentence(self) -> bool:
        return self.text.rstrip().endswith(ENDS)

    @property
    def names_feeling(self) -> bool:
        """Whether its sentences, behind its labels, say what is felt."""
        return any(place(word) for word in WORD.findall(self.text.partition(".")[2]))

    def add(self, piece: str) -> None:
        self.text += piece
        self.num_tokens += 1

    def allows(self, piece: str) -> bool:
        """Whether an answer that goes on so can become well-formed."""
        if "\N{REPLACEMENT CHARACTER}" in piece:
            return False
        longer = self.text + piece
        since = max(0, len(self.text) - 40)  # no word is longer
        return (
            all(
                self._is_word(longer, match)
                for match in WORD.finditer(longer, since)
                if match.end() > len(self.text) - 1
            )
            and all(self._is_number(longer, match) for match in NUMBER.finditer(longer, since))
            and not _repeats(longer)
            and not _doubles_label(longer)
        )

    def _is_word(self, text: str, match: re.Match[str]) -> bool:
        word, is_whole = match.group(), match.end() < len(text)
        if word.lower() in self.unsaid:
            return False
        if word[0].isupper() and not _begins_sentence(text, match.start()) and not self._is_name(word, is_whole):
            return False
        if self._words is None:
            return True
        return word.lower() in self._words if is_whole else self._words.begin_with(word.lower())

    def _is_name(self, word: str, is_whole: bool) -> bool:
        return word in self._names if is_whole else any(name.startswith(word) for name in self._names)

    def _is_number(self, text: str, match: re.Match[str]) -> bool:
        number, is_whole = match.group(), match.end() < len(text)
        return number in self._numbers if is_whole else self._numbers.begin_with(number)


def _begins_sentence(text: str, at: int) -> bool:
    before = text[:at].rstrip(' "([')
    return not before or before.endswith((".", "!", "?", ":"))


def _doubles_label(text: str) -> bool:
    """Whether the last of the labels, which are before the first stop, is one of those before it."""
    *before, last = (label.strip() for label in text.partition(".")[0].lower().split(","))
    return last in before


def _repeats(text: str) -> bool:
    """Whether the last whole words, more than ``MAX_REPEATED`` of them, were said before."""
    words = [match.group() for match in WORD.finditer(text.lower()) if match.end() < len(text)]
    last = words[-MAX_REPEATED - 1 :]
    if len(last) <= MAX_REPEATED:
        return False
    return any(words[at : at + len(last)] == last for at in range(len(words) - len(last)))
