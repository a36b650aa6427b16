"""Model names as users write them, and the systems that they stand for.

nano, or a folder                      our own model, or a checkpoint of ours
hf:NAME or hf:FOLDER                   a Hugging Face chat model
http://HOST/v1#MODEL                   a model behind an OpenAI-compatible URL
audio=SPEC,video=SPEC,combine=SPEC     a pair: two chat models that describe, a third that combines
"""

import re
from pathlib import Path

from microemo.chat import Chat
from microemo.errors import InputError
from microemo.extras import require
from microemo.hooks import Hook, silent
from microemo.predict.endpoint import Endpoint
from microemo.predict.hf import HuggingFace
from microemo.predict.microemo_system import MicroEmoSystem
from microemo.predict.pair import PairSystem
from microemo.predict.settings import MODALITIES, LoadOptions, PredictionSettings
from microemo.predict.system import ChatModel, SingleModelSystem, System

ROLE = re.compile(r"(?:^|,)(audio|video|combine)=")


def build(spec: str, question: str, settings: PredictionSettings, loading: LoadOptions, hook: Hook = silent) -> System:
    """The system, ready to run. Raises ``InputError`` or ``WeightsError`` if there is none or it cannot be loaded."""
    if ROLE.match(spec):
        return _pair(spec, question, settings, loading)
    if _is_model(spec):
        return SingleModelSystem(_model(spec, settings, loading), question, settings)
    return _microemo(spec, settings, loading, hook)


def _microemo(spec: str, settings: PredictionSettings, loading: LoadOptions, hook: Hook) -> MicroEmoSystem:
    from microemo import pipeline

    if spec != "nano" and not Path(spec).is_dir():
        raise InputError(f"{spec}: no such model; give nano, a checkpoint's folder, hf:NAME or http://HOST/v1#MODEL")
    if set(settings.modalities) != set(MODALITIES):
        raise InputError(f"{spec}: our own model always uses all modalities; restrict other models only")
    return MicroEmoSystem(spec, pipeline.load(spec, loading.device, hook), settings.asr)


def _pair(spec: str, question: str, settings: PredictionSettings, loading: LoadOptions) -> PairSystem:
    _, *pieces = ROLE.split(spec)
    named = dict(zip(pieces[0::2], pieces[1::2], strict=True))
    if len(pieces) != 6 or len(named) != 3:
        raise InputError(f"{spec}: a pair is audio=MODEL,video=MODEL,combine=MODEL")
    loaded = {member: _model(member, settings, loading) for member in sorted(set(named.values()))}
    models = {role: loaded[member] for role, member in named.items()}
    for role, modality in (("audio", "audio"), ("video", "video")):
        if modality not in models[role].modalities:
            raise InputError(f"{named[role]}: reads no {modality}; it cannot be the {role} model of a pair")
    return PairSystem(**models, question=question, settings=settings)


def _is_model(spec: str) -> bool:
    return spec.startswith(("hf:", "http://", "https://"))


def _model(spec: str, settings: PredictionSettings, loading: LoadOptions) -> ChatModel:
    if spec.startswith("hf:"):
        return HuggingFace(spec.removeprefix("hf:"), settings.max_new_tokens, loading)
    url, _, name = spec.rpartition("#")
    if not _is_model(spec):
        raise InputError(f"{spec}: cannot be one of a pair; give hf:NAME or http://HOST/v1#MODEL")
    if not url or not name:
        raise InputError(f"{spec}: names no model; put it after a #, as in http://localhost:8000/v1#NAME")
    require("openai", "eval")
    return Endpoint(Chat(url, name, max_tokens=settings.max_new_tokens))
