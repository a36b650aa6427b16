"""Ways of speaking (LIWC: language style): how something is said, beside the emotion words that say it.

They are weak evidence of feeling, and frequent. So an utterance has at most one clue of each kind, which tells the
words of all its occurrences, is the stronger the more there are, and never stronger than a mild emotion word. What is
part of an emotion word's clue already, such as its negation and its intensifiers, is not told again.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

from microemo.clues import VerbalKind, style_kinds
from microemo.lexicon.languages import language
from microemo.perception.questions import questions
from microemo.perception.repeats import repeats
from microemo.perception.spoken_words import Passage, Spoken
from microemo.schema import Clue

MAX_STRENGTH = 0.6
MAX_QUOTED = 3  # occurrences
MAX_WORDS = 6  # of an occurrence
ORDINARY = "ordinary"


def style_clues(said: Spoken, code: str, taken: Sequence[tuple[int, int]]) -> Iterator[Clue]:
    """Unnumbered clues of an utterance in a language; ``taken`` are characters that are part of other clues."""
    passages: dict[str, list[Passage]] = defaultdict(list)
    for passage in (*_free(said, code, taken), *questions(said, code)):
        passages[passage.kind].append(passage)
    for kind in style_kinds():
        if kind.kind in passages:
            yield _clue(kind, sorted(passages[kind.kind], key=lambda passage: passage.start), said)


def _free(said: Spoken, code: str, taken: Sequence[tuple[int, int]]) -> Iterator[Passage]:
    """Passages that do not overlap, in the order of their right to the words: ordinary phrases, repeats, others.

    The last of the words that are begun again may begin a phrase ("I, I guess"). What begins an utterance has nothing
    before it to correct.
    """
    phrases = sorted(_phrases(said, code), key=lambda passage: passage.kind != ORDINARY)
    num_ordinary = sum(passage.kind == ORDINARY for passage in phrases)
    occupied = [*taken]
    for passage in (*phrases[:num_ordinary], *repeats(said, code), *phrases[num_ordinary:]):
        if all(passage.end <= start or end <= passage.start for start, end in occupied):
            occupied += [(passage.start, passage.end)] if passage.kind != "repetition" else []
            if passage.kind != ORDINARY and (passage.kind != "self_correction" or said.words(0, passage.start)):
                yield passage


def _phrases(said: Spoken, code: str) -> Iterator[Passage]:
    pattern, kinds = _patterns(code)
    for match in pattern.finditer(said.text):
        yield Passage(kinds[(match.lastindex or 0) - 1], *match.span())


@cache
def _patterns(code: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """A group for each phrase of a language, and its kind; the longest first, ordinary ones before others as long."""
    spoken = language(code)
    listed = [(phrase, ORDINARY) for phrase in spoken.style.ordinary]
    listed += [(phrase, kind) for kind, each in spoken.style.words.items() if kind != "question" for phrase in each]
    denials = (*spoken.negations.words, *(f"*{ending}" for ending in spoken.negations.endings))
    listed += [(phrase, "negation") for phrase in denials]
    listed.sort(key=lambda row: -len(row[0]))
    return re.compile(spoken.any_of(phrase for phrase, _ in listed)), tuple(kind for _, kind in listed)


def _clue(kind: VerbalKind, passages: Sequence[Passage], said: Spoken) -> Clue:
    """From the first to the last of its occurrences, the strongest in the middle one."""
    middle = passages[len(passages) // 2]
    strength = min(1 - (1 - (kind.strength or 0)) ** sum(passage.weight for passage in passages), MAX_STRENGTH)
    return Clue(
        id=1,
        modality="words",
        region=kind.region,
        kind=kind.kind,
        start_sec=round(said.start_sec(passages[0].start), 3),
        apex_sec=round((said.start_sec(middle.start) + said.end_sec(middle.end)) / 2, 3),
        end_sec=round(said.end_sec(passages[-1].end), 3),
        value=round(kind.polarity * strength, 3),
        baseline=0.0,
        strength=round(strength, 3),
        detail=_quoted(passages, said),
    )


def _quoted(passages: Sequence[Passage], said: Spoken) -> str:
    """The words of the first different occurrences, of long ones the first."""
    spelled = (said.language.spell(said.words(passage.start, passage.end)[:MAX_WORDS]) for passage in passages)
    return ", ".join([*dict.fromkeys(spelled)][:MAX_QUOTED])
