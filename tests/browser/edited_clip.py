"""Stands in for the model, in the worker of a server: a result of three people, with pictures and moving faces."""

import time
from typing import Any

from followed_faces import HEIGHT, SEEN, SERIES, WIDTH
from people_samples import CLUES, PEOPLE, UTTERANCES, make_people_result
from report_samples import make_clue

from microemo.hooks import Hook
from microemo.result import Result
from microemo.schema import Effect
from microemo.server import analysis
from microemo.server.worker import Analyze, Task

HOSTILE = "<img src=x onerror=document.title='owned'>"
MICRO = make_clue(6, "face", "brows", "micro_brow_raise", (1.0, 1.1, 1.3), "P1")


def result_of(media: Any) -> Result:
    told = UTTERANCES[0].model_copy(update={"effects": (Effect(clue=1, label="annoyed", change=0.35),)})
    said = UTTERANCES[1].model_copy(update={"text": HOSTILE})
    plain = make_people_result(media, clues=(*CLUES, MICRO), utterances=(told, said, UTTERANCES[2]), people=PEOPLE)
    clip = plain.clip.model_copy(update={"width": WIDTH, "height": HEIGHT})
    return plain.model_copy(update={"clip": clip}).illustrated(SEEN, SERIES)


def load() -> Analyze:
    return analyze


def analyze(task: Task, hook: Hook) -> None:
    for step in ("faces", "understand"):
        hook(step, 1, 2)
        time.sleep(0.6)  # for the page to show it
    analysis.save(result_of(task.media), task)
