"""Stands in for the model with a whole result of three people, written as the worker writes one."""

from people_samples import FACES, make_people_result

from microemo.hooks import Hook
from microemo.server import analysis
from microemo.server.worker import Analyze, Task


def load() -> Analyze:
    return analyze


def analyze(task: Task, hook: Hook) -> None:
    hook("understand", 1, 2)
    analysis.save(make_people_result(task.media).illustrated(FACES), task)
