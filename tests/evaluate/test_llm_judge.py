"""The LLM judge: what it asks, what it makes of replies, what it asks again, and what it costs."""

import json
from pathlib import Path

import pytest
from stub_server import Request, last_text, stub_server

from microemo.chat import Chat
from microemo.errors import InputError
from microemo.evaluate.llm_judge import LLMJudge


def by_first_letter(request: Request) -> str:
    """Groups the labels of the question by their first letters, amid some talk."""
    labels = json.loads(last_text(request).rsplit("Labels: ", 1)[1].split("\n")[0])
    letters = sorted({label[0] for label in labels})
    groups = [[label for label in labels if label[0] == letter] for letter in letters]
    return f"Here you are:\n```json\n{json.dumps(groups)}\n```"


def judge(url: str, folder: Path) -> LLMJudge:
    return LLMJudge(Chat(url, "stub", cache=folder, retries=0))


def test_groups_each_distinct_set_once_and_not_at_all_what_is_alone(tmp_path: Path) -> None:
    labels = {"a": ["sad", "sorry", "glad"], "b": ["glad", "sorry", "sad"], "c": ["calm"], "d": []}
    with stub_server(by_first_letter) as stub:
        found = judge(stub.url, tmp_path).group(labels)
    assert found == {"a": (("glad",), ("sad", "sorry")), "b": found["a"], "c": (("calm",),), "d": ()}
    assert len(stub.requests) == 1
    assert stub.requests[0]["temperature"] == 0


def test_what_was_answered_needs_no_server(tmp_path: Path) -> None:
    with stub_server(by_first_letter) as stub:
        first = judge(stub.url, tmp_path)
        groups = first.group({"a": ["sad", "glad"]})
    again = judge(stub.url, tmp_path)
    assert again.group({"z": ["glad", "sad"]}) == {"z": groups["a"]}
    assert again.cost_of_grouping({"z": ["glad", "sad"]}).requests == 0


def test_says_the_cost_before(tmp_path: Path) -> None:
    cost = judge("http://localhost:1/v1", tmp_path).cost_of_grouping({"a": ["sad", "glad"], "b": ["calm"]})
    assert (cost.requests, cost.cached) == (1, 0)
    assert cost.priced(1.0, 2.0).price == (cost.prompt_tokens + 2 * cost.completion_tokens) / 1e6


def test_mends_what_is_no_partition_and_counts_it(tmp_path: Path) -> None:
    with stub_server(lambda _: '[["sad", "blue", "sad"]]') as stub:
        mender = judge(stub.url, tmp_path)
        assert mender.group({"a": ["sad", "glad"]}) == {"a": (("sad",), ("glad",))}
    assert +mender.repairs == {"forgotten": 1, "invented": 1, "repeated": 1}


def test_asks_again_with_the_fault(tmp_path: Path) -> None:
    def answer(request: Request) -> str:
        return "I would rather not." if len(request["messages"]) == 1 else '[["sad"], ["glad"]]'

    with stub_server(answer) as stub:
        mender = judge(stub.url, tmp_path)
        assert mender.group({"a": ["sad", "glad"]}) == {"a": (("sad",), ("glad",))}
    assert mender.repairs["asked again"] == 1
    assert "cannot be used" in last_text(stub.requests[1])


def test_names_a_clip_that_got_no_answer_and_keeps_the_others(tmp_path: Path) -> None:
    def answer(request: Request) -> str:
        return "No." if "odd" in last_text(request) or len(request["messages"]) > 1 else by_first_letter(request)

    labels = {"good": ["sad", "glad"], "bad": ["odd", "glad"]}
    with stub_server(answer) as stub, pytest.raises(InputError, match=r"stub: no answer for 1 of 2 \(bad: "):
        judge(stub.url, tmp_path).group(labels)
    assert judge(stub.url, tmp_path).group({"good": labels["good"]}) == {"good": (("glad",), ("sad",))}  # no server now


def test_extracts_labels_and_asks_nothing_of_an_empty_text(tmp_path: Path) -> None:
    with stub_server(lambda _: '["Worried", "sad"]') as stub:
        found = judge(stub.url, tmp_path).extract({"a": "She {frowns}, and sighs.", "b": "  "})
    assert found == {"a": ("worried", "sad"), "b": ()}
    assert "She {frowns}, and sighs." in last_text(stub.requests[0])
