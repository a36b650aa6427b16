"""Several drafts of an answer: the one is kept that the measures bear out best."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from test_pipeline import CONFIG, clip_of, pipeline

from microemo.answers import best
from microemo.model.language import Generation
from microemo.model.microemo import MicroEmo
from microemo.schema import Answer, Claim

BORNE_OUT, UNFOUNDED = (
    Claim(text="her brows lower", outcome="borne_out"),
    Claim(text="she nods", outcome="contradicted"),
)
THREE = CONFIG.model_copy(
    update={"clue_text": True, "language": CONFIG.language.model_copy(update={"num_drafts": 3, "temperature": 1.0})}
)


def draft(name: str, *claims: Claim, log_prob: float = -1.0) -> tuple[Generation, Answer]:
    return Generation((name,), (log_prob,)), Answer(explanation=name, claims=claims)


def test_what_is_borne_out_comes_before_what_is_likely() -> None:
    drafts = [draft("bare", log_prob=0.0), draft("mixed", BORNE_OUT, UNFOUNDED, log_prob=-0.1),
              draft("true", BORNE_OUT), draft("likelier", BORNE_OUT, BORNE_OUT, log_prob=-0.5)]  # fmt: skip
    assert best(drafts).explanation == "likelier"
    assert best(drafts[:3]).explanation == "true"
    assert best(drafts[:2]).explanation == "mixed"
    assert best(drafts[:1]).explanation == "bare"


def test_every_question_has_its_drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter((" happy. She nods.", " happy. The brows are pulled down.", " happy. The voice is high.") * 3)
    calls: list[tuple[int, int]] = []

    def answer_all(
        self: MicroEmo, clip: object, entries: object, asked: Sequence[object], num_drafts: int
    ) -> list[Generation]:
        calls.append((len(asked), num_drafts))
        return [Generation((next(said),), (0.0,)) for _ in range(len(asked) * num_drafts)]

    monkeypatch.setattr(MicroEmo, "answer_all", answer_all)
    result = pipeline(tmp_path, THREE).understand(clip_of())
    assert calls == [(3, 3)]
    assert result.utterances[0].explanation == "The brows are pulled down."
