"""Chat models of a few thousand random weights, saved as any other is: pictures, sound, or text alone."""

from pathlib import Path
from typing import Any

PARTS = (
    "{% for message in messages %}{% for part in message.content %}"
    "{% if part.type == 'image' %}<image>{% elif part.type == 'audio' %}<|audio_bos|><|AUDIO|><|audio_eos|>"
    "{% else %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}"
)
TEXT_ALONE = "{% for message in messages %}{{ message.content }}{% endfor %}"
SPECIAL = ["<image>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"]


def tokenizer(chat_template: str | None = None) -> Any:
    """A token a byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = Tokenizer(models.BPE(vocab={char: number for number, char in enumerate(alphabet)}, merges=[]))
    tokens.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokens, pad_token="<pad>", eos_token="<eos>", additional_special_tokens=SPECIAL
    )
    fast.chat_template = chat_template
    return fast


def text_sizes(tokens: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokens),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "pad_token_id": tokens.pad_token_id,
        "eos_token_id": tokens.eos_token_id,
    }


def save(model: type, config: Any, processor: Any, folder: Path) -> Path:
    import torch

    torch.manual_seed(0)
    model(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def save_tiny_vision_model(folder: Path) -> Path:
    """LLaVA: reads pictures, and no video as such."""
    from transformers import CLIPImageProcessor, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor

    tokens = tokenizer()
    vision = {"model_type": "clip_vision_model", "image_size": 28, "patch_size": 14, "projection_dim": 16}
    vision |= {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlavaConfig(
        vision_config=vision,
        text_config={"model_type": "llama", **text_sizes(tokens)},
        image_token_id=tokens.convert_tokens_to_ids("<image>"),
    )
    processor = LlavaProcessor(
        CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
        tokens,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        image_token="<image>",
        chat_template=PARTS,
    )
    return save(LlavaForConditionalGeneration, config, processor, folder)


def save_tiny_audio_model(folder: Path) -> Path:
    """Qwen2-Audio: hears."""
    from transformers import (
        Qwen2AudioConfig,
        Qwen2AudioForConditionalGeneration,
        Qwen2AudioProcessor,
        WhisperFeatureExtractor,
    )

    tokens = tokenizer()
    hearing = {"model_type": "qwen2_audio_encoder", "num_mel_bins": 16, "d_model": 16}
    hearing |= {"encoder_layers": 1, "encoder_attention_heads": 2, "encoder_ffn_dim": 32}
    config = Qwen2AudioConfig(
        audio_config=hearing,
        text_config={"model_type": "qwen2", **text_sizes(tokens)},
        audio_token_index=tokens.convert_tokens_to_ids("<|AUDIO|>"),
    )
    processor = Qwen2AudioProcessor(WhisperFeatureExtractor(feature_size=16), tokens, chat_template=PARTS)
    return save(Qwen2AudioForConditionalGeneration, config, processor, folder)


def save_tiny_text_model(folder: Path, chat_template: str | None = TEXT_ALONE) -> Path:
    """Llama: reads text alone."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokens = tokenizer(chat_template)
    return save(LlamaForCausalLM, LlamaConfig(**text_sizes(tokens)), tokens, folder)
