"""Clauses, read from left to right: whose feelings the words in them would be, and whether they are said to be so."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from microemo.evaluate.extraction.holders import OF_CUES, REACH, Holder, located, noun_class, subject
from microemo.evaluate.extraction.words import NOTHING, Unit


class Clause(NamedTuple):
    """What has been read of a clause so far.

    holder  whose clause it is
    real    False after a negation or another cue that it is not so
    frame   "predicated" after a verb such as "seems"; "named" where a noun would be a feeling ("a sense of"); or ""
    """

    holder: Holder = "main"
    real: bool = True
    frame: Literal["predicated", "named", ""] = ""


def clauses(units: Sequence[Unit]) -> Iterator[tuple[int, Clause]]:
    """The place of every word for a feeling in a sentence, with its clause so far."""
    clause = Clause(subject(units, 0) or "main")
    for index, unit in enumerate(units):
        if unit.place is not None:
            yield index, clause
        elif unit.cue or clause.frame:  # other words end a frame, and do no more
            clause = _after(units, index, clause)


def _after(units: Sequence[Unit], index: int, clause: Clause) -> Clause:
    """The clause after a word that is no feeling."""
    unit = units[index]
    match unit.cue:
        case "" | "function" | "presenting" | "beside" | "lead":
            after = _after_other(units, index, clause)
        case "negation" | "irrealis":
            after = clause._replace(real=False)
        case "withholding":
            after = clause._replace(real=True, frame="named")
        case "boundary" | "joint" | "opening":
            after = _opened(units, index, clause)
        case "restricting" if index > 0 and units[index - 1].place:  # "not angry just tired"
            after = clause._replace(real=True)
        case "copula":
            after = clause._replace(frame="predicated")
        case "frame":
            after = clause._replace(frame="named")
        case "determiner" | "possessive" | "ours":
            after = clause._replace(frame="named") if clause.frame else clause
        case "causing":
            after = clause._replace(holder=subject(units, index + 1) or "main", frame="predicated")
        case "pronoun" | "narrator" | "somebody":
            is_object = index > 0 and units[index - 1].cue in ("function", "frame")  # "upset with someone"
            after = clause if is_object else clause._replace(holder=OF_CUES[unit.cue], frame="")
        case _:  # degrees and idioms change nothing
            after = clause
    return after


def _after_other(units: Sequence[Unit], index: int, clause: Clause) -> Clause:
    unit = units[index]
    if unit.text == "'s" and index and units[index - 1].cue in ("pronoun", "opening"):  # "he's", "who's"
        return clause._replace(frame="predicated")
    between = unit.adverb or (clause.frame == "named" and unit.adjective)  # "underlying tension"
    return clause if between else clause._replace(frame="")


def _opened(units: Sequence[Unit], index: int, clause: Clause) -> Clause:
    """After a comma or conjunction: the same clause goes on with another feeling, or a new one begins."""
    unit = units[index]
    if unit.text == "who":
        return clause._replace(holder=_antecedent(units, index, clause))
    if unit.cue == "opening" or (unit.cue == "joint" and _goes_on(units, index + 1)):
        return clause._replace(holder=subject(units, index + 1) or clause.holder)
    if unit.text == "as" and index and units[index - 1].cue == "negation":  # "not as happy"
        return clause
    following = units[index + 1] if index + 1 < len(units) else NOTHING
    if unit.text == "which" and following.cue != "frame":  # "which suggests" is about all before it
        return Clause(_antecedent(units, index, clause))
    holder = subject(units, index + 1)
    if unit.text in ("or", "and", "&") and not holder and following.cue != "copula":  # "does not shout or show anger"
        return clause._replace(frame="")
    return Clause(holder or ("main" if following.place else clause.holder))


def _antecedent(units: Sequence[Unit], index: int, clause: Clause) -> Holder:
    """Who "who" is: "his wife, who", "I see a man who"."""
    for number in range(index - 1, max(-1, index - 1 - REACH), -1):
        owned = number > 0 and units[number - 1].cue in ("possessive", "ours")
        kind = noun_class(units[number], owned)
        if kind in ("person", "other") and units[number].cue != "somebody":  # "like someone who"
            holder = located(units, number, kind)
            return clause.holder if holder == "main" and clause.holder != "narrator" else holder
    return clause.holder


def _goes_on(units: Sequence[Unit], start: int) -> bool:
    """Whether what follows a comma or conjunction is, but for adverbs, another feeling of an enumeration."""
    for index, unit in enumerate(units[start : start + 4], start=start):
        if unit.place is not None:
            return index + 1 == len(units) or units[index + 1].cue != "copula"  # "disbelief turns to outrage"
        belongs = unit.transparent or unit.cue in ("negation", "frame", "determiner") or unit.text in ("be", "being")
        if unit.text == "the" or not belongs:  # "no fear, the tension" begins a clause
            return False
    return False
