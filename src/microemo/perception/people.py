"""Who is who: every face and every voice is somebody's, every utterance is said by one of them, each has a timeline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from microemo.media.container import Warn, ignore
from microemo.perception.active_speaker import bind_speakers
from microemo.perception.clues import measure_clues, number
from microemo.perception.diarisation import Diarisation
from microemo.perception.faces import FaceScan, PersonScan
from microemo.perception.regions import REGION_NAMES
from microemo.perception.series import face_series, utterance_columns, voice_columns
from microemo.perception.utterances import Speech
from microemo.perception.visibility import mostly_hidden
from microemo.perception.voice_clues import voices_in
from microemo.schema import Clue, FaceTrack, KeyFrame, Participant, Person, Series, Utterance
from microemo.spans import Span, common, inside, total_sec

MIN_SEEN = 0.5  # share of a voice's time in which a face is seen that may be the speaker's
MAX_KEY_FRAMES = 24
TOLD = ("eyes", "mouth")  # regions that are named where they are hidden; others go with them


class WhoIsWho(NamedTuple):
    """The people of a clip by first appearance, the id of the main one, and the utterances with who speaks."""

    people: tuple[Participant, ...]
    main: str | None
    utterances: tuple[Utterance, ...]
    key_frames: tuple[KeyFrame, ...]


@dataclass(frozen=True)
class Somebody:
    """A person by their face, their voice or both; ``speakers`` are the numbers of their voice in the diarisation."""

    face: PersonScan | None
    speakers: tuple[int, ...]
    speech: tuple[Span, ...]
    name: str | None = None
    id: str = ""

    @property
    def appears_sec(self) -> float:
        """When they are first seen or heard."""
        seen = self.face.track.times_sec[:1].tolist() if self.face else []
        return min([*seen, *(span.start_sec for span in self.speech[:1])], default=0.0)


def who_is_who(
    speech: Speech,
    voices: Diarisation | None,
    faces: FaceScan,
    waveform: Float32[np.ndarray, " N"] | None,
    warn: Warn = ignore,
    events: Sequence[Clue] = (),
) -> WhoIsWho:
    """The people of a clip: their faces bound to their voices, their timelines, their clues.

    ``voices`` say who speaks when; without, all that is said is said by the main person. Utterances in which nobody
    speaks are the main person's, and are among what the others' faces show as well. ``events`` of the voice are of who
    speaks then, else the main person's.
    """
    found = bound(voices, faces, waveform, warn) if voices else _one_voice(speech, faces, events)
    ordered = sorted(found, key=lambda one: one.appears_sec)
    somebodies = [replace(one, id=f"P{place}") for place, one in enumerate(ordered, start=1)]
    _tell_hidden(somebodies, warn)
    main = _main(somebodies, faces)
    utterances = tuple(_said(utterance, voices, somebodies, main) for utterance in speech.utterances)
    people = [_participant(one, utterances, speech, faces, waveform) for one in somebodies]
    heard = [_heard(event, somebodies, main) for event in events]
    clues = number([*(clue for person in people for clue in person.clues), *heard])
    people = [replace(one, clues=tuple(clue for clue in clues if clue.person == one.person.id)) for one in people]
    shown = sorted((frame for person in people for frame in person.key_frames), key=lambda frame: frame.time_sec)
    return WhoIsWho(tuple(people), main.id if main else None, utterances, tuple(shown) or faces.all_key_frames)


def _heard(event: Clue, people: Sequence[Somebody], main: Somebody | None) -> Clue:
    """A vocal event with whose it is."""
    span = Span(event.start_sec, event.end_sec)
    seconds = {one.id: total_sec(common([span], one.speech)) for one in people}
    speaker = max(seconds, key=seconds.__getitem__, default=None)
    owner = speaker if speaker and seconds[speaker] else main and main.id
    return event.model_copy(update={"person": owner})


def _tell_hidden(people: Sequence[Somebody], warn: Warn) -> None:
    for one in people:
        hidden = dict(zip(REGION_NAMES, mostly_hidden(one.face.track), strict=True)) if one.face else {}
        if named := [name for name in TOLD if hidden.get(name)]:
            warn(
                f"{one.id}: {' and '.join(named)} cannot be seen most of the time (covered, beyond the picture's edge, "
                "or the face is turned far away); nothing is told from there"
            )


def bound(
    voices: Diarisation, faces: FaceScan, waveform: Float32[np.ndarray, " N"] | None, warn: Warn = ignore
) -> list[Somebody]:
    """Faces and voices as people: a voice is that of the face whose mouth goes with it, else of somebody off screen.

    Where mouths do not tell, a voice is that of the one face without a voice that is seen while it speaks.
    """
    tracks = [person.track for person in faces.people]
    owner = list(bind_speakers(voices, tracks, waveform)) if waveform is not None else [None] * voices.num_speakers
    if guessed := _by_sight(voices, faces, owner):
        owner = [guessed.get(speaker, face) for speaker, face in enumerate(owner)]
        if len(tracks) > 1 or len(owner) > 1:
            warn("which face speaks is not clear from the mouths alone; it was told by who is seen meanwhile")
    people = [
        _somebody(person, [speaker for speaker, face in enumerate(owner) if face == index], voices)
        for index, person in enumerate(faces.people)
    ]
    return people + [_somebody(None, [speaker], voices) for speaker, face in enumerate(owner) if face is None]


def _by_sight(voices: Diarisation, faces: FaceScan, owner: Sequence[int | None]) -> dict[int, int]:
    """Faces for speakers without one: the one face without a voice that is seen while they speak, longest first.

    Who alone speaks, and is not known by the mouth, is the main person.
    """
    if voices.num_speakers == 1 and owner[0] is None and faces.main_person is not None:
        return {0: faces.people.index(faces.main_person)}
    left = {face for face in range(len(faces.people)) if face not in owner}
    guessed: dict[int, int] = {}
    for speaker in sorted(range(len(owner)), key=lambda speaker: -total_sec(voices.spans_of(speaker))):
        spans = voices.spans_of(speaker)
        seen = [face for face in left if _share_seen(faces.people[face].track, spans) >= MIN_SEEN]
        if owner[speaker] is None and len(seen) == 1:
            guessed[speaker] = seen[0]
            left.remove(seen[0])
    return guessed


def _somebody(face: PersonScan | None, speakers: Sequence[int], voices: Diarisation) -> Somebody:
    spans = sorted(span for speaker in speakers for span in voices.spans_of(speaker))
    name = next((voices.names[speaker] for speaker in speakers if voices.names), None)
    return Somebody(face, tuple(speakers), tuple(spans), name)


def _one_voice(speech: Speech, faces: FaceScan, events: Sequence[Clue]) -> list[Somebody]:
    """All that is said, by whomever, as the main person's; who laughs or cries and says nothing is somebody too."""
    said = speech.voiced or events or any(utterance.text for utterance in speech.utterances)
    people = [Somebody(one, (), speech.voiced if one is faces.main_person else ()) for one in faces.people]
    return people or ([Somebody(None, (), speech.voiced)] if said else [])


