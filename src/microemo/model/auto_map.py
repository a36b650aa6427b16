"""What ``transformers`` reads in a model's folder (``microemo.hub``), written beside our own configuration."""

MODEL_TYPE = "microemo"
CODE = "modeling_microemo"
FIELDS = {
    "model_type": MODEL_TYPE,
    "architectures": ["MicroEmoModel"],
    "auto_map": {
        "AutoConfig": f"{CODE}.MicroEmoConfig",
        "AutoModel": f"{CODE}.MicroEmoModel",
        "AutoProcessor": f"{CODE}.MicroEmoProcessor",
    },
}
"""What ``transformers`` reads in a folder's ``config.json``; where ``microemo`` is not imported, it runs the file of
``auto_map`` if it may (``trust_remote_code``)."""
CODE_FILE, CODE_TEXT = (
    f"{CODE}.py",
    '''"""For transformers, with trust_remote_code=True; the code is in the package: pip install microemo."""

from microemo.hub.configuration import MicroEmoConfig
from microemo.hub.modeling import MicroEmoModel
from microemo.hub.processing import MicroEmoProcessor

__all__ = ["MicroEmoConfig", "MicroEmoModel", "MicroEmoProcessor"]
''',
)
