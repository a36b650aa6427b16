"""Prompt templates (paper 3.4): our own, in the words of two chats, and those of AffectGPT and TimeChat.

The paper names the parts of its prompt (video, audio, transcribed speech, instruction) but prints none. In the
templates of the peers the windows' tokens follow the whole's, as the paper combines them (3.3).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from microemo.config import PromptName
from microemo.model.prompt import ANSWER_OPENING, END, Prompt, PromptUtterance, Slot, SlotKind, parts, without_marks

SYSTEM = (
    "You are able to understand the visual content that the user provides. "
    "Follow the instructions carefully and explain your answers in detail."
)

Parts = Callable[[Sequence[PromptUtterance], frozenset[SlotKind], Sequence[float]], list[Prompt]]


@dataclass(frozen=True)
class Template:
    """What comes before the question, between question and answer, and after the answer.

    ``parts`` is given the utterances, the kinds of tokens there are, and the frames' times in seconds. What it makes is
    told one behind the other: an opening and, where a template goes through the utterances one by one, a part for each,
    behind which questions about it are asked; else these are asked behind all.
    """

    parts: Parts
    answer_opening: str
    end: str


def affectgpt(
    utterances: Sequence[PromptUtterance], available: frozenset[SlotKind], times_sec: Sequence[float]
) -> list[Prompt]:
    """AffectGPT's, as EMER is trained with; what is not there is not spoken of."""
    prompt: Prompt = ["<s>###Human: "]
    if "audio" in available:
        prompt += ["Close your eyes, open your ears and you imagine only based on the sound that <Audio>"]
        prompt += [*_slots("audio", utterances, available), "</Audio>. "]
    if "video" in available:
        prompt += ["Close your ears, open your eyes and you see that <Video>"]
        prompt += [*_slots("video", utterances, available), "</Video>. "]
    prompt.append(f"{_subtitle(utterances)}Now answer my question based on what you have seen, heard, and ")
    return [[*prompt, "provided subtitle. "]]


def timechat(
    utterances: Sequence[PromptUtterance], available: frozenset[SlotKind], times_sec: Sequence[float]
) -> list[Prompt]:
    """TimeChat's, which names the frames' times; audio and subtitle, which it lacks, are told as AffectGPT does."""
    prompt: Prompt = [f"<s>[INST] <<SYS>>\n{SYSTEM}\n<</SYS>>\n\n"]
    if "video" in available:
        times = ", ".join(f"{time:.1f}" for time in times_sec)
        prompt += ["<Video>", *_slots("video", utterances, available), "</Video> "]
        prompt += [f"The video contains {len(times_sec)} frames sampled at {times} seconds. "]
    if "audio" in available:
        prompt += ["<Audio>", *_slots("audio", utterances, available), "</Audio> "]
    return [[*prompt, _subtitle(utterances)]]


def _own(
    opening: str, utterances: Sequence[PromptUtterance], available: frozenset[SlotKind], times_sec: Sequence[float]
) -> list[Prompt]:
    (_, *first), *others = parts(utterances, available)
    return [[opening, *first], *others]


def _slots(whole: SlotKind, utterances: Sequence[PromptUtterance], available: frozenset[SlotKind]) -> list[Slot]:
    """The whole's slot, then those of the windows."""
    window: SlotKind = "video_window" if whole == "video" else "audio_window"
    windows = [Slot(window, index) for index in range(len(utterances))] if window in available else []
    return [Slot(whole), *windows]


def _subtitle(utterances: Sequence[PromptUtterance]) -> str:
    spoken = " ".join(entry.said for entry in utterances if entry.text)
    return f"The subtitle of this video is <Subtitle>{without_marks(spoken)}</Subtitle>. " if spoken else ""


TEMPLATES: dict[PromptName, Template] = {
    "microemo": Template(lambda utterances, available, _: parts(utterances, available), ANSWER_OPENING, END),
    "microemo-llama2": Template(partial(_own, "<s>[INST] "), " [/INST]", "</s>"),
    "affectgpt": Template(affectgpt, " ###Assistant:", "###"),
    "timechat": Template(timechat, " [/INST]", "</s>"),
}
