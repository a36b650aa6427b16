"""A folder's ``config.json`` as ``AutoConfig`` knows one."""

from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import AutoConfig

from microemo.model.auto_map import MODEL_TYPE


class MicroEmoConfig(PreTrainedConfig):
    """What the file says of the model, an attribute a key (``microemo.config.ModelConfig``)."""

    model_type = MODEL_TYPE


AutoConfig.register(MODEL_TYPE, MicroEmoConfig, exist_ok=True)
