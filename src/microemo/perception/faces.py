"""Faces through a video: one pass over all frames for the tracks, and the pictures of a few sampled ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from microemo.config import LocalView
from microemo.hooks import Hook, silent
from microemo.media.video import Frame
from microemo.perception.landmarks import Face, Landmarker
from microemo.perception.regions import REGION_NAMES, aligned_view, region_masks, transform, warp
from microemo.perception.tracks import FaceTracker, choose_main, count_others, seen_sec
from microemo.schema import FaceTrack, KeyFrame
from microemo.spans import Span

NUM_KEY_FRAMES = 12
KEY_FRAME_WIDTH, KEY_FRAME_QUALITY = 480, 80


@dataclass(frozen=True)
class FaceScan:
    """What the video shows; the arrays are those of ``schema.Clip``, of the T sampled frames."""

    frame_times_sec: Float[np.ndarray, " T"]
    frames: UInt8[np.ndarray, "T S S 3"]
    faces: UInt8[np.ndarray, "T S S 3"]
    face_mask: Bool[np.ndarray, " T"]
    region_masks: Float[np.ndarray, "T R P"]
    main: FaceTrack | None
    num_others: int
    key_frames: tuple[KeyFrame, ...]

    @property
    def face_seconds(self) -> float:
        """For how long the main person's face was seen."""
        return seen_sec(self.main) if self.main is not None else 0.0


@dataclass(frozen=True)
class FaceView:
    """One face in one sampled frame: its landmarks in [0, 1] of the frame and of the aligned view, and that view."""

    in_frame: Float[np.ndarray, "478 2"]
    in_view: Float[np.ndarray, "478 2"]
    view: UInt8[np.ndarray, "S S 3"]


@dataclass(frozen=True)
class Sample:
    """One sampled frame; ``views`` by index of the track, since the main person is only known at the end."""

    time_sec: float
    picture: UInt8[np.ndarray, "S S 3"]
    jpeg: bytes
    views: dict[int, FaceView]


def scan(
    frames: Iterable[Frame],
    sample_times: Sequence[float],
    size: int,
    patch: int,
    landmarker_file: Path,
    speech: Sequence[Span] = (),
    hook: Hook = silent,
    local_view: LocalView = "face",
) -> FaceScan:
    """Track every face through the frames, given in order of time, and keep pictures of a few (paper 3.1, 3.2).

    Of each of the ``sample_times`` (seconds, rising) the first frame from then on is kept, or else the last one:
    the whole frame squashed to ``size`` pixels square and the main person's aligned face, with masks on a grid of
    ``patch`` pixels. ``local_view`` "frame" keeps the frame in the face's place, and its masks. ``speech`` are the
    spans in which somebody speaks. Hook: step "faces", in seconds.
    """
    tracker = FaceTracker()
    samples: list[Sample] = []
    due = list(reversed(sample_times))
    last: tuple[Frame, list[Face], list[int]] | None = None
    hook("faces", 0, None)
    with Landmarker(landmarker_file) as landmarker:
        for frame in frames:
            found = landmarker.detect(frame)
            last = frame, found, tracker.update(frame.time_sec, found)
            if due and due[-1] <= frame.time_sec:
                samples.append(_sample(*last, size))
                while due and due[-1] <= frame.time_sec:
                    due.pop()
            hook("faces", frame.time_sec, None)
    if last is not None:
        if due and not (samples and samples[-1].time_sec == last[0].time_sec):
            samples.append(_sample(*last, size))
        hook("faces", last[0].time_sec, last[0].time_sec)
    tracks = tracker.tracks()
    main = choose_main(tracks, speech, last[0].time_sec if last else 0.0)
    return _collect(samples, tracks, main, size, patch, local_view)


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
    return FaceView(face.landmarks, transform(points, affine) / size, warp(frame.image, affine, size))


def _jpeg(image: UInt8[np.ndarray, "h w 3"]) -> bytes:
    height, width = image.shape[:2]
    scale = min(1.0, KEY_FRAME_WIDTH / width)
    small = cv2.resize(image, (round(width * scale), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, KEY_FRAME_QUALITY])[1].tobytes()


def _collect(
    samples: Sequence[Sample],
    tracks: Sequence[FaceTrack],
    main: int | None,
    size: int,
    patch: int,
    local_view: LocalView,
) -> FaceScan:
    views = [sample.views.get(main) if main is not None else None for sample in samples]
    faces = np.zeros((len(samples), size, size, 3), np.uint8)
    masks = np.zeros((len(samples), len(REGION_NAMES), (size // patch) ** 2), np.float32)
    for row, view in enumerate(views):
        if view is not None:
            in_frame = local_view == "frame"
            faces[row] = samples[row].picture if in_frame else view.view
            masks[row] = region_masks(view.in_frame if in_frame else view.in_view, size // patch)
    return FaceScan(
        frame_times_sec=np.array([sample.time_sec for sample in samples], np.float64),
        frames=np.array([sample.picture for sample in samples], np.uint8).reshape(-1, size, size, 3),
        faces=faces,
        face_mask=np.array([view is not None for view in views], bool),
        region_masks=masks,
        main=tracks[main] if main is not None else None,
        num_others=count_others(tracks, main) if main is not None else 0,
        key_frames=_key_frames(samples, views),
    )


def _key_frames(samples: Sequence[Sample], views: Sequence[FaceView | None]) -> tuple[KeyFrame, ...]:
    """A few of the samples, evenly chosen; those that show the main person, if any do."""
    rows = [row for row, view in enumerate(views) if view is not None] or list(range(len(samples)))
    count = min(NUM_KEY_FRAMES, len(rows))
    chosen = [rows[round(place)] for place in np.linspace(0, len(rows) - 1, count)]
    return tuple(
        KeyFrame(samples[row].time_sec, samples[row].jpeg, view.in_frame if (view := views[row]) else None)
        for row in chosen
    )
