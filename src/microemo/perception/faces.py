"""Faces through a video: one pass over all frames for the tracks, and the pictures of a few sampled ones."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, UInt8

from microemo.ahead import ahead
from microemo.config import LocalView
from microemo.hooks import Hook, silent
from microemo.media.video import Frame
from microemo.perception.array_file import Stored
from microemo.perception.hands import HandWatch
from microemo.perception.identities import Portraits, identities, merged
from microemo.perception.landmarks import BLENDSHAPES, Face, Landmarker
from microemo.perception.nose_folds import nose_folds
from microemo.perception.revisit import moments, revisit
from microemo.perception.samples import FaceView, Sample, Samples
from microemo.perception.shots import mark_cuts, shots
from microemo.perception.stills import Stills
from microemo.perception.tracks import FaceTracker, choose_main, is_seen, looks_of, seen_sec
from microemo.perception.visibility import hidden_regions
from microemo.schema import FaceTrack, KeyFrame
from microemo.spans import Span

NUM_KEY_FRAMES = 12
AHEAD = 4  # frames that each thread of the pass may be ahead of the next one


@dataclass(frozen=True)
class PersonScan:
    """One person: what was measured in all frames, and how they look in those of the T sampled ones that show them.

    id             by first appearance, from 0
    track          the face in all frames, through all shots
    face_mask      (T,)          which sampled frames show the face, K of them
    views          (K, S, S, 3)  the face in these, as the model reads it
    view_masks     (K, R, P)     soft patch masks of the clue regions in ``views``
    key_frame      the sampled frame that shows the face best, if any does
    key_frames     a few of the sampled frames that show it, evenly chosen
    embedding      (128,)        who the face is (``face_embedding``), where that is known
    neutral        the face of the same person at rest, where it was given
    """

    id: int
    track: FaceTrack
    face_mask: Bool[np.ndarray, " T"]
    views: UInt8[Stored, "K S S 3"]
    view_masks: Float[Stored, "K R P"]
    key_frame: KeyFrame | None
    key_frames: tuple[KeyFrame, ...]
    embedding: Float[np.ndarray, " 128"] | None = None
    neutral: FaceTrack | None = None

    @property
    def face_seconds(self) -> float:
        """For how long the face was seen."""
        return seen_sec(self.track)


@dataclass(frozen=True)
class FaceScan:
    """What the video shows: T of its F frames, the shots between its cuts, and the people by first appearance."""

    frame_times_sec: Float[np.ndarray, " T"]
    frames: UInt8[Stored, "T S S 3"]
    all_times_sec: Float[np.ndarray, " F"]
    shots: tuple[Span, ...]
    people: tuple[PersonScan, ...]
    main_person: PersonScan | None
    samples: Samples
    all_key_frames: tuple[KeyFrame, ...]

    @property
    def nobody(self) -> PersonScan:
        """How somebody looks who is heard and never seen."""
        none = np.zeros(0, int)
        return PersonScan(
            id=-1,
            track=FaceTrack(np.zeros(0), np.zeros((0, 4), np.float32), np.zeros((0, len(BLENDSHAPES)), np.float32)),
            face_mask=np.zeros(len(self.frame_times_sec), bool),
            views=Stored(self.samples.views, none),
            view_masks=Stored(self.samples.masks, none),
            key_frame=None,
            key_frames=(),
        )


@dataclass(frozen=True)
class Watched:
    """All that one pass over the frames leaves behind."""

    tracks: list[FaceTrack]
    embeddings: dict[int, Float[np.ndarray, " 128"]]
    shots: tuple[Span, ...]
    times_sec: Float[np.ndarray, " F"]

    @property
    def end_sec(self) -> float:
        return float(self.times_sec[-1]) if len(self.times_sec) else 0.0


def scan(
    frames: Iterable[Frame],
    sample_times: Sequence[float],
    size: int,
    patch: int,
    landmarker_file: Path,
    speech: Sequence[Span] = (),
    hook: Hook = silent,
    local_view: LocalView = "face",
    recognition: Path | None = None,
    hand_landmarker: Path | None = None,
    again: Callable[[], Iterable[Frame]] | None = None,
) -> FaceScan:
    """Track every face through the frames, given in order of time, and keep pictures of a few (paper 3.1, 3.2).

    Of each of the ``sample_times`` (seconds, rising) the first frame from then on is kept, or else the last one:
    the whole frame squashed to ``size`` pixels square and each person's aligned face, with masks on a grid of
    ``patch`` pixels. ``local_view`` "frame" keeps the frame in the face's place, and its masks. ``speech`` are the
    spans in which somebody speaks. ``recognition`` is the folder of the weights that know faces again; without, only
    place and time say who is who. ``hand_landmarker`` is the file of the weights that see hands; without, none are
    seen. ``again`` gives the same frames once more: those in which a micro-expression begins or is strongest are kept
    too, whatever the ``sample_times``. Hook: step "faces", in seconds.
    """
    samples = Samples(size, patch, local_view)
    watched = watch(frames, sample_times, samples, landmarker_file, hook, recognition, hand_landmarker)
    owned = identities(watched.tracks, watched.embeddings, [shot.start_sec for shot in watched.shots[1:]])
    whole = [merged([watched.tracks[index] for index in own]) for own in owned]
    kept = [person for person, track in enumerate(whole) if is_seen(track, watched.end_sec)]
    if again is not None:
        wanted = moments([whole[person] for person in kept], watched.shots, speech, len(samples.taken))
        revisit(again, wanted, watched.tracks, landmarker_file, samples)
    people = tuple(
        _person(id_, whole[person], owned[person], samples, watched.embeddings) for id_, person in enumerate(kept)
    )
    main = choose_main([person.track for person in people], speech)
    return FaceScan(
        frame_times_sec=np.array([sample.time_sec for sample in samples.taken], np.float64),
        frames=Stored(samples.pictures, np.array([sample.index for sample in samples.taken], int)),
        all_times_sec=watched.times_sec,
        shots=watched.shots,
        people=people,
        main_person=people[main] if main is not None else None,
        samples=samples,
        all_key_frames=_key_frames(samples, [(sample, None) for sample in samples.taken]),
    )


def watch(
    frames: Iterable[Frame],
    sample_times: Sequence[float],
    samples: Samples,
    landmarker_file: Path,
    hook: Hook,
    recognition: Path | None,
    hand_landmarker: Path | None = None,
) -> Watched:
    """The one pass over the frames, which fills ``samples``; other arguments as ``scan`` has them.

    Three threads: one decodes, one looks for faces and hands, and the caller's does the rest.
    """
    tracker, portraits, stills = FaceTracker(), Portraits(recognition), Stills()
    starts_sec: list[float] = []
    times_sec = array("d")
    due = list(reversed(sample_times))
    last: tuple[Frame, list[Face], list[int]] | None = None
    hook("faces", 0, None)
    with closing(ahead(look_for_faces(frames, landmarker_file, hand_landmarker), AHEAD)) as seen:
        for frame, starts_shot, faces in seen:
            if starts_shot or last is None:
                starts_sec.append(frame.time_sec)
            found = [_measured(frame, face) for face in faces]
            owners = tracker.update(frame.time_sec, found, [looks_of(frame, face) for face in found], starts_shot)
            stills.see(frame, dict(zip(owners, found, strict=True)))
            portraits.see(frame, {track: face for track, face in zip(owners, found, strict=True)
                                  if not tracker.has_met(track)}, tracker.live)  # fmt: skip
            last = frame, found, owners
            times_sec.append(frame.time_sec)
            if due and due[-1] <= frame.time_sec:
                samples.take(*last)
                while due and due[-1] <= frame.time_sec:
                    due.pop()
            hook("faces", frame.time_sec, None)
    end_sec = last[0].time_sec if last else 0.0
    if last is not None and due and not (samples.taken and samples.taken[-1].time_sec == end_sec):
        samples.take(*last)
    hook("faces", end_sec, end_sec)
    return Watched(stills.held(tracker.tracks()), portraits.finish(), shots(starts_sec, end_sec), np.array(times_sec))


def look_for_faces(
    frames: Iterable[Frame], landmarker_file: Path, hand_landmarker: Path | None
) -> Iterator[tuple[Frame, bool, list[Face]]]:
    """The frames, each with whether a shot begins with it, and with the faces in it and the hands before these."""
    with (
        Landmarker(landmarker_file) as landmarker,
        HandWatch(hand_landmarker) as hands,
        closing(ahead(mark_cuts(frames), AHEAD)) as marked,
    ):
        for frame, starts_shot in marked:
            if starts_shot:
                landmarker.forget()
                hands.forget()
            yield frame, starts_shot, hands.mark(frame, landmarker.detect(frame))


def _measured(frame: Frame, face: Face) -> Face:
    """A face that was found, with what its picture says of it."""
    face = face._replace(hidden=face.hidden | hidden_regions(frame.image, face))
    return face._replace(folds=nose_folds(frame.image, face))


def _person(
    id_: int,
    track: FaceTrack,
    tracks: Sequence[int],
    samples: Samples,
    embeddings: Mapping[int, Float[np.ndarray, " 128"]],
) -> PersonScan:
    own = set(tracks)
    known = [embeddings[one] for one in tracks if one in embeddings]
    of_sample = [next((view for owner, view in sample.views.items() if owner in own), None) for sample in samples.taken]
    shown = [(sample, view) for sample, view in zip(samples.taken, of_sample, strict=True) if view is not None]
    indices = np.array([view.index for _, view in shown], int)
    return PersonScan(
        id=id_,
        track=track,
        face_mask=np.array([view is not None for view in of_sample], bool),
        views=Stored(samples.views, indices),
        view_masks=Stored(samples.masks, indices),
        key_frame=samples.key_frame(*max(shown, key=lambda pair: pair[1].quality)) if shown else None,
        key_frames=_key_frames(samples, shown),
        embedding=np.mean(known, axis=0) if known else None,
    )


def _key_frames(samples: Samples, shown: Sequence[tuple[Sample, FaceView | None]]) -> tuple[KeyFrame, ...]:
    """A few of the samples, evenly chosen."""
    count = min(NUM_KEY_FRAMES, len(shown))
    return tuple(samples.key_frame(*shown[round(place)]) for place in np.linspace(0, len(shown) - 1, count))
