"""The classes of the ``paper`` preset in sizes that take no time: those of the checkpoints made for the tests."""

import upstream_checkpoints as made

from microemo.config import (
    EvaConfig,
    ImageBindConfig,
    ImageQFormerConfig,
    LanguageConfig,
    ModelConfig,
    QFormerConfig,
)

SIZES = made.SMALL
QFORMER = {"hidden_size": SIZES.hidden, "num_heads": 2, "feed_forward_ratio": SIZES.inner / SIZES.hidden}
SMALL_PAPER = ModelConfig(
    name="small paper",
    vision=EvaConfig(
        weights="eva", hidden_size=SIZES.vision, num_layers=SIZES.vision_blocks, num_heads=2,
        image_size=SIZES.image_size, feed_forward_size=SIZES.vision_inner,
    ),
    image_qformer=ImageQFormerConfig(
        **QFORMER, num_layers=SIZES.layers, num_queries=SIZES.queries, vocabulary_size=SIZES.vocabulary,
        text_positions=SIZES.text_positions,
    ),
    video_qformer=QFormerConfig(**QFORMER, num_layers=SIZES.window_layers, num_queries=SIZES.window_queries),
    audio=ImageBindConfig(
        weights="imagebind", hidden_size=SIZES.hidden, num_layers=SIZES.audio_blocks, num_heads=2,
        output_size=SIZES.audio, num_mels=32, num_frames=41,
        qformer=QFormerConfig(**QFORMER, num_layers=SIZES.window_layers, num_queries=SIZES.audio_queries),
    ),
    language=LanguageConfig(
        weights=None, hidden_size=SIZES.language, lora_rank=4, dtype="bfloat16", max_new_tokens=4
    ),
    local_view="frame",
    prompt="affectgpt",
    audio_windows=False,
    clue_text=False,
)  # fmt: skip
