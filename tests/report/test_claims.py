from hypothesis import given
from hypothesis import strategies as st

from microemo.report.claims import Segment, segments
from microemo.schema import Answer, Claim


def claim(text: str, clue: int | None, verified: bool = True) -> Claim:
    return Claim(text=text, modality="face", clue=clue, verified=verified)


def test_claims_become_segments() -> None:
    answer = Answer(explanation="So the brows fall, and the lips part.", claims=(
        claim("the lips part", 7), claim("the brows fall", 3), claim("the eyes close", 4), claim("So", 3, False),
        claim("and", 99), claim("lips", None),
    ))  # fmt: skip
    assert segments(answer, {3, 4, 7}) == [
        Segment("So "), Segment("the brows fall", 3), Segment(", and "), Segment("the lips part", 7), Segment("."),
    ]  # fmt: skip


def test_same_words_twice_are_two_places() -> None:
    answer = Answer(explanation="a smile, then a smile", claims=(claim("a smile", 1), claim("a smile", 2)))
    assert segments(answer, {1, 2}) == [Segment("a smile", 1), Segment(", then "), Segment("a smile", 2)]


words = st.text(alphabet="ab ", max_size=12)


@given(words, st.lists(st.builds(claim, words, st.none() | st.integers(1, 3), st.booleans()), max_size=5))
def test_nothing_is_lost_or_made_up(explanation: str, claims: list[Claim]) -> None:
    cut = segments(Answer(explanation=explanation, claims=tuple(claims)), {1, 2})
    assert "".join(segment.text for segment in cut) == explanation
    allowed = {(claim.text, claim.clue) for claim in claims if claim.verified}
    assert all((segment.text, segment.clue) in allowed for segment in cut if segment.clue is not None)
