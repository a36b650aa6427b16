"""A whole study: many clips into one folder, each analysed once, whatever stops the run, and one data set of them all.

``inputs`` says what is to be done, ``stages`` how, an engine (``local``, ``ray``) who does it, ``store`` what is done.
"""

from microemo.batch.run import ENGINES, Batch, run
from microemo.batch.stages import Settings, Stages

__all__ = ["ENGINES", "Batch", "Settings", "Stages", "run"]
