"""Paper 3.4: video tokens, audio tokens, transcribed speech and instruction, here in time order."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microemo.clues import clue_clause
from microemo.model.prompt import (
    ANSWER_OPENING,
    MAX_CLUES,
    OPENING,
    OVERALL_QUESTION,
    ListedClue,
    PromptUtterance,
    Slot,
    SlotKind,
    parts,
    prompt_utterances,
    question_about,
    strongest,
)
from microemo.schema import Clue, Utterance

ALL = frozenset({"video", "audio", "video_window", "audio_window"})
CLUES = (ListedClue(1, "the brows are lowered", "face"), ListedClue(4, "the voice is tense", "voice"))
TWO = (PromptUtterance(0.0, 2.5, "Oh no.", CLUES), PromptUtterance(2.5, 5.0))


def flat(utterances: Sequence[PromptUtterance], available: frozenset[SlotKind]) -> list[str | Slot]:
    return [piece for part in parts(utterances, available) for piece in part]


def clue(id_: int, kind: str = "brow_lowerer", start: float = 0.0, strength: float = 0.5, detail: str = "") -> Clue:
    return Clue(
        id=id_, modality="words" if detail else "face", region="words" if detail else "brows", kind=kind,
        start_sec=start, apex_sec=start + 0.5, end_sec=start + 1, value=0.5, baseline=0.1, strength=strength,
        detail=detail,
    )  # fmt: skip


def test_the_prompt_tells_the_clip_in_time_order() -> None:
    told = [f"<{piece.kind} {piece.index}>" if isinstance(piece, Slot) else piece for piece in flat(TWO, ALL)]
    assert "".join(told) == (
        f"{OPENING}Video:<video 0>\nAudio:<audio 0>\n"
        "0.0-2.5 s. Face:<video_window 0> Voice:<audio_window 0>"
        ' Words: "Oh no." Clues: the brows are lowered [1]; the voice is tense [4]\n'
        "2.5-5.0 s. Face:<video_window 1> Voice:<audio_window 1>\n"
    )


@pytest.mark.parametrize("missing", sorted(ALL))
def test_what_is_not_there_is_not_spoken_of(missing: str) -> None:
    pieces = flat(TWO, ALL - {missing})
    assert {piece.kind for piece in pieces if isinstance(piece, Slot)} == ALL - {missing}
    label = {"video": "Video:", "audio": "Audio:", "video_window": "Face:", "audio_window": "Voice:"}[missing]
    assert not any(label in piece for piece in pieces if isinstance(piece, str))


def test_a_clip_without_any_tokens_is_told_by_its_words() -> None:
    pieces = flat(TWO, frozenset())
    assert not any(isinstance(piece, Slot) for piece in pieces)
    assert "Oh no." in "".join(map(str, pieces))


def test_the_chat_opens_once_and_each_utterance_has_its_part() -> None:
    opening, first, second = parts(TWO, ALL)
    assert opening[0] == OPENING != ANSWER_OPENING
    assert Slot("video_window", 0) in first and Slot("video_window", 1) in second
    assert question_about(TWO, 0) == ("What does the person feel from 0.0 s to 2.5 s, and from which clues?", 0)
    assert question_about(TWO, None) == (OVERALL_QUESTION, None)


def test_each_utterance_lists_its_own_clues() -> None:
    utterances = [
        Utterance(index=0, start_sec=0, end_sec=2, text="I am happy", source="asr"),
        Utterance(index=1, start_sec=2, end_sec=4, source="window"),
    ]
    clues = [clue(1), clue(2, start=1.5), clue(3, "joy_word", detail="happy"), clue(4, "jaw_drop", start=5)]
    first, second = prompt_utterances(utterances, [clues[0], clue(2, "jaw_drop", start=1.5), *clues[2:]])
    assert (first.start_sec, first.end_sec, first.text) == (0, 2, "I am happy")
    assert [one.id for one in first.clues] == [1, 2, 3]
    assert first.clues[0] == (1, clue_clause(clues[0]), "face") and '"happy"' in first.clues[2][1]
    assert second.clues == first.clues[1:2]


KINDS = ("brow_lowerer", "jaw_drop", "chin_raiser", "pitch_raised", "long_pause", "voice_loud", "eyes_closed")


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.floats(0, 8), st.floats(0, 1)), max_size=20))
def test_the_strongest_of_each_kind_are_listed_in_the_order_of_their_ids(rows: list[tuple[str, float, float]]) -> None:
    clues = [clue(number, *row) for number, row in enumerate(rows, 1)]
    within = [c for c in clues if c.start_sec < 4 and c.end_sec > 2]
    listed = strongest(clues, 2, 4)
    assert [c.id for c in listed] == sorted(c.id for c in listed)
    assert len({c.kind for c in listed}) == len(listed) == min(MAX_CLUES, len({c.kind for c in within}))
    for c in listed:
        assert c in within
        assert c.strength == max(other.strength for other in within if other.kind == c.kind)
    weakest = min((c.strength for c in listed), default=0)
    assert all(c.strength <= weakest for c in within if c.kind not in {kept.kind for kept in listed})


def test_two_words_of_one_kind_are_two_clues() -> None:
    said = [
        clue(1, "joy_word", detail="happy"),
        clue(2, "joy_word", detail="great"),
        clue(3, "joy_word", detail="happy"),
    ]
    assert [c.id for c in strongest(said, 0, 4)] == [1, 2]
