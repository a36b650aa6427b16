"""Questions: sentences with a question mark or, where a recogniser wrote no mark, that begin or end as questions do."""

import re
from collections.abc import Iterator
from functools import cache

from microemo.lexicon.languages import language
from microemo.perception.spoken_words import Passage, Spoken

MARKS = ".!?…。！？"  # noqa: RUF001
QUESTION_MARKS = {"?", "？"}  # noqa: RUF001
SENTENCE = re.compile(rf"[^\s{MARKS}¿¡](?:[^{MARKS}¿¡]|\.(?=\w))*([{MARKS}]*)")  # "3.5" is no end


def questions(said: Spoken, code: str) -> Iterator[Passage]:
    for sentence in SENTENCE.finditer(said.text):
        marks = {*sentence[1]}
        asked = marks & QUESTION_MARKS or (not marks and _forms(code).search(sentence[0]))
        if asked and said.words(*sentence.span()):
            yield Passage("question", *sentence.span())


@cache
def _forms(code: str) -> re.Pattern[str]:
    """Of the words by which a language asks."""
    spoken = language(code)
    return re.compile(spoken.any_of(spoken.style.words.get("question", ())))
