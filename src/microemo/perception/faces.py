"""Faces through a video: one pass over all frames for the tracks, and the pictures of a few sampled ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float, Num, UInt8

from microemo.config import LocalView
from microemo.hooks import Hook, silent
from microemo.media.video import Frame
from microemo.perception.identities import Portraits, identities, merged, quality
from microemo.perception.landmarks import Face, Landmarker
from microemo.perception.regions import REGION_NAMES, aligned_view, region_masks, transform, warp
from microemo.perception.shots import mark_cuts, shots
from microemo.perception.stills import Stills
from microemo.perception.tracks import FaceTracker, choose_main, is_seen, looks_of, seen_sec
from microemo.schema import FaceTrack, KeyFrame
from microemo.spans import Span

NUM_KEY_FRAMES = 12
KEY_FRAME_WIDTH, KEY_FRAME_QUALITY = 480, 80


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
    """

    id: int
    track: FaceTrack
    face_mask: Bool[np.ndarray, " T"]
    views: UInt8[np.ndarray, "K S S 3"]
    view_masks: Float[np.ndarray, "K R P"]
    key_frame: KeyFrame | None
    key_frames: tuple[KeyFrame, ...]

    @property
    def face_seconds(self) -> float:
        """For how long the face was seen."""
        return seen_sec(self.track)

    @property
    def faces(self) -> UInt8[np.ndarray, "T S S 3"]:
        """The views as ``schema.Clip`` has them: black where the face was not found."""
        return _spread(self.views, self.face_mask)

    @property
    def region_masks(self) -> Float[np.ndarray, "T R P"]:
        """The masks as ``schema.Clip`` has them: zero where the face was not found."""
        return _spread(self.view_masks, self.face_mask)


@dataclass(frozen=True)
class FaceScan:
    """What the video shows: T sampled frames, the shots between its cuts, and the people by first appearance.

    The properties are those of the main person, and of nobody where there is none.
    """

    frame_times_sec: Float[np.ndarray, " T"]
    frames: UInt8[np.ndarray, "T S S 3"]
    shots: tuple[Span, ...]
    people: tuple[PersonScan, ...]
    main_person: PersonScan | None
    num_patches: int
    all_key_frames: tuple[KeyFrame, ...]

    @property
    def main(self) -> FaceTrack | None:
        return self.main_person.track if self.main_person else None

    @property
    def num_others(self) -> int:
        return len(self.people) - 1 if self.people else 0

    @property
    def face_seconds(self) -> float:
        return self.main_person.face_seconds if self.main_person else 0.0

    @property
    def faces(self) -> UInt8[np.ndarray, "T S S 3"]:
        return self.main_person.faces if self.main_person else np.zeros_like(self.frames)

    @property
    def face_mask(self) -> Bool[np.ndarray, " T"]:
        return self.main_person.face_mask if self.main_person else np.zeros(len(self.frames), bool)

    @property
    def region_masks(self) -> Float[np.ndarray, "T R P"]:
        shape = len(self.frames), len(REGION_NAMES), self.num_patches
        return self.main_person.region_masks if self.main_person else np.zeros(shape, np.float32)

    @property
    def key_frames(self) -> tuple[KeyFrame, ...]:
        """Of the main person if a sampled frame shows them, else of the video."""
        shown = self.main_person.key_frames if self.main_person else ()
        return shown or self.all_key_frames


@dataclass(frozen=True)
class FaceView:
    """One face in one sampled frame: its landmarks in [0, 1] of the frame and of the aligned view, and that view."""

    in_frame: Float[np.ndarray, "478 2"]
    in_view: Float[np.ndarray, "478 2"]
    view: UInt8[np.ndarray, "S S 3"]
    quality: float


@dataclass(frozen=True)
class Sample:
    """One sampled frame; ``views`` by index of the track, since people are only known at the end."""

    time_sec: float
    picture: UInt8[np.ndarray, "S S 3"]
    jpeg: bytes
    views: dict[int, FaceView]


