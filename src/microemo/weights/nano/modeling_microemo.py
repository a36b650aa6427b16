"""For transformers, with trust_remote_code=True; the code is in the package: pip install microemo."""

from microemo.hub.configuration import MicroEmoConfig
from microemo.hub.modeling import MicroEmoModel
from microemo.hub.processing import MicroEmoProcessor

__all__ = ["MicroEmoConfig", "MicroEmoModel", "MicroEmoProcessor"]
