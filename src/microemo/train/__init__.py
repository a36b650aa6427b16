"""Training, from one configuration a run: ``run.train``; for a task of your own, ``loop.fit`` and ``task.Task``.

A recipe with stages of its own hands them to ``run.train`` (``stage.Stage``). Raises ``MicroEmoError`` on import where
the packages of the extra ``[train]`` are not installed.
"""

from microemo.extras import require

for package in ("accelerate", "omegaconf", "peft", "tensorboard"):
    require(package, "train")
