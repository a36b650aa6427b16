"""What the report says of a study, as sections of tables and pictures of plain strings and bytes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from microemo.evaluate.comparison.wording import UNDEFINED, counted, p_value
from microemo.spans import clock
from microemo.study import plots
from microemo.study.contrasts import compared
from microemo.study.measures import FAMILY_ORDER, TIME
from microemo.study.study import Study

if TYPE_CHECKING:
    import pandas

MAX_LABELS = 15
MAX_KINDS = 20
MAX_PEOPLE = 200
SURE = 0.05
UNITS = {
    "valence": (1.0, ""), "arousal": (1.0, ""), "speech share": (100.0, " %"), "changes a minute": (1.0, " a min"),
    "face clues": (1.0, " a min"), "voice clues": (1.0, " a min"), "words clues": (1.0, " a min"),
}  # fmt: skip
"""Scale and unit of the measures that are no shares of feelings."""
SHARE = (100.0, " %")

Row = tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    name: str
    svg: bytes
    description: str


@dataclass(frozen=True)
class Section:
    """A heading, pictures, and a table of which the first ``num_names`` and the last ``num_remarks`` columns are words.

    ``strong`` are (row, column) of the cells that stand out; a ``folded`` section shows its title alone.
    """

    title: str
    columns: Row = ()
    rows: tuple[Row, ...] = ()
    num_names: int = 1
    num_remarks: int = 0
    note: str = ""
    pictures: tuple[Picture, ...] = ()
    strong: frozenset[tuple[int, int]] = frozenset()
    folded: bool = False


@dataclass(frozen=True)
class Report:
    """All that the page shows; ``tables`` are the whole figures behind it, by name."""

    sections: tuple[Section, ...]
    tables: Mapping[str, "pandas.DataFrame"] = field(repr=False)


def report(study: Study) -> Report:
    """Everybody at once or, where the design has conditions, condition by condition."""
    usable = [name for name in study.conditions if not compared(study.people, name)]
    contrasts = study.contrasts(usable) if usable else None
    tables: dict[str, pandas.DataFrame] = {"utterances": study.utterances, "people": study.people}
    sections: list[Section] = []
    if contrasts is not None:
        tables["contrasts"] = contrasts
        sections += _contrasts(contrasts, usable)
    by: str | None
    for by in usable or (None,):
        sections += _of_group(study, by, tables)
    return Report((*sections, _people(study, tables)), tables)


def facts(study: Study) -> list[str]:
    people = study.people
    seconds = sum(one.result.clip.duration_sec for one in study.recordings)
    return [
        counted(people["person"].nunique(), "person").replace("persons", "people"),
        counted(people["clip"].nunique(), "clip"),
        f"{clock(seconds)} of recording",
        f"{clock(people['judged_sec'].sum())} judged",
        *sorted({f"model {one.result.model.name} {one.result.model.version}" for one in study.recordings}),
    ]


def _contrasts(table: "pandas.DataFrame", conditions: Sequence[str]) -> Iterator[Section]:
    tested = int(table["p_value"].notna().sum())
    for condition in conditions:
        rows = table[table["condition"] == condition].reset_index(drop=True)
        title = f"What differs by {condition}: against {rows['reference'].iloc[0]}"
        timed = rows[rows["measure"].str.startswith(TIME)]
        picture = Picture(
            f"contrasts-{condition}", plots.differences(timed, "difference in the share of time, percentage points"),
            f"{title}: differences in the share of time of each family, with 95 % intervals, as in the table",
        )  # fmt: skip
        yield Section(
            title,
            (
                "Measure",
                "Value",
                "Difference",
                "95 % interval",
                "p",
                "p, adjusted",
                "People",
                "Clips",
                "Method",
                "Note",
            ),
            tuple(_contrast(row) for row in rows.to_dict("records")),
            num_names=2,
            num_remarks=2,
            note=f"People and clips of the reference / of the value. p is adjusted by Holm's method for all "
            f"{counted(tested, 'contrast')} of this report that have one; bold: adjusted p below {SURE}. A wide "
            "interval says that little is known, not that nothing differs. Each condition is compared on its own, "
            "without regard to the others.",
            pictures=(picture,),
            strong=frozenset((number, 5) for number, p in enumerate(rows["p_adjusted"]) if p < SURE),
        )


def _contrast(row: Mapping[str, Any]) -> Row:
    scale, unit = _unit(row["measure"])
    low, high = (_signed(row[name], scale) for name in ("low", "high"))
    return (
        _spoken(row["measure"]),
        str(row["value"]),
        f"{_signed(row['difference'], scale)}{unit.replace('%', 'points')}",
        UNDEFINED if math.isnan(row["low"]) else f"{low} to {high}",
        p_value(_known(row["p_value"])),
        p_value(_known(row["p_adjusted"])),
        f"{row['num_people_reference']} / {row['num_people']}",
        f"{row['num_clips_reference']} / {row['num_clips']}",
        row["method"],
        row["note"],
    )


def told(row: Mapping[str, Any]) -> str:
    """A contrast in a line."""
    measure, value, difference, interval, _, adjusted, *_ = _contrast(row)
    who = f"{row['condition']} {value} against {row['reference']}"
    return f"{who}: {measure} {difference} ({interval}), adjusted p {adjusted}"


def _of_group(study: Study, by: str | None, tables: dict[str, "pandas.DataFrame"]) -> Iterator[Section]:
    among, suffix = (f" by {by}", f"_by_{by}") if by else ("", "")
    found = {of: study.rates(by, of) for of in ("feelings", "labels", "affect", "behaviour", "clues")}
    tables |= {f"{of}{suffix}": table for of, table in found.items()}
    course, steps = study.course(by), study.transitions(by)
    tables |= {f"course{suffix}": course, f"transitions{suffix}": steps}

    timed = found["feelings"][found["feelings"]["measure"].str.startswith(TIME)]
    if len(timed):
        picture = Picture(
            f"feelings{suffix}", plots.rates(timed, by, "share of the judged time, %"),
            f"Share of the judged time of each family of feelings{among}, with 95 % intervals, as in the table",
        )  # fmt: skip
        note = "By the first label of each utterance: mean over people, and the 95 % interval where there are enough."
        yield _rates(f"Feelings{among}", found["feelings"], by, note, picture)
        yield _course(course, by, among, suffix, found["affect"])
        yield from _steps(steps, by, among, suffix)
    behaviour_note = "Clues of the face a minute in which it is seen; of voice and words, a minute of speech."
    yield _rates(f"Speech, changes and clues{among}", found["behaviour"], by, behaviour_note)
    if len(found["labels"]):
        top = _most(found["labels"], MAX_LABELS)
        yield _rates(f"Labels{among}: the {top['measure'].nunique()} most frequent", top, by, folded=True)
    if len(found["clues"]):
        top = _most(found["clues"], MAX_KINDS)
        title = f"Kinds of clue{among}: the {top['measure'].nunique()} most frequent"
        yield _rates(title, top, by, folded=True, unit=(1.0, " a min"))


def _most(table: "pandas.DataFrame", number: int) -> "pandas.DataFrame":
    order = table.groupby("measure")["mean"].max().sort_values(ascending=False, kind="stable").index[:number].tolist()
    chosen = table[table["measure"].isin(order)]
    return chosen.iloc[chosen["measure"].map(order.index).argsort(kind="stable")]


def _rates(
    title: str,
    table: "pandas.DataFrame",
    by: str | None,
    note: str = "",
    picture: Picture | None = None,
    folded: bool = False,
    unit: tuple[float, str] | None = None,
) -> Section:
    """A row a measure, a column a group, each with its interval and n."""
    groups = list(dict.fromkeys(table[by])) if by else ["everybody"]
    cells: dict[tuple[str, str], str] = {}
    for row in table.to_dict("records"):
        cells[row["measure"], row[by] if by else "everybody"] = _rate(row, unit or _unit(row["measure"]))
    names = list(dict.fromkeys(table["measure"]))
    return Section(
        title,
        ("Measure", *map(str, groups)),
        tuple((_spoken(name), *(cells.get((name, group), UNDEFINED) for group in groups)) for name in names),
        note=note,
        pictures=(picture,) if picture else (),
        folded=folded,
    )


def _rate(row: Mapping[str, Any], unit: tuple[float, str]) -> str:
    scale, name = unit
    if math.isnan(row["mean"]):
        return UNDEFINED
    digits = 1 if scale == 100 else 2
    value, low, high = (
        f"{scale * row[part]:.{digits}f}".replace("-", "\N{MINUS SIGN}") for part in ("mean", "low", "high")
    )
    bounds = "" if math.isnan(row["low"]) else f" [{low}, {high}]"
    people = "1 person" if row["num_people"] == 1 else f"{row['num_people']} people"
    return f"{value}{name}{bounds} ({people}, {counted(row['num_clips'], 'clip')})"


def _course(table: "pandas.DataFrame", by: str | None, among: str, suffix: str, means: "pandas.DataFrame") -> Section:
    picture = Picture(
        f"course{suffix}", plots.course(table, by),
        f"Valence and arousal along the clips{among}; the table has their means over the whole clips",
    )  # fmt: skip
    note = (
        "Labels are placed on Russell's circumplex of affect (1980) by their family: valence and arousal from -1 to 1, "
        "0 for neutral. Labels without a counterpart there (serious, confident, …) are left out. It is a reading of "
        "words, not a measurement of pleasure or excitement. Lines: means over people; bands: 95 % intervals."
    )
    return _rates(f"Valence and arousal over time{among}", means, by, note, picture)


def _steps(table: "pandas.DataFrame", by: str | None, among: str, suffix: str) -> Iterator[Section]:
    if not len(table):
        return
    parts = table.groupby(by, sort=False) if by else [("everybody", table)]
    pictures = tuple(
        Picture(
            f"transitions{suffix}-{number}", plots.transitions(part, FAMILY_ORDER),
            f"{name}: which family follows which" if by else "Which family follows which",
        )
        for number, (name, part) in enumerate(parts)
    )  # fmt: skip
    moved = table[table["from"] != table["to"]].sort_values("count", ascending=False, kind="stable").head(MAX_LABELS)
    rows = tuple(
        (
            *((str(row[by]),) if by else ()), row["from"], row["to"], f"{row['count']} of {row['num_from']}",
            f"{100 * row['share']:.0f} %", str(row["num_people"]), str(row["num_clips"]),
        )
        for row in moved.to_dict("records")
    )  # fmt: skip
    yield Section(
        f"What follows what{among}",
        (*((by.capitalize(),) if by else ()), "From", "To", "Steps", "Share", "People", "Clips"),
        rows,
        num_names=3 if by else 2,
        note="From one judged utterance of a person to their next, staying included; steps of all people pooled. The "
        f"most frequent {len(rows)} changes are listed.",
        pictures=pictures,
    )


def _people(study: Study, tables: dict[str, "pandas.DataFrame"]) -> Section:
    people = study.people
    feelings = study.rates("person")
    affect = study.rates("person", "affect").set_index(["person", "measure"])["mean"]
    tables["feelings_by_person"] = feelings
    timed = feelings[feelings["measure"].str.startswith(TIME)]
    rows = []
    for name, own in people.groupby("person", sort=False):
        felt = timed[(timed["person"] == name) & (timed["mean"] > 0)]
        top = felt.sort_values("mean", ascending=False, kind="stable").head(3)
        conditions = [" / ".join(map(str, own[column].dropna().unique())) for column in study.conditions]
        rows.append(
            (
                str(name), *conditions, str(own["clip"].nunique()), f"{own['judged_sec'].sum() / 60:.1f}",
                ", ".join(f"{row.measure.removeprefix(TIME)} {100 * row.mean:.0f} %" for row in top.itertuples())
                or UNDEFINED,
                *(_signed(affect.get((name, part), math.nan), 1.0) for part in ("valence", "arousal")),
                f"{100 * own['speech_sec'].sum() / max(own['clip_sec'].sum(), 1e-9):.0f} %",
            )
        )  # fmt: skip
    hidden = len(rows) - MAX_PEOPLE
    return Section(
        "People",
        ("Person", *study.conditions, "Clips", "Minutes judged", "Most of the time", "Valence", "Arousal", "Speech"),
        tuple(rows[:MAX_PEOPLE]),
        num_names=1 + len(study.conditions),
        note=f"{hidden} more are in tables/people.csv." if hidden > 0 else "",
    )


def _unit(measure: str) -> tuple[float, str]:
    return UNITS.get(measure, SHARE)


def _spoken(measure: str) -> str:
    """A measure's name as the page has it: "time sad" is "sad, of time"."""
    kind, _, name = measure.partition(" ")
    if kind in ("time", "utterances") and name:
        return f"{name}, of {kind}"
    return measure.replace("_", " ")


def _signed(value: float, scale: float) -> str:
    if math.isnan(value):
        return UNDEFINED
    return f"{scale * value:+.{1 if scale == 100 else 2}f}".replace("-", "\N{MINUS SIGN}")


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
