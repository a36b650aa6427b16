"""Faces as the landmarker gives them, at any place and size, without a picture."""

import numpy as np

from microemo.perception.landmarks import BLENDSHAPES, Face
from microemo.perception.regions import LEFT_EYE, NOSE, OVAL_EXTREMES, RIGHT_EYE
from microemo.perception.tracks import FaceTracker

JAW = BLENDSHAPES.index("jawOpen")


def face(x, y, height=0.4, jaw=0.0):
    """A face centred at x, y in [0, 1] of the frame."""
    points = np.random.default_rng(0).uniform(-0.4, 0.4, (478, 2))
    points[list(OVAL_EXTREMES)] = [[0, -0.5], [0, 0.5], [-0.4, 0], [0.4, 0]]
    points[list(RIGHT_EYE)], points[list(LEFT_EYE)], points[list(NOSE)] = [-0.2, -0.1], [0.2, -0.1], [0, 0.1]
    blendshapes = np.zeros(52, np.float32)
    blendshapes[JAW] = jaw
    return Face((points * height + [x, y]).astype(np.float32), blendshapes)


class FoundFaces:
    """In the place of a landmarker; those made of it say what they ``detect``."""

    def __init__(self, model_file):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def forget(self):
        pass


def follow(rows, fps=25, looks=None, cuts=()):
    """Each face's track, row by row, and the tracks; ``cuts`` are the rows with which a shot begins."""
    tracker = FaceTracker()
    owners = [
        tracker.update(index / fps, row, looks[index] if looks else None, index in cuts)
        for index, row in enumerate(rows)
    ]
    return owners, tracker.tracks()
