"""The LLM's input (paper 3.4): token slots, transcript, clues and instruction, in time order.

"We concatenate inputs from different modalities, i.e. the video tokens, audio tokens, and text query tokens
including transcribed speech and instruction." Questions follow: the one about an utterance its own part of the
prompt, the one about the whole all of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from microemo.clues import clue_clause, style_kinds
from microemo.schema import Clue, Modality, Utterance
from microemo.spans import Span

SlotKind = Literal["video", "audio", "video_window", "audio_window"]
MARKS = ("<|", "###", "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<s>", "</s>")  # what chats are divided by

MAX_CLUES = 5  # listed an utterance
REMARKABLE = 0.3  # strength from which a way of speaking is listed: a single "not", "maybe" or question is not
END = "<|im_end|>"
OPENING = "<|im_start|>user\n"
ANSWER_OPENING = "<|im_end|>\n<|im_start|>assistant\n"
SOMEBODY = "the person"  # whom a question is about, unless they have a name or a pronoun
OVERALL_QUESTION = f"What does {SOMEBODY} feel in this video, and from which clues?"


@dataclass(frozen=True)
class Slot:
    """A place in the prompt that visual or audio tokens fill; ``index`` is the utterance's, for windows."""

    kind: SlotKind
    index: int = 0


class ListedClue(NamedTuple):
    """A clue as the prompt lists it: the number that answers cite it by, what it says, and what it is of."""

    id: int
    clause: str
    modality: Modality


@dataclass(frozen=True)
class PromptUtterance:
    """What the prompt says of an utterance. Times in seconds.

    ``seen`` and ``heard``: whether the person is, in it; what is not there has no tokens in the utterance's part.
    """

    start_sec: float
    end_sec: float
    text: str = ""
    clues: tuple[ListedClue, ...] = ()
    speaker: str | None = None  # where more than one person speaks
    seen: bool = True
    heard: bool = True

    @property
    def span(self) -> Span:
        return Span(self.start_sec, self.end_sec)

    @property
    def said(self) -> str:
        """What is said, and by whom, as a transcript has it."""
        return f"{self.speaker}: {self.text}" if self.speaker else self.text


class Question(NamedTuple):
    """What is asked, and about which utterance by its index in the prompt; None: about the whole."""

    text: str
    utterance: int | None = None

    def about(self, utterances: Sequence[PromptUtterance]) -> Sequence[PromptUtterance]:
        """Those of a prompt's utterances that are asked about."""
        return utterances if self.utterance is None else [utterances[self.utterance]]


Prompt = list[str | Slot]


def utterance_question(start_sec: float, end_sec: float) -> str:
    return f"What does {SOMEBODY} feel from {start_sec:.1f} s to {end_sec:.1f} s, and from which clues?"


def question_about(utterances: Sequence[PromptUtterance], index: int | None, who: str = SOMEBODY) -> Question:
    """The question about one of the prompt's utterances, or about the whole; ``who`` is a name or a pronoun."""
    text = OVERALL_QUESTION if index is None else utterance_question(*utterances[index].span)
    return Question(text.replace(SOMEBODY, who, 1), index)


def heading(start_sec: float, end_sec: float) -> str:
    """What each utterance's part of the prompt begins with."""
    return f"{start_sec:.1f}-{end_sec:.1f} s."


def parts(utterances: Sequence[PromptUtterance], available: frozenset[SlotKind]) -> list[Prompt]:
    """Text and slots: what opens the prompt, and a part for each utterance, in time order.

    Only the token kinds that are ``available`` get a slot.
    """
    opening: Prompt = [OPENING]
    if "video" in available:
        opening += ["Video:", Slot("video"), "\n"]
    if "audio" in available:
        opening += ["Audio:", Slot("audio"), "\n"]
    return [opening, *(_part(index, utterance, available) for index, utterance in enumerate(utterances))]


def _part(index: int, utterance: PromptUtterance, available: frozenset[SlotKind]) -> Prompt:
    prompt: Prompt = [heading(utterance.start_sec, utterance.end_sec)]
    if "video_window" in available and utterance.seen:
        prompt += [" Face:", Slot("video_window", index)]
    if "audio_window" in available and utterance.heard:
        prompt += [" Voice:", Slot("audio_window", index)]
    if utterance.text:
        speaker = f" of {without_marks(utterance.speaker)}" if utterance.speaker else ""
        prompt.append(f' Words{speaker}: "{without_marks(utterance.text)}"')
    if utterance.clues:
        prompt.append(" Clues: " + "; ".join(f"{clue.clause} [{clue.id}]" for clue in utterance.clues))
    return [*prompt, "\n"]


def words_of(utterances: Sequence[PromptUtterance]) -> str:
    """All that the prompt says in words and numbers of a clip, for what may be said again."""
    listed = [f"{clue.clause} [{clue.id}]" for entry in utterances for clue in entry.clues]
    return " ".join([*(f"{heading(*entry.span)} {entry.said}" for entry in utterances), *listed])


def without_marks(text: str) -> str:
    """Words of a person, which must not divide the chat: its marks are taken apart."""
    for mark in MARKS:
        text = text.replace(mark, f"{mark[0]} {mark[1:]}")
    return text


def prompt_utterances(utterances: Sequence[Utterance], clues: Sequence[Clue]) -> list[PromptUtterance]:
    """What the prompt says of each utterance: times, words, and the strongest clues that fall into it.

    Who speaks is said where more than one person does.
    """
    several = len({utterance.speaker for utterance in utterances}) > 1
    return [
        PromptUtterance(
            start_sec=utterance.start_sec,
            end_sec=utterance.end_sec,
            text=utterance.text,
            clues=tuple(
                ListedClue(clue.id, clue_clause(clue), clue.modality)
                for clue in strongest(clues, utterance.start_sec, utterance.end_sec)
            ),
            speaker=utterance.speaker if several else None,
        )
        for utterance in utterances
    ]


def strongest(clues: Sequence[Clue], start_sec: float, end_sec: float) -> list[Clue]:
    """The strongest clues of a stretch, the strongest of each kind, in the order of their ids."""
    kinds: dict[str, Clue] = {}
    for clue in clues:
        if clue.start_sec < end_sec and clue.end_sec > start_sec and _is_remarkable(clue):
            key = clue.kind + clue.detail
            kinds[key] = max(kinds.get(key, clue), clue, key=lambda c: c.strength)
    kept = sorted(kinds.values(), key=lambda clue: (-clue.strength, clue.id))[:MAX_CLUES]
    return sorted(kept, key=lambda clue: clue.id)


def _is_remarkable(clue: Clue) -> bool:
    return clue.strength >= REMARKABLE or all(clue.kind != kind.kind for kind in style_kinds())


def moved(entry: PromptUtterance, by_sec: float) -> PromptUtterance:
    return replace(entry, start_sec=entry.start_sec + by_sec, end_sec=entry.end_sec + by_sec)


def numbered_from_one(entries: Sequence[PromptUtterance]) -> tuple[list[PromptUtterance], dict[int, int]]:
    """The entries with their clues numbered from 1, as in training, and each clue's own id by its new number."""
    own = dict(enumerate(sorted({clue.id for entry in entries for clue in entry.clues}), start=1))
    new = {id_: number for number, id_ in own.items()}
    numbered = [tuple(clue._replace(id=new[clue.id]) for clue in entry.clues) for entry in entries]
    return [replace(entry, clues=clues) for entry, clues in zip(entries, numbered, strict=True)], own