def _main(people: Sequence[Somebody], faces: FaceScan) -> Somebody | None:
    """The one with the main face; of voices alone the one that speaks most."""
    if faces.main_person is not None:
        return next(one for one in people if one.face is faces.main_person)
    return max(people, key=lambda one: total_sec(one.speech), default=None)


def _share_seen(track: FaceTrack, spans: Sequence[Span]) -> float:
    """The share of the spans' time in which a face is seen, by its frames."""
    if len(track.times_sec) < 2:
        return 0.0
    frame_sec = float(np.median(np.diff(track.times_sec)))
    return float(inside(track.times_sec, spans).sum() * frame_sec / max(total_sec(spans), 1e-6))


def _said(
    utterance: Utterance, voices: Diarisation | None, people: Sequence[Somebody], main: Somebody | None
) -> Utterance:
    """The utterance with who says it."""
    speaker = _speaker(utterance, voices) if voices else None
    person = next((one for one in people if speaker in one.speakers), main)
    if person is None:
        return utterance
    known = utterance.speaker or (person.id if speaker is not None and len(people) > 1 else None)
    overlap_sec = round(total_sec(common([utterance.span], voices.overlaps)), 3) if voices else 0.0
    return utterance.model_copy(update={"person": person.id, "speaker": known, "overlap_sec": overlap_sec})


def _speaker(utterance: Utterance, voices: Diarisation) -> int | None:
    if utterance.speaker is not None and utterance.speaker in voices.names:
        return voices.names.index(utterance.speaker)
    return voices.speaker_of(utterance.span)


def _participant(
    who: Somebody,
    utterances: Sequence[Utterance],
    speech: Speech,
    faces: FaceScan,
    waveform: Float32[np.ndarray, " N"] | None,
) -> Participant:
    face = who.face or faces.nobody
    own = [utterance for utterance in utterances if utterance.person == who.id]
    voices = voices_in(waveform, own, who.speech) if waveform is not None else []
    clues = measure_clues(
        face.track, voices, own, speech.words, who.speech, faces.shots, neutral=face.neutral
    )  # fmt: skip
    return Participant(
        person=Person(
            id=who.id,
            name=who.name,
            face_seconds=round(face.face_seconds, 3),
            speech_seconds=round(total_sec(who.speech), 3),
            key_frame_sec=face.key_frame.time_sec if face.key_frame else None,
        ),
        utterances=tuple(_timeline(utterances, who.id, seen=bool(face.face_mask.any()))),
        said=frozenset(utterance.index for utterance in own),
        clues=tuple(clue.model_copy(update={"person": who.id}) for clue in clues),
        speech=who.speech,
        face_mask=face.face_mask,
        views=face.views,
        view_masks=face.view_masks,
        key_frames=tuple(replace(frame, person=who.id) for frame in _key_frames(face, len(faces.people))),
        series=Series(
            person=who.id,
            face=face_series(face.track, faces.all_times_sec, faces.shots, who.speech, face.neutral),
            voice=voice_columns(waveform, who.speech) if waveform is not None else {},
            utterances=utterance_columns(voices),
            track=face.track,
            frame_times_sec=faces.all_times_sec,
        ),
    )


def _timeline(utterances: Sequence[Utterance], id_: str, *, seen: bool) -> Iterator[Utterance]:
    """What a person says and, if they are seen, their moments while others speak, without these others' words."""
    for utterance in utterances:
        if utterance.person == id_:
            yield utterance
        elif seen:
            yield Utterance(
                index=utterance.index,
                start_sec=utterance.start_sec,
                end_sec=utterance.end_sec,
                person=id_,
                source="window",
            )


def _key_frames(face: PersonScan, num_people: int) -> list[KeyFrame]:
    """A few frames that show the person, the fewer the more people there are, and the one that shows them best."""
    if face.key_frame is None:
        return []
    every = max(1, -(-len(face.key_frames) * num_people // MAX_KEY_FRAMES))
    times = {frame.time_sec: frame for frame in [*face.key_frames[::every], face.key_frame]}
    return [times[time] for time in sorted(times)]
