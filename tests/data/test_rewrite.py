"""Rewriting by a language model: what it adds or gets wrong is not taken."""

from pathlib import Path

import pytest
from stub_server import Request, Response, last_text, stub_server

from microemo.chat import Chat, Cost
from microemo.data import rewrite
from microemo.data.manifest import AnnotatedUtterance, Sample
from microemo.schema import Clue

CLUES = tuple(
    Clue(
        id=id_, modality="voice", region="voice", kind=kind, start_sec=0, apex_sec=0.5, end_sec=1, value=1, baseline=0,
        strength=0.8,
    )
    for id_, kind in ((1, "voice_soft"), (2, "speech_slow"), (3, "pitch_flat"))
)  # fmt: skip
ORIGINAL = "The voice is soft [1] and the speech is slow [2], so the person seems downcast."
NOTHING = "Nothing stands out from the usual, and the person seems sad."


def sample(description: str = ORIGINAL, **fields: object) -> Sample:
    labels = ("sad", "downcast")
    return Sample.model_validate(
        {"name": "a", "path": Path("a.wav"), "labels": labels, "description": description, "clues": CLUES, **fields}
    )


def rewritten(url: str, folder: Path, given: Sample) -> tuple[Sample, int, int]:
    costs: list[Cost] = []
    chat = Chat(url, "stub", cache=folder, retries=0)
    (after,), num_new, num_kept = rewrite.rewrite([given], chat, lambda _, cost: costs.append(cost))
    assert costs[0].requests == 1
    return after, num_new, num_kept


@pytest.mark.parametrize(
    ("reply", "taken"),
    [
        ("Speaking in a soft voice [1], the person sounds downcast.", True),
        ("With a soft voice [1] and words that come slowly [2], the person\n seems sad.", True),
        ("The voice is soft [1] and the brows are lowered, so the person seems sad.", False),  # no face was measured
        ("The voice is loud [1], so the person seems sad.", False),  # it is not
        ("The voice stays flat [3], so the person seems sad.", False),  # true, but not what was told
        ("The person seems sad.", False),  # without evidence
        ("The voice is soft [1], so the person seems thrilled.", False),  # another feeling
        (Response(500), False),
    ],
)
def test_what_holds_is_taken_and_all_else_stays(tmp_path: Path, reply: str | Response, taken: bool) -> None:
    with stub_server(lambda request: reply) as stub:
        after, num_new, num_kept = rewritten(stub.url, tmp_path, sample())
    expected = " ".join(reply.split()) if taken and isinstance(reply, str) else ORIGINAL
    assert after.description == expected
    assert (num_new, num_kept) == (int(taken), int(not taken))


def test_without_clues_none_may_be_added(tmp_path: Path) -> None:
    with stub_server(lambda request: "Little shows; perhaps sad [1].") as stub:
        after, *_ = rewritten(stub.url, tmp_path, sample(NOTHING))
    assert after.description == NOTHING


def test_utterances_are_rewritten_within_their_time(tmp_path: Path) -> None:
    def answer(request: Request) -> str:
        return "A soft voice [1] makes the person seem sad." if "soft" in last_text(request) else "no"

    turn = AnnotatedUtterance(
        start_sec=0, end_sec=2, labels=("sad",), description="The voice is soft [1], a sign of being sad."
    )
    later = turn.model_copy(update={"start_sec": 5.0, "end_sec": 7.0})  # the clue is over by then
    with stub_server(answer) as stub:
        after, num_new, num_kept = rewritten(stub.url, tmp_path, sample("", utterances=(turn, later)))
    assert [told.description for told in after.utterances] == [
        "A soft voice [1] makes the person seem sad.", turn.description,
    ]  # fmt: skip
    assert (num_new, num_kept) == (1, 1)
