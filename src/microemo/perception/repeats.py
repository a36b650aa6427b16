"""Words said again at once: by speakers who stumble (repetitions: Shriberg 1994), or for emphasis.

Grammar doubles words as well ("had had", "die, die", "nous nous"), and so do agreement ("I know, I know") and address
("Joey, Joey"). So words count as begun again only where each is of those at which speakers restart, and the sentence
goes on behind them; parts of words, where the whole follows a hyphen.
"""

import re
from collections.abc import Iterator
from functools import cache

from microemo.lexicon.languages import NOTHING, language
from microemo.perception.spoken_words import Passage, Spoken

MAX_WORDS = 3  # begun again together
PART = re.compile(r"(?<![\w'-])(\w{1,3})-+\s?(?:\1-+\s?)*(?=\1[\w'])[\w']+")  # "b-b-but", "i-i'm"

# What may stand between a word and the same again; without spaces, as in Chinese, a comma parts sentences.
HESITATION = r"(?:[-,…—\s]|\.{2})+"
HESITATION_UNSPACED = r"[-、…—\s]*"
CRY = r"[-,…—\s.!]+"
CRY_UNSPACED = r"[-、，…—\s。！]*"  # noqa: RUF001


def repeats(said: Spoken, code: str) -> Iterator[Passage]:
    """Repetitions, and intensifiers that weigh as much as they are often."""
    restarts, cries = _patterns(code)
    for match in (*restarts.finditer(said.text), *PART.finditer(said.text)):
        yield Passage("repetition", *match.span())
    for match in cries.finditer(said.text):
        yield Passage("intensifier", *match.span(), weight=match[0].count(match[1]))


@cache
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Of words that are begun again, and of those that are repeated for emphasis."""
    spoken = language(code)
    hesitation, cry = (HESITATION, CRY) if spoken.writing.spaced else (HESITATION_UNSPACED, CRY_UNSPACED)
    again = spoken.whole(r"\1")
    restart = spoken.whole("|".join(map(re.escape, spoken.style.restarts)) or NOTHING)
    begun = rf"{restart}(?:{spoken.space}{restart}){{0,{MAX_WORDS - 1}}}"
    intensifiers = [phrase for phrase in spoken.style.words.get("intensifier", ()) if phrase.isalpha()]
    cried = spoken.whole("|".join([*spoken.style.emphatic, *intensifiers]) or NOTHING)
    return (
        re.compile(rf"({begun})(?:{hesitation}{again})+(?=\s*\w)"),
        re.compile(rf"({cried})(?:{cry}{again})+"),
    )
