"""SmolLM2-135M-Instruct out of a GGUF file (Q4_1), as a Hugging Face ``LlamaForCausalLM`` in bf16.

transformers reads GGUF too, but takes seconds for it at every load and cannot save what it read.
"""

import re
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

GGUF_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
ROTATED = {"attn_q", "attn_k"}
HEAD_SIZE = 64
NAME = re.compile(r"(?:blk\.(?P<layer>\d+)\.)?(?P<module>\w+)\.weight")


def convert(upstream: Path, out: Path) -> None:
    """Write weights (bf16), configurations and tokenizer with its chat template, for
    ``AutoModelForCausalLM.from_pretrained(out)`` and ``AutoTokenizer.from_pretrained(out)``."""
    from safetensors.torch import save_file
    from transformers import AutoTokenizer, GenerationConfig, LlamaConfig

    settings = LlamaConfig.from_dict(config())
    settings.save_pretrained(out)
    GenerationConfig.from_model_config(settings).save_pretrained(out)
    AutoTokenizer.from_pretrained(upstream, gguf_file=GGUF_FILE).save_pretrained(out)
    state = {name: weight.to(torch.bfloat16) for name, weight in state_dict(upstream / GGUF_FILE).items()}
    save_file(state, out / "model.safetensors", metadata={"format": "pt"})


def config() -> dict[str, object]:
    """Arguments of ``transformers.LlamaConfig``, as in the header of the GGUF file."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "vocab_size": 49152,
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "max_position_embeddings": 8192,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0},
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
        "dtype": "bfloat16",
    }


def state_dict(gguf_file: Path) -> dict[str, Tensor]:
    """Read the dequantised weights in fp32, keyed as ``LlamaForCausalLM`` has them; its head is tied to the
    embeddings. Raises ``ValueError`` at a tensor that the architecture does not have."""
    from gguf import GGUFReader, dequantize

    state = {}
    for tensor in GGUFReader(gguf_file).tensors:
        match = NAME.fullmatch(tensor.name)
        if match is None or match["module"] not in NAMES:
            raise ValueError(f"{tensor.name} is no tensor of a llama")
        weight = torch.tensor(dequantize(tensor.data, tensor.tensor_type))
        if match["module"] in ROTATED:
            weight = _half_split(weight)
        layer = f"model.layers.{match['layer']}." if match["layer"] else ""
        state[f"{layer}{NAMES[match['module']]}.weight"] = weight.contiguous()
    return state


def _half_split(weight: Float[Tensor, "F D"]) -> Float[Tensor, "F D"]:
    """GGUF interleaves each head's rotary pairs, Hugging Face keeps their first halves before the second ones."""
    return weight.unflatten(0, (-1, HEAD_SIZE // 2, 2)).transpose(1, 2).flatten(0, 2)
