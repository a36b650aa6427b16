from hypothesis import given
from hypothesis import strategies as st

from microemo.report.runs import Run, runs
from microemo.schema import Answer, Claim, Outcome


def claim(text: str, clue: int | None, verified: bool = True) -> Claim:
    outcome: Outcome = "borne_out" if verified else "contradicted"
    return Claim(text=text, modality="face", clues=() if clue is None else (clue,), outcome=outcome)


def test_claims_become_runs() -> None:
    answer = Answer(explanation="So the brows fall, and the lips part.", claims=(
        claim("the lips part", 7), claim("the brows fall", 3), claim("the eyes close", 4), claim("So", 3, False),
        claim("and", 99), claim("lips", None),
    ))  # fmt: skip
    assert runs(answer, {3, 4, 7}) == [
        Run("So "), Run("the brows fall", 3), Run(", and "), Run("the lips part", 7), Run("."),
    ]  # fmt: skip


def test_same_words_twice_are_two_places() -> None:
    answer = Answer(explanation="a smile, then a smile", claims=(claim("a smile", 1), claim("a smile", 2)))
    assert runs(answer, {1, 2}) == [Run("a smile", 1), Run(", then "), Run("a smile", 2)]


words = st.text(alphabet="ab ", max_size=12)


@given(words, st.lists(st.builds(claim, words, st.none() | st.integers(1, 3), st.booleans()), max_size=5))
def test_nothing_is_lost_or_made_up(explanation: str, claims: list[Claim]) -> None:
    cut = runs(Answer(explanation=explanation, claims=tuple(claims)), {1, 2})
    assert "".join(run.text for run in cut) == explanation
    allowed = {(claim.text.lower(), id_) for claim in claims if claim.is_borne_out for id_ in claim.clues}
    assert all((run.text.lower(), run.clue) in allowed for run in cut if run.clue is not None)
