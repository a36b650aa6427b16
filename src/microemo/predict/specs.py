"""From what the user names a model by to the system that it means.

nano, or a folder                      our own model, or a checkpoint of ours
hf:NAME or hf:FOLDER                   a Hugging Face chat model
http://HOST/v1#MODEL                   a model behind an OpenAI-compatible URL
audio=SPEC,video=SPEC,combine=SPEC     a pair of two of those, and a third to combine what they say
"""

import re
from pathlib import Path

from microemo.chat import Chat
from microemo.errors import InputError
from microemo.hooks import Hook, silent
from microemo.predict.endpoint import Endpoint
from microemo.predict.hf import HuggingFace
from microemo.predict.own import Own
from microemo.predict.pair import Pair
from microemo.predict.settings import MODALITIES, Placement, Settings
from microemo.predict.system import Model, Single, System

ROLE = re.compile(r"(?:^|,)(audio|video|combine)=")


def build(spec: str, question: str, settings: Settings, placement: Placement, hook: Hook = silent) -> System:
    """The system, ready to run. Raises ``InputError`` or ``WeightsError`` where there is none, or it cannot be had."""
    if ROLE.match(spec):
        return _pair(spec, question, settings, placement)
    if _is_model(spec):
        return Single(_model(spec, settings, placement), question, settings)
    return _own(spec, settings, hook)


def _own(spec: str, settings: Settings, hook: Hook) -> Own:
    from microemo import pipeline

    if spec != "nano" and not Path(spec).is_dir():
        raise InputError(f"{spec}: no such model; give nano, a checkpoint's folder, hf:NAME or http://HOST/v1#MODEL")
    if set(settings.modalities) != set(MODALITIES):
        raise InputError(f"{spec}: our own model always uses all modalities; restrict other models only")
    return Own(spec, pipeline.load(spec, hook=hook), settings.asr)


def _pair(spec: str, question: str, settings: Settings, placement: Placement) -> Pair:
    _, *pieces = ROLE.split(spec)
    named = dict(zip(pieces[0::2], pieces[1::2], strict=True))
    if len(pieces) != 6 or len(named) != 3:
        raise InputError(f"{spec}: a pair is audio=MODEL,video=MODEL,combine=MODEL")
    loaded = {part: _model(part, settings, placement) for part in sorted(set(named.values()))}
    models = {role: loaded[part] for role, part in named.items()}
    for role, modality in (("audio", "audio"), ("video", "video")):
        if modality not in models[role].modalities:
            raise InputError(f"{named[role]}: reads no {modality}; it cannot be the {role} part of a pair")
    return Pair(**models, question=question, settings=settings)


def _is_model(spec: str) -> bool:
    return spec.startswith(("hf:", "http://", "https://"))


def _model(spec: str, settings: Settings, placement: Placement) -> Model:
    if spec.startswith("hf:"):
        return HuggingFace(spec.removeprefix("hf:"), settings.max_new_tokens, placement)
    url, _, name = spec.rpartition("#")
    if not _is_model(spec):
        raise InputError(f"{spec}: cannot be part of a pair; give hf:NAME or http://HOST/v1#MODEL")
    if not url or not name:
        raise InputError(f"{spec}: names no model; put it after a #, as in http://localhost:8000/v1#NAME")
    return Endpoint(Chat(url, name, max_tokens=settings.max_new_tokens))
