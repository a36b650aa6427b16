"""Figures of each person in each clip, a column a measure: what rates and contrasts are made of.

A figure is empty where its denominator is: a share of the judged time where nothing was judged, clues of a voice that
was not heard.
"""

from typing import TYPE_CHECKING, Literal

from microemo.lexicon.families import emotion_families
from microemo.study.tables import UNKNOWN_FAMILY

if TYPE_CHECKING:
    import pandas

Of = Literal["feelings", "labels", "affect", "behaviour", "clues"]
KINDS: tuple[Of, ...] = ("feelings", "labels", "affect", "behaviour", "clues")
COMPARED: tuple[Of, ...] = ("feelings", "affect", "behaviour")
"""What contrasts are about; labels and kinds of clue are too many to be tested one by one, and shares of utterances say
nearly the same as those of time, so that they are left out as well."""

RECORDING = ["clip", "id"]
FAMILY_ORDER = (*emotion_families(), UNKNOWN_FAMILY)
TIME, UTTERANCES = "time ", "utterances "
CLUE_TIME = {"face": "face_sec", "voice": "speech_sec", "words": "speech_sec"}
"""The time in which a modality can show anything."""


def measures(
    of: Of, people: "pandas.DataFrame", utterances: "pandas.DataFrame", clues: "pandas.DataFrame"
) -> "pandas.DataFrame":
    """A row a row of ``people``, in its order.

    feelings    ``time F`` and ``utterances F``: the share of judged time, and of judged utterances, whose first label
                is of the family F, for each family that anybody has
    labels      the share of judged time of each first label
    affect      ``valence`` and ``arousal``, means over the time whose label has a place on the circumplex
    behaviour   ``speech share`` of the clip; ``changes a minute`` of family, over the judged time; ``face clues``,
                ``voice clues`` and ``words clues``, a minute of seen face, or of speech
    clues       each kind of clue, a minute of the same
    """
    judged = utterances.dropna(subset=["label"])
    index = people.set_index(RECORDING).index
    if of == "feelings":
        by_time = _shares(judged, "family", "duration_sec").add_prefix(TIME)
        counted = _shares(judged.assign(one=1.0), "family", "one").add_prefix(UTTERANCES)
        return by_time.join(counted).reindex(index)
    if of == "labels":
        return _shares(judged, "label", "duration_sec").reindex(index)
    if of == "affect":
        return _affect(judged).reindex(index)
    whole = people.set_index(RECORDING)
    if of == "clues":
        return _clue_rates(whole, clues, "kind")
    rates = _clue_rates(whole, clues, "modality").reindex(columns=list(CLUE_TIME)).add_suffix(" clues")
    minutes = (whole["judged_sec"] / 60).where(whole["judged_sec"] > 0)
    changes = _changes(judged).reindex(index, fill_value=0) / minutes
    rates.insert(0, "changes a minute", changes)
    rates.insert(0, "speech share", whole["speech_sec"] / whole["clip_sec"].where(whole["clip_sec"] > 0))
    return rates


def _shares(judged: "pandas.DataFrame", column: str, weight: str) -> "pandas.DataFrame":
    """Of each recording, the share of the weight that each value of a column has."""
    sums = judged.pivot_table(weight, RECORDING, column, aggfunc="sum", fill_value=0.0)
    total = sums.sum(axis=1)
    known = [family for family in FAMILY_ORDER if family in sums] if column == "family" else sorted(sums)
    return sums[known].div(total.where(total > 0), axis=0)


def _affect(judged: "pandas.DataFrame") -> "pandas.DataFrame":
    placed = judged.dropna(subset=["valence"])
    weighted = placed[RECORDING].assign(
        valence=placed["valence"].astype(float) * placed["duration_sec"],
        arousal=placed["arousal"].astype(float) * placed["duration_sec"],
        seconds=placed["duration_sec"],
    )
    sums = weighted.groupby(RECORDING).sum()
    return sums[["valence", "arousal"]].div(sums["seconds"].where(sums["seconds"] > 0), axis=0)


def _changes(judged: "pandas.DataFrame") -> "pandas.Series":
    """How often the family changes from one judged utterance of a person to their next."""
    ordered = judged.sort_values([*RECORDING, "start_sec", "utterance"])
    before = ordered.groupby(RECORDING)["family"].shift()
    return (before.notna() & (before != ordered["family"])).groupby([ordered[name] for name in RECORDING]).sum()


def _clue_rates(whole: "pandas.DataFrame", clues: "pandas.DataFrame", column: str) -> "pandas.DataFrame":
    """A minute of the time in which the modality can show anything; 0 where it could, and did not."""
    counts = clues.pivot_table("clue", RECORDING, column, aggfunc="count", fill_value=0).reindex(
        whole.index, fill_value=0
    )
    modality = dict(zip(clues[column], clues["modality"], strict=True))
    if column == "modality":
        counts = counts.reindex(columns=list(CLUE_TIME), fill_value=0)
    for name in counts:
        seconds = whole[CLUE_TIME[modality.get(name, name)]]
        counts[name] = counts[name] / (seconds / 60).where(seconds > 0)
    return counts.sort_index(axis=1)