@dataclass(frozen=True)
class Watched:
    """All that one pass over the frames leaves behind."""

    samples: list[Sample]
    tracks: list[FaceTrack]
    embeddings: dict[int, Float[np.ndarray, " 128"]]
    shots: tuple[Span, ...]
    end_sec: float


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
) -> FaceScan:
    """Track every face through the frames, given in order of time, and keep pictures of a few (paper 3.1, 3.2).

    Of each of the ``sample_times`` (seconds, rising) the first frame from then on is kept, or else the last one:
    the whole frame squashed to ``size`` pixels square and each person's aligned face, with masks on a grid of
    ``patch`` pixels. ``local_view`` "frame" keeps the frame in the face's place, and its masks. ``speech`` are the
    spans in which somebody speaks. ``recognition`` is the folder of the weights that know faces again; without, only
    place and time say who is who. Hook: step "faces", in seconds.
    """
    watched = watch(frames, sample_times, size, landmarker_file, hook, recognition)
    owned = identities(watched.tracks, watched.embeddings, [shot.start_sec for shot in watched.shots[1:]])
    whole = [merged([watched.tracks[index] for index in own]) for own in owned]
    kept = [person for person, track in enumerate(whole) if is_seen(track, watched.end_sec)]
    people = tuple(
        _person(id_, whole[person], owned[person], watched.samples, size, patch, local_view)
        for id_, person in enumerate(kept)
    )
    main = choose_main([person.track for person in people], speech)
    return FaceScan(
        frame_times_sec=np.array([sample.time_sec for sample in watched.samples], np.float64),
        frames=np.array([sample.picture for sample in watched.samples], np.uint8).reshape(-1, size, size, 3),
        shots=watched.shots,
        people=people,
        main_person=people[main] if main is not None else None,
        num_patches=(size // patch) ** 2,
        all_key_frames=_key_frames([(sample, None) for sample in watched.samples]),
    )


def watch(
    frames: Iterable[Frame],
    sample_times: Sequence[float],
    size: int,
    landmarker_file: Path,
    hook: Hook,
    recognition: Path | None,
) -> Watched:
    """The one pass over the frames; arguments as ``scan`` has them."""
    tracker, portraits, stills = FaceTracker(), Portraits(recognition), Stills()
    samples: list[Sample] = []
    starts_sec: list[float] = []
    due = list(reversed(sample_times))
    last: tuple[Frame, list[Face], list[int]] | None = None
    hook("faces", 0, None)
    with Landmarker(landmarker_file) as landmarker:
        for frame, starts_shot in mark_cuts(frames):
            if starts_shot:
                landmarker.forget()
            if starts_shot or last is None:
                starts_sec.append(frame.time_sec)
            found = landmarker.detect(frame)
            owners = tracker.update(frame.time_sec, found, [looks_of(frame, face) for face in found], starts_shot)
            stills.see(frame, dict(zip(owners, found, strict=True)))
            portraits.see(frame, {track: face for track, face in zip(owners, found, strict=True)
                                  if not tracker.has_met(track)}, tracker.live)  # fmt: skip
            last = frame, found, owners
            if due and due[-1] <= frame.time_sec:
                samples.append(_sample(*last, size))
                while due and due[-1] <= frame.time_sec:
                    due.pop()
            hook("faces", frame.time_sec, None)
    end_sec = last[0].time_sec if last else 0.0
    if last is not None and due and not (samples and samples[-1].time_sec == end_sec):
        samples.append(_sample(*last, size))
    hook("faces", end_sec, end_sec)
    return Watched(samples, stills.held(tracker.tracks()), portraits.finish(), shots(starts_sec, end_sec), end_sec)


def _sample(frame: Frame, faces: Sequence[Face], owners: Sequence[int], size: int) -> Sample:
    return Sample(
        time_sec=frame.time_sec,
        picture=cv2.resize(frame.image, (size, size), interpolation=cv2.INTER_AREA),
        jpeg=_jpeg(frame.image),
        views={owner: _view(frame, face, size) for owner, face in zip(owners, faces, strict=True)},
    )


def _view(frame: Frame, face: Face, size: int) -> FaceView:
    height, width = frame.image.shape[:2]
    points = face.landmarks * np.array([width, height], np.float32)
    affine = aligned_view(points, size)
    view = warp(frame.image, affine, size)
    return FaceView(face.landmarks, transform(points, affine) / size, view, quality(points))


def _jpeg(image: UInt8[np.ndarray, "h w 3"]) -> bytes:
    height, width = image.shape[:2]
    scale = min(1.0, KEY_FRAME_WIDTH / width)
    small = cv2.resize(image, (round(width * scale), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, KEY_FRAME_QUALITY])[1].tobytes()


def _person(
    id_: int,
    track: FaceTrack,
    tracks: Sequence[int],
    samples: Sequence[Sample],
    size: int,
    patch: int,
    local_view: LocalView,
) -> PersonScan:
    of_sample = [next((sample.views[own] for own in tracks if own in sample.views), None) for sample in samples]
    shown = [(sample, view) for sample, view in zip(samples, of_sample, strict=True) if view is not None]
    in_frame, grid = local_view == "frame", size // patch
    pictures = [sample.picture if in_frame else view.view for sample, view in shown]
    masks = [region_masks(view.in_frame if in_frame else view.in_view, grid) for _, view in shown]
    return PersonScan(
        id=id_,
        track=track,
        face_mask=np.array([view is not None for view in of_sample], bool),
        views=np.array(pictures, np.uint8).reshape(-1, size, size, 3),
        view_masks=np.array(masks, np.float32).reshape(-1, len(REGION_NAMES), grid**2),
        key_frame=_key_frame(*max(shown, key=lambda pair: pair[1].quality)) if shown else None,
        key_frames=_key_frames(shown),
    )


def _key_frame(sample: Sample, view: FaceView | None) -> KeyFrame:
    return KeyFrame(sample.time_sec, sample.jpeg, view.in_frame if view is not None else None)


def _key_frames(shown: Sequence[tuple[Sample, FaceView | None]]) -> tuple[KeyFrame, ...]:
    """A few of the samples, evenly chosen."""
    count = min(NUM_KEY_FRAMES, len(shown))
    return tuple(_key_frame(*shown[round(place)]) for place in np.linspace(0, len(shown) - 1, count))


def _spread(rows: Num[np.ndarray, "K *shape"], mask: Bool[np.ndarray, " T"]) -> Num[np.ndarray, "T *shape"]:
    """The rows at the places of a mask, zeros elsewhere."""
    spread = np.zeros((len(mask), *rows.shape[1:]), rows.dtype)
    spread[mask] = rows
    return spread
