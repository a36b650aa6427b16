"""One picture shown for some seconds, encoded well and badly: nothing in it moves, whatever the landmarks do."""

import av
import cv2
import numpy as np
import pytest
from drawn_faces import FoundFaces, face

from microemo import weights
from microemo.media.probe import probe
from microemo.media.video import Frame, frames
from microemo.perception import faces as faces_module
from microemo.perception.clues import measure_clues
from microemo.perception.faces import scan
from microemo.perception.stills import GRID, WATCHED_ROWS, Stills
from microemo.schema import FaceTrack
from microemo.spans import Span

FPS, NUM_FRAMES = 25, 75
SPEECH = (Span(0.6, 1.1), Span(1.7, 2.6))
# fmt: off
ENCODES = {  # codec, its options, the deviation of a camera's grain
    "good": ("libx264", {"crf": "20"}, 0),
    "poor": ("libx264", {"crf": "34", "g": "12"}, 0),
    "grain": ("libx264", {"crf": "24"}, 6),
    "old": ("mpeg4", {"b": "300k", "g": "12"}, 3),
    "single": ("mjpeg", {"qscale": "8"}, 6),
}
# fmt: on


def encoded(path, images, encode, seed=0):
    codec, options, grain = ENCODES[encode]
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS, options=options)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for image in images:
            noisy = np.clip(image + grain * rng.standard_normal(image.shape), 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="rgb24")))
        container.mux(stream.encode())
    return path


def drawing(across=0.0):
    """A face of a few strokes, 288 pixels high, shifted by a part of its size."""
    image, centre = np.full((360, 640, 3), (90, 110, 130), np.uint8), round(320 + 288 * across)
    cv2.ellipse(image, (centre, 180), (115, 144), 0, 0, 360, (210, 160, 130), -1, cv2.LINE_AA)
    for eye in (-45, 45):
        cv2.ellipse(image, (centre + eye, 150), (20, 10), 0, 0, 360, (60, 40, 30), -1, cv2.LINE_AA)
    cv2.ellipse(image, (centre, 230), (45, 14), 0, 0, 360, (160, 60, 60), -1, cv2.LINE_AA)
    return image


class Wavering(FoundFaces):
    """A landmarker that finds the drawn face, whose blendshapes waver as they do on poor pictures."""

    def __init__(self, model_file):
        self.rng = np.random.default_rng(0)
        self.level = np.zeros(52)

    def detect(self, frame):
        self.level = 0.9 * self.level + 0.2 * self.rng.standard_normal(52)
        found = face(0.5, 0.5, 0.8)
        return [found._replace(blendshapes=np.clip(0.3 + self.level, 0, 1).astype(np.float32))]


def main_track(path, landmarker):
    return scan(frames(probe(path)), [0.0], 56, 14, landmarker).main_person.track


def clues_of(track, speech=()):
    return measure_clues(track, (), (), (), speech)


def check_nothing_moves(track):
    """Neither in silence nor under a voice."""
    assert (track.blendshapes == track.blendshapes[0]).all() and (track.boxes == track.boxes[0]).all()
    assert clues_of(track)
    assert clues_of(track) == clues_of(track, SPEECH)
    for clue in clues_of(track):
        assert clue.start_sec == clue.apex_sec == pytest.approx(track.times_sec[0], abs=0.001)
        assert clue.end_sec == pytest.approx(track.times_sec[-1], abs=1.5 / FPS)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("encode", ENCODES)
def test_nothing_moves_in_a_still_picture(tmp_path, monkeypatch, encode, seed):
    monkeypatch.setattr(faces_module, "Landmarker", Wavering)
    track = main_track(encoded(tmp_path / "still.mkv", [drawing()] * NUM_FRAMES, encode, seed), tmp_path)
    assert len(track.times_sec) == NUM_FRAMES
    check_nothing_moves(track)


@pytest.mark.parametrize("encode", ENCODES)
def test_a_head_that_sways_by_a_hundredth_is_alive(tmp_path, monkeypatch, encode):
    monkeypatch.setattr(faces_module, "Landmarker", Wavering)
    sway = [0.005 * np.sin(2 * np.pi * index / 50) for index in range(NUM_FRAMES)]
    path = encoded(tmp_path / "alive.mkv", [drawing(across) for across in sway], encode)
    track = main_track(path, tmp_path)
    assert len(np.unique(track.blendshapes[:, 0])) > NUM_FRAMES / 2
    assert any(clue.start_sec > 0.2 for clue in clues_of(track))


def test_a_fixed_head_that_opens_its_mouth_is_alive():
    images = [drawing() for _ in range(NUM_FRAMES)]
    for image in images[25:50]:
        cv2.ellipse(image, (320, 240), (40, 35), 0, 0, 360, (40, 10, 10), -1, cv2.LINE_AA)
    stills, times_sec = Stills(), np.arange(NUM_FRAMES) / FPS
    for second, image in zip(times_sec, images, strict=True):
        stills.see(Frame(second, image), {0: face(0.5, 0.5, 0.8)})
    track = FaceTrack(times_sec, np.zeros((NUM_FRAMES, 4)), np.random.default_rng(0).uniform(size=(NUM_FRAMES, 52)))
    assert stills.held([track]) == [track]


def test_pictures_that_follow_each_other_are_each_still(tmp_path, monkeypatch):
    monkeypatch.setattr(faces_module, "Landmarker", Wavering)
    other = np.ascontiguousarray(255 - drawing(0.05))
    path = encoded(tmp_path / "slides.mkv", [drawing()] * NUM_FRAMES + [other] * NUM_FRAMES, "poor")
    seen = scan(frames(probe(path)), [0.0], 56, 14, tmp_path, SPEECH)
    assert len(seen.shots) == 2
    cut_sec = seen.shots[1].start_sec
    for clue in measure_clues(seen.main_person.track, (), (), (), SPEECH, seen.shots):
        assert clue.start_sec in (0.0, pytest.approx(cut_sec, abs=0.001))


@pytest.mark.weights
@pytest.mark.parametrize("encode", ["poor", "single"])
def test_nothing_moves_in_a_photograph(tmp_path, encode):
    """A real laughing face and the real landmarker."""
    demo = next(weights.path("demo_clip").glob("*.mp4"))
    image = next(frame.image for frame in frames(probe(demo)) if frame.time_sec > 14)
    scale = 360 / image.shape[0]
    small = cv2.resize(image, (round(image.shape[1] * scale) // 2 * 2, 360), interpolation=cv2.INTER_AREA)
    path = encoded(tmp_path / "photograph.mkv", [small] * NUM_FRAMES, encode)
    track = main_track(path, weights.path("face_landmarker") / "face_landmarker.task")
    check_nothing_moves(track)
    assert "lip_corner_puller" in [clue.kind for clue in clues_of(track)]


def test_who_moves_is_not_watched_for_hours():
    """Nor are the pictures of hours kept."""
    stills, image = Stills(), np.tile(np.linspace(0, 255, 160), (90, 1))
    for index in range(WATCHED_ROWS + 1):
        image[45:] = np.roll(image[45:], 3, axis=1)
        picture = np.repeat(image[:, :, None], 3, axis=2).astype(np.uint8)
        stills.see(Frame(index / FPS, picture), {0: face(0.5, 0.75, 0.3), 1: face(0.5, 0.25, 0.3)})
    assert [len(place.grids) for place in stills.places.values()] == [0, (WATCHED_ROWS + 1) * GRID**2]
