"""Paper 3.4: the templates of the prompt. What they say, and that a subtitle cannot divide the chat."""

from typing import get_args

import pytest

from microemo.config import PromptName
from microemo.model.prompt import ANSWER_OPENING, END, MARKS, OPENING, PromptUtterance, Slot, parts, prompt_utterances
from microemo.model.templates import SYSTEM, TEMPLATES
from microemo.schema import Utterance

ALL = frozenset({"video", "audio", "video_window", "audio_window"})
WHOLE = frozenset({"video", "audio", "video_window"})  # the paper's: windows on video alone
TWO = (PromptUtterance(0.0, 2.5, "Oh no."), PromptUtterance(2.5, 5.0, "Why?"))
TIMES = (0.0, 1.5, 3.0)


def told_parts(
    name: PromptName, available: frozenset[str], utterances: tuple[PromptUtterance, ...] = TWO
) -> list[str | Slot]:
    return [piece for part in TEMPLATES[name].parts(utterances, available, TIMES) for piece in part]


def told(name: PromptName, available: frozenset[str] = WHOLE, utterances: tuple[PromptUtterance, ...] = TWO) -> str:
    parts = told_parts(name, available, utterances)
    return "".join(f"[{part.kind} {part.index}]" if isinstance(part, Slot) else part for part in parts)


def test_every_name_has_a_template() -> None:
    assert TEMPLATES.keys() == set(get_args(PromptName))


def test_affectgpts_words() -> None:
    assert told("affectgpt") + "How?" + TEMPLATES["affectgpt"].answer_opening == (
        "<s>###Human: Close your eyes, open your ears and you imagine only based on the sound that "
        "<Audio>[audio 0]</Audio>. Close your ears, open your eyes and you see that "
        "<Video>[video 0][video_window 0][video_window 1]</Video>. "
        "The subtitle of this video is <Subtitle>Oh no. Why?</Subtitle>. "
        "Now answer my question based on what you have seen, heard, and provided subtitle. How? ###Assistant:"
    )
    assert TEMPLATES["affectgpt"].end == "###"


def test_timechats_words() -> None:
    assert told("timechat", frozenset({"video"}), ()) + "How?" + TEMPLATES["timechat"].answer_opening == (
        f"<s>[INST] <<SYS>>\n{SYSTEM}\n<</SYS>>\n\n<Video>[video 0]</Video> "
        "The video contains 3 frames sampled at 0.0, 1.5, 3.0 seconds. How? [/INST]"
    )
    assert TEMPLATES["timechat"].end == "</s>"


def test_our_own_words_are_the_same_in_either_chat() -> None:
    own = told("microemo")
    assert own == "".join(
        f"[{piece.kind} {piece.index}]" if isinstance(piece, Slot) else piece
        for part in parts(TWO, WHOLE)
        for piece in part
    )
    assert told("microemo-llama2") == "<s>[INST] " + own.removeprefix(OPENING)
    assert (TEMPLATES["microemo"].answer_opening, TEMPLATES["microemo"].end) == (ANSWER_OPENING, END)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("available", [frozenset(), frozenset({"audio"}), frozenset({"video"}), ALL])
def test_only_what_is_there_gets_a_slot(name: PromptName, available: frozenset[str]) -> None:
    parts = told_parts(name, available)
    slots = [part for part in parts if isinstance(part, Slot)]
    assert {slot.kind for slot in slots} == available
    assert len(slots) == len(set(slots))
    assert "Oh no." in told(name, available)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("mark", MARKS)
def test_no_subtitle_divides_the_chat(name: PromptName, mark: str) -> None:
    spoken = PromptUtterance(0.0, 1.0, f"He said {mark} and left.", speaker=f"A{mark}")
    plain = PromptUtterance(0.0, 1.0, "He said so and left.", speaker="A")
    assert told(name, utterances=(spoken,)).count(mark) == told(name, utterances=(plain,)).count(mark)


def test_who_speaks_is_said_where_several_do() -> None:
    def utterance(index: int, speaker: str | None) -> Utterance:
        return Utterance(
            index=index, start_sec=index, end_sec=index + 1, text="Well.", speaker=speaker, source="subtitle"
        )

    several = tuple(prompt_utterances([utterance(0, "A"), utterance(1, "B")], ()))
    assert 'Words of A: "Well."' in told("microemo", utterances=several)
    assert "<Subtitle>A: Well. B: Well.</Subtitle>" in told("affectgpt", utterances=several)
    alone = tuple(prompt_utterances([utterance(0, "A"), utterance(1, "A")], ()))
    assert 'Words: "Well."' in told("microemo", utterances=alone)
    assert "<Subtitle>Well. Well.</Subtitle>" in told("affectgpt", utterances=alone)
