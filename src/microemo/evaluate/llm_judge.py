"""An LLM as the judge of EMER's metrics (Lian et al., 2023): labels out of descriptions, and labels grouped by meaning.

The judge that the published scores were made with is withdrawn; any model behind an OpenAI-compatible URL takes its
place. Its prompts are versioned, its replies kept (``microemo.chat``), and what it got wrong is mended and counted.
"""

import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TypeVar

from microemo.chat import Chat, Cost, Message
from microemo.errors import InputError
from microemo.evaluate.judge_replies import LIST_OF_LISTS, LIST_OF_WORDS, read_groups, read_labels
from microemo.evaluate.metrics import Groups
from microemo.hooks import Hook, silent

# Replies of usual length, for estimates: five labels a clip, as in EMER's test set, make some 20 to 40 tokens.
TOKENS_OF_LABELS = 20
TOKENS_OF_GROUPS = 40

Agree = Callable[[str, Cost], None]
LabelSet = tuple[str, ...]
Asked = TypeVar("Asked", str, LabelSet)
Reading = TypeVar("Reading")


class LLMJudge:
    """A ``Judge`` that asks a chat model, once for each distinct set of labels, and of one label or none not at all.

    name     the model and the version of the prompts, for reports
    repairs  so far: labels that the model had ``forgotten``, ``invented`` or ``repeated``, and replies that
             could not be read and were ``asked again``; counted a request, so that a run from the cache counts the same
    agree    is called with what is to be done and its cost before any request, and raises to prevent it
    """

    def __init__(self, chat: Chat, hook: Hook = silent, agree: Agree = lambda _what, _cost: None) -> None:
        self.chat = chat
        self.name = f"{chat.model} (prompts {prompts_version()})"
        self.repairs: Counter[str] = Counter()
        self._hook = hook
        self._agree = agree

    @property
    def note(self) -> str:
        """What its replies had to be mended for."""
        return ", ".join(f"{number} {what}" for what, number in sorted((+self.repairs).items()))

    def group(self, labels: Mapping[str, Sequence[str]]) -> dict[str, Groups]:
        """Groups by the clip's name.

        Raises ``InputError`` at the end, when all else has been asked and kept, if any clip has none; it says how
        many, and names the first. The hook's step is ``group labels``, in requests.
        """
        sets = {clip: _label_set(several) for clip, several in labels.items()}
        groups: dict[LabelSet, Groups] = {few: (few,) if few else () for few in sets.values() if len(few) < 2}
        asked = _wanted(sets, lambda several: len(several) > 1)
        self._agree("group labels", self.cost_of_grouping(labels))
        for several, (read, repairs) in self._answers(
            asked, _grouping, read_groups, LIST_OF_LISTS, "group labels"
        ).items():
            groups[several] = read
            self.repairs += repairs
        return {clip: groups[several] for clip, several in sets.items()}

    def extract(self, texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """Labels by the clip's name, of the emotional states in its description; of an empty one, none.

        Raises ``InputError`` as ``group`` does. The hook's step is ``extract labels``, in requests.
        """
        stripped = {clip: text.strip() for clip, text in texts.items()}
        asked = _wanted(stripped, bool)
        self._agree("extract labels", self.cost_of_extraction(texts))
        labels = self._answers(asked, _extraction, lambda reply, _: read_labels(reply), LIST_OF_WORDS, "extract labels")
        return {clip: labels.get(text, ()) for clip, text in stripped.items()}

    def cost_of_grouping(self, labels: Mapping[str, Sequence[str]]) -> Cost:
        """An estimate of what ``group`` will ask; replies that have to be asked for again come on top."""
        sets = map(_label_set, labels.values())
        return self.chat.estimate([_grouping(asked) for asked in sets if len(asked) > 1], TOKENS_OF_GROUPS)

    def cost_of_extraction(self, texts: Mapping[str, str]) -> Cost:
        """An estimate of what ``extract`` will ask; replies that have to be asked for again come on top."""
        stripped = map(str.strip, texts.values())
        return self.chat.estimate([_extraction(text) for text in stripped if text], TOKENS_OF_LABELS)

    def _answers(
        self,
        asked: Mapping[Asked, str],
        request: Callable[[Asked], list[Message]],
        read: Callable[[str, Asked], Reading],
        expected: str,
        step: str,
    ) -> dict[Asked, Reading]:
        """What the replies say; one that cannot be read is asked for once more, with what is wrong with it.

        ``asked`` names a clip for each request, for errors.
        """
        requests = {key: request(key) for key in asked}
        answers, faults = self._read(requests, read, step)
        again = {
            key: requests[key] + _again(fault[0], fault[1], expected)
            for key, fault in faults.items()
            if fault[0] is not None
        }
        self.repairs["asked again"] += len(again)
        answers_again, faults_again = self._read(again, read, step)
        failed = {key: what for key, (_, what) in {**faults, **faults_again}.items() if key not in answers_again}
        if failed:
            first, why = next(iter(failed.items()))
            number = f"{len(failed)} of {len(asked)}"
            raise InputError(f"{self.chat.model}: no answer for {number} ({asked[first]}: {why}); ask another")
        return answers | answers_again

    def _read(
        self, requests: Mapping[Asked, list[Message]], read: Callable[[str, Asked], Reading], step: str
    ) -> tuple[dict[Asked, Reading], dict[Asked, tuple[str | None, str]]]:
        """The answers and, for what has none, the reply if there is one, and what is wrong."""
        answers: dict[Asked, Reading] = {}
        faults: dict[Asked, tuple[str | None, str]] = {}
        replies = self.chat.complete_all(list(requests.values()), self._hook, step) if requests else []
        for key, reply in zip(requests, replies, strict=True):
            if isinstance(reply, InputError):
                faults[key] = None, str(reply)
                continue
            try:
                answers[key] = read(reply.text, key)
            except ValueError as fault:
                faults[key] = reply.text, str(fault)
        return answers, faults


@cache
def prompts_version() -> str:
    """The first digits of the hash of all prompts."""
    return hashlib.sha256(_prompts_file()).hexdigest()[:8]


def _wanted(by_clip: Mapping[str, Asked], ask: Callable[[Asked], bool]) -> dict[Asked, str]:
    """What to ask, each once, and the first clip that needs it."""
    wanted: dict[Asked, str] = {}
    for clip, asked in by_clip.items():
        if ask(asked):
            wanted.setdefault(asked, clip)
    return wanted


def _label_set(labels: Sequence[str]) -> LabelSet:
    return tuple(sorted(set(labels)))


def _grouping(labels: LabelSet) -> list[Message]:
    return _asking("group", labels=json.dumps(labels, ensure_ascii=False))


def _extraction(text: str) -> list[Message]:
    return _asking("extract", text=text)


def _again(reply: str, fault: str, expected: str) -> list[Message]:
    return [{"role": "assistant", "content": reply}, *_asking("again", fault=fault, expected=expected)]


def _asking(prompt: str, **parts: str) -> list[Message]:
    """The prompt with its parts in place, which may hold braces themselves."""
    text = _prompts()[prompt].strip()
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    return [{"role": "user", "content": text}]


@cache
def _prompts() -> dict[str, str]:
    return tomllib.loads(_prompts_file().decode())


def _prompts_file() -> bytes:
    return (files("microemo.evaluate") / "prompts.toml").read_bytes()
