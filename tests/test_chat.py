"""Chat replies are asked for once, kept, and not lost to the failure of another; every fault is one clear line."""

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from stub_server import Request, Response, last_text, stub_server

from microemo.chat import TOKENS_A_MEDIUM, Chat, Cost, Message, Reply
from microemo.errors import InputError, MicroEmoError


def said(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def echo(request: Request) -> str:
    return f"re: {last_text(request)}"


def answering(*answers: str | Response) -> Any:
    """One answer after the other, whatever is asked."""
    left = iter(answers)
    return lambda request: next(left)


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    yield


def test_a_reply_carries_its_text_and_tokens(tmp_path: Path) -> None:
    with stub_server(echo) as stub:
        assert Chat(stub.url, "m", tmp_path).complete(said("hello")) == Reply("re: hello", False, 7, 3)
    assert stub.requests == [
        {"model": "m", "messages": [*said("hello")], "temperature": 0, "seed": 0, "max_tokens": 1024}
    ]


def test_the_key_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with stub_server(echo) as stub:
        chat = Chat(stub.url, "m", tmp_path)
        chat.complete(said("without"))
        monkeypatch.setenv("OPENAI_API_KEY", "sesame")
        chat.complete(said("with"))
    assert stub.keys == ["Bearer none", "Bearer sesame"]
    assert not any("sesame" in file.read_text() for file in tmp_path.iterdir())


def test_what_is_cached_needs_no_server(tmp_path: Path) -> None:
    with stub_server(echo) as stub:
        Chat(stub.url, "m", tmp_path).complete(said("hello"))
    chat = Chat(f"{stub.url}/", "m", tmp_path)  # a slash at the end names the same place
    assert chat.is_cached(said("hello"))
    assert chat.complete(said("hello")) == Reply("re: hello", True, 7, 3)


def test_cached_replies_do_not_even_import_the_client(tmp_path: Path) -> None:
    with stub_server(echo) as stub:
        Chat(stub.url, "m", tmp_path).complete(said("hello"))
    program = (
        "import sys; from pathlib import Path; from microemo.chat import Chat\n"
        f"reply = Chat({stub.url!r}, 'm', Path({str(tmp_path)!r})).complete({said('hello')!r})\n"
        "print(reply.text, 'openai' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["re:", "hello", "False", "False"]


def test_a_missing_client_is_one_line_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MicroEmoError, match=r"^openai is not installed; run: pip install 'microemo\[eval\]'$"):
        Chat("http://localhost:1/v1", "m", tmp_path).complete(said("hello"))


def test_a_batch_that_is_cached_completes_its_step_too(tmp_path: Path) -> None:
    steps: list[tuple[str, float, float | None]] = []
    with stub_server(echo) as stub:
        chat = Chat(stub.url, "m", tmp_path)
        chat.complete(said("hello"))
        chat.complete_all([said("hello")], lambda *step: steps.append(step))
        chat.complete_all([], lambda *step: steps.append(step))
    assert steps == [("ask", 0, 1), ("ask", 1, 1), ("ask", 0, 0)]


def test_a_reply_depends_on_all_that_was_asked(tmp_path: Path) -> None:
    with stub_server(echo) as stub:
        chat = Chat(stub.url, "m", tmp_path)
        chat.complete(said("hello"))
    others = [replace(chat, url="http://other/v1"), replace(chat, model="n"), replace(chat, max_tokens=5)]
    assert chat.is_cached(said("hello"))
    assert not chat.is_cached(said("hello!"))
    assert not any(other.is_cached(said("hello")) for other in others)


def test_the_default_cache_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MICROEMO_CACHE", str(tmp_path))
    with stub_server(echo) as stub:
        Chat(stub.url, "m").complete(said("hello"))
    assert [file.suffix for file in (tmp_path / "replies").iterdir()] == [".json"]


def test_a_damaged_cache_file_is_asked_for_again(tmp_path: Path) -> None:
    with stub_server(echo) as stub:
        chat = Chat(stub.url, "m", tmp_path)
        chat.complete(said("hello"))
        (file,) = tmp_path.iterdir()
        file.write_text(file.read_text()[:20])
        assert not chat.complete(said("hello")).cached
        assert chat.complete(said("hello")).cached
    assert len(stub.requests) == 2


def test_a_batch_keeps_its_order_and_sends_nothing_twice(tmp_path: Path) -> None:
    steps: list[tuple[str, float, float | None]] = []
    texts = ["a", "b", "a", "c", "b"]
    with stub_server(echo) as stub:
        chat = Chat(stub.url, "m", tmp_path)
        chat.complete(said("c"))
        replies = chat.complete_all([said(text) for text in texts], lambda *step: steps.append(step), "count")
    assert [reply.text for reply in replies if isinstance(reply, Reply)] == [f"re: {text}" for text in texts]
    assert sorted(map(last_text, stub.requests)) == ["a", "b", "c"]
    assert steps == [("count", completed, 3) for completed in range(4)]


def test_requests_under_way_are_bounded(tmp_path: Path) -> None:
    with stub_server(lambda request: Response(text="slow", delay_sec=0.05)) as stub:
        Chat(stub.url, "m", tmp_path, concurrency=3).complete_all([said(str(number)) for number in range(9)])
    assert 2 <= stub.most_under_way <= 3


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(status: int, tmp_path: Path) -> None:
    with stub_server(answering(Response(status), Response(status), "at last")) as stub:
        assert Chat(stub.url, "m", tmp_path, retries=2).complete(said("hello")).text == "at last"
    assert len(stub.requests) == 3


def test_a_reply_that_does_not_come_is_asked_for_again(tmp_path: Path) -> None:
    with stub_server(answering(Response(delay_sec=5), "at last")) as stub:
        assert Chat(stub.url, "m", tmp_path, timeout_sec=0.3, retries=1).complete(said("hello")).text == "at last"


@pytest.mark.parametrize(
    ("response", "complaint"),
    [
        (Response(429), r"too many requests, or no credit left, in 1 attempt \(.*stub says 429"),
        (Response(500), r"the server failed in 1 attempt"),
        (Response(400), r"the request is refused \(.*stub says 400"),
        (Response(401), r"the key is refused .* set OPENAI_API_KEY"),
        (Response(403), r"the key is refused"),
        (Response(404), r"no model 'm' there"),
        (Response(delay_sec=5), r"no reply within 0\.3 s"),
        (Response(text="happy, sa", finish_reason="length"), r"cut off at 1024 tokens"),
        (Response(text=None, finish_reason="content_filter"), r"replied nothing \(content_filter\)"),
        (Response(text=""), r"replied nothing"),
        (Response(body=b"<html>It works!</html>"), r"not a chat completion: '<html>It works!"),
        (Response(body=b'{"choices": []}'), r"not a chat completion"),
        (Response(body=b"\xff\xfe"), r"not a chat completion"),
    ],
)
def test_each_fault_is_one_clear_line_and_is_not_cached(response: Response, complaint: str, tmp_path: Path) -> None:
    with stub_server(lambda request: response) as stub:
        chat = Chat(stub.url, "m", tmp_path, timeout_sec=0.3, retries=0)
        with pytest.raises(InputError, match=complaint) as raised:
            chat.complete(said("hello"))
    assert str(raised.value).startswith(f"{stub.url}: ")
    assert "\n" not in str(raised.value)
    assert not chat.is_cached(said("hello"))


@pytest.mark.parametrize("url", ["localhost:8000", "", "ftp://a/v1", "http://host:port/v1", "http://[/v1"])
def test_what_is_no_url_is_said_to_be_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not the URL of a server"):
        Chat(url, "m", tmp_path).complete(said("hello"))


def test_an_unreachable_server_is_not_asked_for_the_rest(tmp_path: Path) -> None:
    with stub_server(echo) as stub:
        pass
    outcomes = Chat(stub.url, "m", tmp_path, retries=0).complete_all([said(str(number)) for number in range(50)])
    assert {str(outcome) for outcome in outcomes} == {f"{stub.url}: no server answers there; start it, or mend the URL"}


def test_a_refused_key_is_not_tried_for_the_rest(tmp_path: Path) -> None:
    with stub_server(lambda request: Response(401, delay_sec=0.01)) as stub:
        outcomes = Chat(stub.url, "m", tmp_path, concurrency=1).complete_all([said(str(n)) for n in range(50)])
    assert all("key is refused" in str(outcome) for outcome in outcomes)
    assert len(stub.requests) < 10


def test_one_failure_costs_nothing_else(tmp_path: Path) -> None:
    batch = [said(text) for text in ("a", "bad", "c")]
    with stub_server(lambda request: Response(400) if last_text(request) == "bad" else echo(request)) as stub:
        first, second, third = Chat(stub.url, "m", tmp_path).complete_all(batch)
    assert isinstance(first, Reply)
    assert isinstance(second, InputError)
    assert isinstance(third, Reply)
    chat = Chat(stub.url, "m", tmp_path)
    assert [chat.is_cached(messages) for messages in batch] == [True, False, True]


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with stub_server(echo) as stub, pytest.raises(InputError, match=r"cannot be written \(.*MICROEMO_CACHE"):
        Chat(stub.url, "m", tmp_path / "file").complete(said("hello"))


def test_images_and_sounds_go_as_they_are(tmp_path: Path) -> None:
    parts = [
        {"type": "text", "text": "what is felt?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]
    messages = [{"role": "user", "content": parts}]
    with stub_server(echo) as stub:
        chat = Chat(stub.url, "m", tmp_path)
        assert chat.estimate([messages]).prompt_tokens == 4 + TOKENS_A_MEDIUM
        assert chat.complete(messages).text == "re: what is felt?"
    assert stub.requests[0]["messages"] == messages


def test_an_estimate_counts_what_is_left_to_ask(tmp_path: Path) -> None:
    batch = [said("a" * 40), said("b" * 42), said("a" * 40), said("c")]
    with stub_server(echo) as stub:
        chat = Chat(stub.url, "m", tmp_path, max_tokens=100)
        chat.complete(said("c"))
        assert chat.estimate(batch) == Cost(requests=2, cached=1, prompt_tokens=21, completion_tokens=200)
        assert chat.estimate(batch, reply_tokens=5).completion_tokens == 10
        assert len(stub.requests) == 1
        chat.complete_all(batch)
    assert str(chat.estimate(batch)) == "no requests: all 3 replies are cached"


def test_the_cost_reads_as_a_line() -> None:
    cost = Cost(requests=1320, cached=12, prompt_tokens=412_000, completion_tokens=33_000)
    assert str(cost) == "1,320 requests (12 more cached): about 412,000 tokens in and 33,000 out (estimated)"
    assert cost.priced(0.5, 2).price == pytest.approx(0.272)
    assert str(cost.priced(0.5, 2)).endswith("33,000 out, 0.27 at these prices (estimated)")


def _fill(url: str, folder: Path) -> None:
    Chat(url, "m", folder).complete_all([said(str(number)) for number in range(20)])


def test_two_processes_share_a_cache(tmp_path: Path) -> None:
    with stub_server(echo) as stub:
        spawn = multiprocessing.get_context("spawn")
        processes = [spawn.Process(target=_fill, args=(stub.url, tmp_path)) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    replies = Chat(stub.url, "m", tmp_path).complete_all([said(str(number)) for number in range(20)])
    assert replies == [Reply(f"re: {number}", True, 7, 3) for number in range(20)]
    assert all(json.loads(file.read_text()) for file in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 20
