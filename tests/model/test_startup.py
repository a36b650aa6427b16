"""What is only needed later is not imported with the pipeline: starting is what a user waits for first."""

import subprocess
import sys

LATER = "{'peft', 'transformers', 'mediapipe', 'faster_whisper', 'silero_vad', 'onnx', 'gguf'}"


def test_the_pipeline_is_imported_without_what_it_needs_later() -> None:
    code = f"import sys, microemo.pipeline; print(sorted({LATER} & sys.modules.keys()))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"
