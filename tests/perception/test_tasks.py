"""MediaPipe without what it brings along."""

import os
import subprocess
import sys

CODE = """
import sys
from microemo.perception.tasks import mediapipe
vision = mediapipe().tasks.vision
assert not {'matplotlib', 'matplotlib.pyplot', 'sounddevice'} & sys.modules.keys()
assert vision.drawing_utils.plt.figure() is not None  # plotting still plots when somebody wants it
import matplotlib.pyplot as plt
assert vision.drawing_utils.plt.figure is plt.figure
assert vision.FaceLandmarkerOptions
"""


def test_what_mediapipe_brings_along_is_imported_when_it_is_used() -> None:
    environment = os.environ | {"MPLBACKEND": "agg", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", CODE], check=True, env=environment)
