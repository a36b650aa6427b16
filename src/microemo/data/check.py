"""What a manifest holds, what is missing in it, and what leaks from one split into another."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field

from microemo import files
from microemo.data.manifest import Manifest, Sample
from microemo.errors import MicroEmoError
from microemo.hooks import Hook, silent
from microemo.media.probe import probe
from microemo.schema import Record

Kind = Literal["speaker", "file", "text"]
KINDS: tuple[Kind, ...] = ("speaker", "file", "text")
NO_SPLIT = "none"
MAX_NAMED = 5

Key = TypeVar("Key", bound=Hashable)


class SplitSummary(Record):
    """What is in one split; clips are counted for what they have."""

    clips: int
    hours: float
    speakers: int
    with_picture: int
    with_sound: int
    with_words: int
    with_description: int
    labels: dict[str, int] = Field(description="Clips by label, the most frequent first")


class Leak(Record):
    """The same speaker, file content or label-revealing text in several splits."""

    kind: Kind
    what: str
    splits: tuple[str, ...]
    clips: tuple[str, ...] = Field(description="A few of them")
    num_clips: int


class Check(Record):
    """All that was found; ``splits`` in the order train, validation, test, none."""

    manifest: str
    splits: dict[str, SplitSummary]
    leaks: tuple[Leak, ...]
    duplicates: tuple[tuple[str, ...], ...] = Field(description="Clips of one split with the same file content")
    scripts: int = Field(description="Texts in several splits that are spoken under several labels, and reveal none")
    faults: tuple[str, ...] = Field(description="Rows that cannot be used, and media that cannot be read")
    fault_kinds: dict[str, int]


def check(path: Path, manifest: Manifest, hook: Hook = silent) -> Check:
    """Look at every file of a manifest. Hook: step "check", in clips."""
    media, unreadable = _probe(manifest.samples, hook)
    usable = [sample for sample in manifest.samples if sample.name in media]
    by_split = _grouped(usable, lambda sample: sample.split or NO_SPLIT)
    order = [split for split in ("train", "validation", "test", NO_SPLIT) if split in by_split]
    contents = _same_content(usable)
    texts = _grouped([sample for sample in usable if _words(sample)], _words)
    revealing = {text: group for text, group in texts.items() if len({sample.labels[:1] for sample in group}) == 1}
    scripts = [group for text, group in texts.items() if text not in revealing and _parted(group)]
    speakers = _grouped([s for s in usable if s.speaker], lambda sample: (sample.source, sample.speaker))
    kinds = Counter(fault.kind for fault in manifest.faults)
    if unreadable:
        kinds["unreadable media"] = len(unreadable)
    return Check(
        manifest=str(path),
        splits={split: _summary(by_split[split], media) for split in order},
        leaks=(
            *_leaks("speaker", ((" ".join(filter(None, named)), group) for named, group in speakers.items())),
            *_leaks("file", ((group[0].path.name, group) for group in contents)),
            *_leaks("text", revealing.items()),
        ),
        duplicates=tuple(
            tuple(sample.name for sample in group)
            for contents_of_split in (_grouped(group, lambda sample: sample.split).values() for group in contents)
            for group in contents_of_split
            if len(group) > 1
        ),
        scripts=len(scripts),
        faults=(*map(str, manifest.faults), *unreadable),
        fault_kinds=dict(kinds),
    )


class _Media(Record):
    duration_sec: float
    has_picture: bool
    has_sound: bool


def _probe(samples: Sequence[Sample], hook: Hook) -> tuple[dict[str, _Media], list[str]]:
    """What the media of each sample hold, by its name; and what is wrong with those that cannot be read."""
    media: dict[str, _Media] = {}
    unreadable: list[str] = []
    for number, sample in enumerate(samples):
        hook("check", number, len(samples))
        try:
            found = probe(sample.path)
            sound = probe(sample.audio) if sample.audio else found
        except MicroEmoError as error:
            unreadable.append(f"{sample.name}: {error}")
            continue
        media[sample.name] = _Media(
            duration_sec=found.duration_sec, has_picture=found.has_video, has_sound=sound.has_audio
        )
    hook("check", len(samples), len(samples))
    return media, unreadable


def _summary(samples: Sequence[Sample], media: dict[str, _Media]) -> SplitSummary:
    labels = Counter(label for sample in samples for label in sample.labels)
    return SplitSummary(
        clips=len(samples),
        hours=round(sum(media[sample.name].duration_sec for sample in samples) / 3600, 4),
        speakers=len({sample.speaker for sample in samples if sample.speaker}),
        with_picture=sum(media[sample.name].has_picture for sample in samples),
        with_sound=sum(media[sample.name].has_sound for sample in samples),
        with_words=sum(bool(_words(sample)) or sample.subtitle_file is not None for sample in samples),
        with_description=sum(bool(sample.description) for sample in samples),
        labels=dict(sorted(labels.items(), key=lambda item: (-item[1], item[0]))),
    )


def _leaks(kind: Kind, groups: Iterable[tuple[str, Sequence[Sample]]]) -> Iterator[Leak]:
    for what, group in groups:
        if _parted(group):
            yield Leak(
                kind=kind,
                what=what,
                splits=tuple(sorted({sample.split for sample in group if sample.split})),
                clips=tuple(sample.name for sample in group[:MAX_NAMED]),
                num_clips=len(group),
            )


def _parted(group: Sequence[Sample]) -> bool:
    """Whether samples are in several splits."""
    return len({sample.split for sample in group if sample.split}) > 1


def _words(sample: Sample) -> str:
    """What is said, without what does not change it."""
    said = sample.subtitle or " ".join(utterance.text for utterance in sample.utterances)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in said.lower()).split())


def _same_content(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Samples that share their media's bytes; only files of equal size are read."""
    by_size = _grouped(samples, lambda sample: sample.path.stat().st_size)
    alike = [sample for group in by_size.values() if len(group) > 1 for sample in group]
    return [group for group in _grouped(alike, lambda sample: files.sha256(sample.path)).values() if len(group) > 1]


def _grouped(samples: Iterable[Sample], key: Callable[[Sample], Key]) -> dict[Key, list[Sample]]:
    groups: defaultdict[Key, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[key(sample)].append(sample)
    return dict(groups)
