"""Chat models behind any OpenAI-compatible URL: replies kept by what was asked, and the cost said before it arises.

A reply's key is the hash of everything that it depends on (URL, model, messages, parameters), and each is a small
file of its own. What was once answered needs no server, no key and no money again; the folder of replies can be
published with the scores that came of it.
"""

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, ValidationError

from microemo import files
from microemo.errors import InputError
from microemo.extras import require
from microemo.hooks import Hook, silent
from microemo.weights.cache import cache_dir

if TYPE_CHECKING:
    from openai import APIError, OpenAI

CHARACTERS_A_TOKEN = 4
TOKENS_A_MEDIUM = 800  # an image or a sound; what providers count lies between 85 and some 1500

Message = Mapping[str, Any]
"""As in the API: ``role``, and as ``content`` a text or a list of parts (text, image, audio)."""


@dataclass(frozen=True)
class Reply:
    """What the model answered; ``cached`` if that was known before. Tokens as the server counted them."""

    text: str
    cached: bool
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Cost:
    """An estimate of what a batch takes: ``requests`` to make, and ``cached`` replies that need none.

    Tokens are those of the requests to make; ``price`` is in the currency of the prices it was reckoned with.
    """

    requests: int
    cached: int
    prompt_tokens: int
    completion_tokens: int
    price: float | None = None

    def priced(self, price_in: float, price_out: float) -> "Cost":
        """With the price, given those of a million tokens read and written."""
        return replace(self, price=(self.prompt_tokens * price_in + self.completion_tokens * price_out) / 1e6)

    def __str__(self) -> str:
        if not self.requests:
            return f"no requests: all {self.cached} replies are cached"
        tokens = f"about {self.prompt_tokens:,} tokens in and {self.completion_tokens:,} out"
        price = "" if self.price is None else f", {self.price:.2f} at these prices"
        return f"{_counted(self.requests, 'request')} ({self.cached} more cached): {tokens}{price} (estimated)"


class _HopelessError(InputError):
    """The server will answer no other request either."""


