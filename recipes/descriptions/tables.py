"""Tables to write descriptions from, made of measured clips of training people by label (``recipes.evidence.measure``).

    python -m recipes.descriptions.tables MEASURED PEDFE --out tables.jsonl [--num 3200] [--seed 0]

MEASURED has ``pedfe.jsonl``, ``ravdess.jsonl`` and ``urdu.jsonl``. Faces, voices and words that carry the same label
are put together, as nano's training clips are; some carry two, and contradict each other. Words are ours
(``lines.jsonl``, ``exchanges.jsonl``). The people of ``HELD_OUT`` are in no table.
"""

import argparse
import csv
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from microemo.perception.clues import number
from microemo.perception.word_clues import word_clues
from microemo.schema import Clue, Utterance
from recipes.descriptions.table import Label, Source, Table
from recipes.evidence.measure import MeasuredClip, read

HERE = Path(__file__).parent
HELD_OUT_SUBJECTS = range(36, 100)  # of PEDFE
TRAIN_ACTORS = range(1, 19)  # of RAVDESS
HELD_OUT_SPEAKERS = 8  # of the talk shows, the last by name
PAUSE_SEC = (0.2, 1.2)  # between utterances
SILENT_SEC = (0.8, 3.0)
NAMES = {
    "she": ("Maya", "Ines", "Ruth", "Aiko", "Lena", "Priya"),
    "he": ("Tom", "Omar", "Jonas", "Luis", "Ben", "Kofi"),
}
NAMED_SHARE, THEY_SHARE = 0.1, 0.12


@dataclass
class Draft:
    """A made clip in the making."""

    end_sec: float = 0.0
    utterances: list[Utterance] = field(default_factory=list)
    labels: list[tuple[Label, ...]] = field(default_factory=list)
    clues: list[Clue] = field(default_factory=list)
    made_of: list[Source] = field(default_factory=list)


class Corpora:
    """Measured clips of training people, by label and sex."""

    def __init__(self, measured: Path, pedfe: Path) -> None:
        with (pedfe / "labels.csv").open(newline="") as file:
            rows = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
        self.faces: dict[tuple[str, str], list[MeasuredClip]] = defaultdict(list)
        for clip in read(measured / "pedfe.jsonl"):
            if int(rows[clip.name]["subject"]) not in HELD_OUT_SUBJECTS:
                self.faces[clip.family, "she" if rows[clip.name]["gender"] == "F" else "he"].append(clip)
        self.voices: dict[tuple[str, str], list[MeasuredClip]] = defaultdict(list)
        for clip in read(measured / "ravdess.jsonl"):
            actor = int(clip.name[-2:])
            if actor in TRAIN_ACTORS:
                self.voices[clip.family, "he" if actor % 2 else "she"].append(clip)
        talkers = read(measured / "urdu.jsonl")
        held_out = held_out_talkers(clip.person for clip in talkers)
        self.talkers: dict[tuple[str, str], list[MeasuredClip]] = defaultdict(list)
        for clip in talkers:
            if clip.person not in held_out:
                self.talkers[clip.family, "he" if " SM" in clip.person else "she"].append(clip)
        lines = [json.loads(line) for line in (HERE / "lines.jsonl").read_text().splitlines()]
        self.lines: dict[str, list[str]] = defaultdict(list)
        for line in lines:
            self.lines[line["label"]].append(line["text"])
        self.exchanges = [json.loads(line)["turns"] for line in (HERE / "exchanges.jsonl").read_text().splitlines()]


def held_out_talkers(names: Iterable[str]) -> list[str]:
    """Those of the talk shows' speakers that nothing is trained on."""
    return sorted(set(names))[-HELD_OUT_SPEAKERS:]