@dataclass(frozen=True)
class Chat:
    """A model at a URL, asked without chance: temperature 0 and a fixed seed, as far as the server honours them.

    url          base of the API, as in ``http://localhost:8000/v1``; the key is that in ``OPENAI_API_KEY``, if any
    cache        folder of the replies; None for ``replies`` in the user's cache (``MICROEMO_CACHE``)
    max_tokens   longest reply
    timeout_sec  for one request; those that time out, or meet a busy or broken server, are repeated with growing
                 pauses, ``retries`` times
    concurrency  requests under way at a time
    """

    url: str
    model: str
    cache: Path | None = None
    max_tokens: int = 1024
    timeout_sec: float = 120.0
    retries: int = 4
    concurrency: int = 4

    def complete(self, messages: Sequence[Message]) -> Reply:
        """The model's reply. Raises ``InputError`` if it cannot be had, or is cut off."""
        (outcome,) = self.complete_all([messages])
        if isinstance(outcome, InputError):
            raise outcome
        return outcome

    def complete_all(
        self, batch: Sequence[Sequence[Message]], hook: Hook = silent, step: str = "ask"
    ) -> list[Reply | InputError]:
        """The reply to each of the batch, or the error that stands in its place; what is asked twice is sent once.

        Replies are kept as they come, so that a batch that was interrupted goes on where it was. Where the server
        cannot be reached, or refuses the key or the model, the rest of the batch is not tried. The hook's step, in
        requests, is ``step``.
        """
        keys = [self._key(messages) for messages in batch]
        outcomes: dict[str, Reply | InputError] = {key: reply for key in keys if (reply := self._cached(key))}
        unknown = {key: messages for key, messages in zip(keys, batch, strict=True) if key not in outcomes}
        total = len(outcomes) + len(unknown)
        hook(step, 0, total)
        if outcomes:
            hook(step, len(outcomes), total)
        if unknown:
            for key, outcome in self._asked(unknown):
                outcomes[key] = outcome
                hook(step, len(outcomes), total)
        return [outcomes[key] for key in keys]

    def is_cached(self, messages: Sequence[Message]) -> bool:
        """Whether ``complete`` would answer without a request."""
        return self._cached(self._key(messages)) is not None

    def estimate(self, batch: Sequence[Sequence[Message]], reply_tokens: int | None = None) -> Cost:
        """What the batch will cost, taking four characters for a token, and flat ``TOKENS_A_MEDIUM`` for the rest.

        ``reply_tokens`` are those of a usual reply; without them, each is taken to be as long as is allowed.
        """
        distinct = {self._key(messages): messages for messages in batch}
        unknown = [messages for key, messages in distinct.items() if self._cached(key) is None]
        return Cost(
            requests=len(unknown),
            cached=len(distinct) - len(unknown),
            prompt_tokens=sum(_tokens(message["content"]) for messages in unknown for message in messages),
            completion_tokens=len(unknown) * (self.max_tokens if reply_tokens is None else reply_tokens),
        )

    @property
    def _parameters(self) -> dict[str, int]:
        return {"temperature": 0, "seed": 0, "max_tokens": self.max_tokens}

    def _key(self, messages: Sequence[Message]) -> str:
        request = {"url": self.url.rstrip("/"), "model": self.model, "messages": messages, **self._parameters}
        return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()

    def _file(self, key: str) -> Path:
        return (self.cache or cache_dir() / "replies") / f"{key}.json"

    def _cached(self, key: str) -> Reply | None:
        """The reply that is kept under the key; None if there is none, or no whole one."""
        try:
            kept = _Kept.model_validate_json(self._file(key).read_bytes())
        except (OSError, ValidationError):
            return None
        return Reply(kept.text, True, kept.prompt_tokens, kept.completion_tokens)

    def _keep(self, key: str, reply: Reply) -> None:
        kept = {"url": self.url, "model": self.model, **asdict(reply)}
        del kept["cached"]
        file = self._file(key)
        try:
            files.write(file, f"{json.dumps(kept, indent=1, ensure_ascii=False)}\n".encode())
        except InputError as error:
            raise _HopelessError(f"{error}, by MICROEMO_CACHE") from error

    def _asked(self, requests: Mapping[str, Sequence[Message]]) -> Iterator[tuple[str, Reply | InputError]]:
        """Each request's key and outcome, as they come."""
        with self.client() as client, _pool(self.concurrency) as pool:
            keys = {pool.submit(self._ask, client, key, messages): key for key, messages in requests.items()}
            hopeless: _HopelessError | None = None
            for future in as_completed(keys):
                outcome = hopeless if hopeless and future.cancelled() else future.result()
                if isinstance(outcome, _HopelessError) and not hopeless:
                    hopeless = outcome
                    _cancel(keys)
                yield keys[future], outcome

    def client(self) -> "OpenAI":
        """Raises ``InputError`` where the URL is none."""
        if not _is_url(self.url):
            raise InputError(f"{self.url}: not the URL of a server; give one as http://localhost:8000/v1")
        openai = require("openai", extra="eval")
        key = os.environ.get("OPENAI_API_KEY") or "none"  # local servers want none, the package wants one
        return openai.OpenAI(base_url=self.url, api_key=key, timeout=self.timeout_sec, max_retries=self.retries)

    def _ask(self, client: "OpenAI", key: str, messages: Sequence[Message]) -> Reply | InputError:
        """One request; the reply is kept before it is returned."""
        from openai import APIError

        body: dict[str, Any] = {"model": self.model, "messages": messages, **self._parameters}
        try:
            reply = self._read(client.chat.completions.with_raw_response.create(**body).content)
            self._keep(key, reply)
        except APIError as error:
            return self._fault(error)
        except InputError as error:
            return error
        return reply

    def _read(self, content: bytes) -> Reply:
        """The reply in a response. Raises ``InputError`` if it is none, or not a whole one."""
        try:
            completion = _Completion.model_validate_json(content)
        except ValidationError as error:
            start = content[:60].decode(errors="replace")
            raise InputError(f"{self.url}: not a chat completion: {start!r}; is this the API's base URL?") from error
        choice = completion.choices[0]
        if choice.finish_reason == "length":
            raise InputError(f"{self.url}: the reply was cut off at {self.max_tokens} tokens; allow longer ones")
        if not choice.message.content:
            reason = choice.finish_reason or "no reason given"
            raise InputError(f"{self.url}: {self.model} replied nothing ({reason}); ask another model")
        return Reply(choice.message.content, False, completion.usage.prompt_tokens, completion.usage.completion_tokens)

    def _fault(self, error: "APIError") -> InputError:
        """What the error means to the user."""
        import openai

        said = " ".join(error.message.split())[:200]
        tries = _counted(self.retries + 1, "attempt")
        kind: type[InputError] = InputError
        match error:
            case openai.APITimeoutError():
                fault = f"no reply within {self.timeout_sec:g} s in {tries}; allow more time"
            case openai.APIConnectionError():
                kind, fault = _HopelessError, "no server answers there; start it, or mend the URL"
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                kind, fault = _HopelessError, f"the key is refused ({said}); set OPENAI_API_KEY to a valid one"
            case openai.NotFoundError():
                kind, fault = _HopelessError, f"no model {self.model!r} there ({said}); mend its name, or the URL"
            case openai.RateLimitError():
                fault = f"too many requests, or no credit left, in {tries} ({said}); try later"
            case openai.InternalServerError():
                fault = f"the server failed in {tries} ({said}); see its log, try again"
            case _:
                fault = f"the request is refused ({said}); mend it, or ask another model"
        return kind(f"{self.url}: {fault}")


def first_model(url: str) -> str:
    """Name of the first model that a server offers; ``default`` of one that lists none, as local servers may.

    Raises ``InputError`` where no server answers.
    """
    openai = require("openai", extra="eval")
    try:
        models = Chat(url, "", retries=0).client().models.list().data
    except openai.APIConnectionError as error:
        raise InputError(f"{url}: no server answers there; start it, or mend the URL") from error
    except (openai.APIError, ValueError):
        return "default"
    return models[0].id if models else "default"


class _Kept(BaseModel):
    text: str
    prompt_tokens: int
    completion_tokens: int


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(BaseModel):
    """What is read of a response; servers differ in the rest."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage = _Usage()


@contextmanager
def _pool(size: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that, when the caller is interrupted, finish what is under way and begin nothing else."""
    pool = ThreadPoolExecutor(size)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _cancel(futures: Mapping[Future[Any], str]) -> None:
    for future in futures:
        future.cancel()


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets or a port that are none
        return False


def _tokens(content: str | Sequence[Mapping[str, Any]]) -> int:
    """Of a message's content, estimated."""
    if isinstance(content, str):
        return math.ceil(len(content) / CHARACTERS_A_TOKEN)
    return sum(_tokens(part["text"]) if part["type"] == "text" else TOKENS_A_MEDIUM for part in content)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