class Maker:
    """Makes one table after another; the same seed gives the same tables."""

    def __init__(self, corpora: Corpora, seed: int, prefix: str = "t") -> None:
        self.corpora, self.rng, self._ids = (
            corpora,
            random.Random(seed),
            (f"{prefix}{number:04}" for number in count(1)),
        )
        self._families = sorted({family for family, _ in corpora.faces})
        self._spoken = sorted({family for family, _ in corpora.voices})
        self._decks: dict[int, list[MeasuredClip]] = {}

    def table(self) -> Table:
        makes: dict[Callable[[], Table], int] = {
            self.face: 24, self.voice: 15, self.talker: 6, self.both: 17, self.line: 13, self.words: 3,
            self.several: 11, self.conflict: 5, self.exchange: 6,
        }  # fmt: skip
        return self.rng.choices(list(makes), list(makes.values()))[0]()

    def face(self) -> Table:
        sex, family = self._sex(), self.rng.choice(self._families)
        draft = Draft()
        self._silent(draft, "P1", self._deal(self.corpora.faces[family, sex]))
        return self._table(draft, {"P1": sex})

    def voice(self) -> Table:
        sex, family = self._sex(), self.rng.choice(self._spoken)
        draft = Draft()
        self._spoken_by(draft, "P1", self._deal(self.corpora.voices[family, sex]))
        return self._table(draft, {"P1": sex})

    def talker(self) -> Table:
        key = self.rng.choice([key for key, clips in self.corpora.talkers.items() if clips])
        draft = Draft()
        self._spoken_by(draft, "P1", self._deal(self.corpora.talkers[key]))
        return self._table(draft, {"P1": key[1]})

    def both(self) -> Table:
        sex, family = self._sex(), self.rng.choice(self._families)
        draft = Draft()
        self._turn(draft, "P1", sex, family)
        return self._table(draft, {"P1": sex})

    def line(self) -> Table:
        sex, family = self._sex(), self.rng.choice(self._spoken)
        draft = Draft()
        self._turn(draft, "P1", sex, family, text=self.rng.choice(self.corpora.lines[family]))
        return self._table(draft, {"P1": sex})

    def words(self) -> Table:
        family = self.rng.choice(self._spoken)
        text = self.rng.choice(self.corpora.lines[family])
        draft = Draft(end_sec=round(0.6 + 0.32 * len(text.split()), 1))
        draft.utterances.append(self._utterance(0, 0.0, draft.end_sec, "P1", text))
        draft.labels.append((Label(person="P1", family=family),))
        return self._table(draft, {"P1": self._sex()})

    def several(self) -> Table:
        sex, num = self._sex(), self.rng.choice((2, 2, 3))
        draft = Draft()
        for family in self.rng.sample(self._families, num):
            text = self.rng.choice(self.corpora.lines[family]) if self.rng.random() < 0.7 else ""
            self._turn(draft, "P1", sex, family, text, face=self.rng.random() < 0.8)
            draft.end_sec += self.rng.uniform(*PAUSE_SEC)
        return self._table(draft, {"P1": sex})

    def conflict(self) -> Table:
        sex = self._sex()
        family, shown = self.rng.sample(self._families, 2)
        draft = Draft()
        text = self.rng.choice(self.corpora.lines[family]) if self.rng.random() < 0.7 else ""
        self._turn(draft, "P1", sex, family, text, shown=shown)
        return self._table(draft, {"P1": sex})

    def exchange(self) -> Table:
        turns = self.rng.choice(self.corpora.exchanges)
        sexes = {"A": self._sex(), "B": self._sex()}
        ids = {name: f"P{number}" for number, name in enumerate(dict.fromkeys(turn["speaker"] for turn in turns), 1)}
        draft = Draft()
        for turn in turns:
            start_sec = draft.end_sec
            self._turn(draft, ids[turn["speaker"]], sexes[turn["speaker"]], turn["label"], turn["text"])
            for name, person in ids.items():
                if name != turn["speaker"] and self.rng.random() < 0.6:
                    self._listen(draft, person, sexes[name], start_sec)
            draft.end_sec += self.rng.uniform(*PAUSE_SEC)
        return self._table(draft, {ids[name]: sexes[name] for name in ids})

    def _turn(
        self,
        draft: Draft,
        person: str,
        sex: str,
        family: str,
        text: str = "",
        face: bool = True,
        shown: str | None = None,
    ) -> None:
        """A voice of a label, words if any, and a face of the same label or, to contradict it, of another."""
        start_sec = draft.end_sec
        self._spoken_by(draft, person, self._deal(self.corpora.voices[family, sex]), text)
        seen = self.corpora.faces.get((shown or family, sex), [])
        if face and seen:
            self._seen(draft, person, self._deal(seen), start_sec, draft.end_sec)
        if shown:
            (label,) = draft.labels[-1]
            draft.labels[-1] = (label.model_copy(update={"shows": shown}),)

    def _listen(self, draft: Draft, person: str, sex: str, start_sec: float) -> None:
        """The face of who listens to the last turn."""
        family = self.rng.choice(self._families)
        clip = self._deal(self.corpora.faces[family, sex])
        self._seen(draft, person, clip, start_sec, draft.end_sec)
        draft.labels[-1] += (Label(person=person, family=family, intensity=clip.intensity),)

    def _silent(self, draft: Draft, person: str, clip: MeasuredClip) -> None:
        draft.utterances.append(self._utterance(len(draft.utterances), 0.0, clip.measured.duration_sec, person, ""))
        draft.labels.append((Label(person=person, family=clip.family, intensity=clip.intensity),))
        draft.end_sec = clip.measured.duration_sec
        self._seen(draft, person, clip, 0.0, draft.end_sec)

    def _seen(self, draft: Draft, person: str, clip: MeasuredClip, start_sec: float, end_sec: float) -> None:
        """A face from a moment on; what comes after the end of its turn is cut off."""
        draft.made_of.append(self._source(clip, start_sec))
        for clue in clip.measured.clues:
            if clue.modality == "face" and start_sec + clue.apex_sec < end_sec:
                draft.clues.append(moved(clue, start_sec, end_sec, person))

    def _spoken_by(self, draft: Draft, person: str, clip: MeasuredClip, text: str = "") -> None:
        """An utterance from the clip's first word on, with its own words or others in their place."""
        said = [one for one in clip.measured.utterances if one.text or one.source == "asr"]
        voice = [clue for clue in clip.measured.clues if clue.modality == "voice"]
        first = min([one.start_sec for one in said] or [0.0])
        last = max([one.end_sec for one in said] or [clip.measured.duration_sec])
        start_sec, end_sec = draft.end_sec, draft.end_sec + last - first
        words = text or " ".join(one.text for one in said)
        draft.utterances.append(self._utterance(len(draft.utterances), start_sec, end_sec, person, words))
        draft.labels.append((Label(person=person, family=clip.family, intensity=clip.intensity),))
        draft.made_of.append(self._source(clip, start_sec))
        rates = ("speech_fast", "speech_slow", "long_pause") if text else ()  # of the clip's own words
        draft.clues += [moved(clue, start_sec - first, end_sec, person) for clue in voice if clue.kind not in rates]
        draft.end_sec = end_sec

    def _utterance(self, index: int, start_sec: float, end_sec: float, person: str, text: str) -> Utterance:
        return Utterance(
            index=index, start_sec=round(start_sec, 3), end_sec=round(end_sec, 3), text=text, person=person,
            language="en" if text else None, source="subtitle" if text else "window",
        )  # fmt: skip

    def _source(self, clip: MeasuredClip, start_sec: float) -> Source:
        return Source(corpus=clip.corpus, name=clip.name, person=clip.person, start_sec=round(start_sec, 3))

    def _table(self, draft: Draft, sexes: dict[str, str]) -> Table:
        said = word_clues([utterance for utterance in draft.utterances if utterance.text])
        persons = {utterance.index: utterance.person for utterance in draft.utterances}
        for clue in said:
            index = next(u.index for u in draft.utterances if u.start_sec <= clue.apex_sec <= u.end_sec and u.text)
            draft.clues.append(clue.model_copy(update={"person": persons[index]}))
        return Table(
            id=next(self._ids),
            duration_sec=round(max(draft.end_sec, draft.utterances[-1].end_sec), 2),
            who={person: self._who(sex) for person, sex in sexes.items()},
            utterances=tuple(draft.utterances),
            labels=tuple(draft.labels),
            clues=number(draft.clues),
            made_of=tuple(draft.made_of),
        )

    def _who(self, sex: str) -> str:
        if self.rng.random() < NAMED_SHARE:
            return f"{self.rng.choice(NAMES[sex])} ({sex})"
        return "they" if self.rng.random() < THEY_SHARE else sex

    def _sex(self) -> str:
        return self.rng.choice(("she", "he"))

    def _deal(self, clips: Sequence[MeasuredClip]) -> MeasuredClip:
        """The next of a list in random order: none returns before all have been used."""
        deck = self._decks.setdefault(id(clips), [])
        if not deck:
            deck.extend(self.rng.sample(clips, len(clips)))
        return deck.pop()


def moved(clue: Clue, by_sec: float, end_sec: float, person: str) -> Clue:
    start_sec, apex_sec, last_sec = (max(0.0, at + by_sec) for at in (clue.start_sec, clue.apex_sec, clue.end_sec))
    times = {"start_sec": start_sec, "apex_sec": min(apex_sec, end_sec), "end_sec": min(last_sec, end_sec)}
    return clue.model_copy(update={name: round(at, 3) for name, at in times.items()} | {"person": person})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measured", type=Path)
    parser.add_argument("pedfe", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--num", type=int, default=3200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prefix", default="t", help="of the tables' ids")
    arguments = parser.parse_args()
    maker = Maker(Corpora(arguments.measured, arguments.pedfe), arguments.seed, arguments.prefix)
    with arguments.out.open("w") as file:
        for _ in range(arguments.num):
            print(maker.table().model_dump_json(exclude_defaults=True), file=file)


if __name__ == "__main__":
    main()
