"""SmolLM2-135M-Instruct out of a GGUF file (Q4_1), as a Hugging Face ``LlamaForCausalLM`` in bf16.

transformers reads GGUF too, but takes 13 s for it at every load, and cannot save what it read.
"""

import re
from pathlib import Path

import torch
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
NAME = re.compile(r"(?:blk\.(?P<layer>\d+)\.)?(?P<module>\w+)\.weight")


def convert(upstream: Path, out: Path) -> None:
    """Write weights, configurations and tokenizer with its chat template, for ``AutoModelForCausalLM`` and
    ``AutoTokenizer.from_pretrained(out)``."""
    from safetensors.torch import save_file
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig

    config = AutoConfig.from_pretrained(upstream, gguf_file=GGUF_FILE)
    config.architectures, config.dtype = ["LlamaForCausalLM"], torch.bfloat16
    config.save_pretrained(out)
    GenerationConfig.from_model_config(config).save_pretrained(out)
    AutoTokenizer.from_pretrained(upstream, gguf_file=GGUF_FILE).save_pretrained(out)
    state = state_dict(upstream / GGUF_FILE, config.num_attention_heads, config.num_key_value_heads)
    state = {name: weight.to(torch.bfloat16) for name, weight in state.items()}
    save_file(state, out / "model.safetensors", metadata={"format": "pt"})


def state_dict(gguf_file: Path, num_heads: int, num_key_value_heads: int) -> dict[str, Tensor]:
    """Read the dequantised weights in fp32, keyed as ``LlamaForCausalLM`` has them; its head is tied to the
    embeddings. Raises ``ValueError`` at a tensor that the architecture does not have."""
    from gguf import GGUFReader, dequantize

    rotary_heads = {"attn_q": num_heads, "attn_k": num_key_value_heads}
    state = {}
    for tensor in GGUFReader(gguf_file).tensors:
        match = NAME.fullmatch(tensor.name)
        if match is None or match["module"] not in NAMES:
            raise ValueError(f"{tensor.name} is no tensor of a llama")
        weight = torch.tensor(dequantize(tensor.data, tensor.tensor_type))
        if match["module"] in rotary_heads:
            weight = _half_split(weight, rotary_heads[match["module"]])
        layer = f"model.layers.{match['layer']}." if match["layer"] else ""
        state[f"{layer}{NAMES[match['module']]}.weight"] = weight.contiguous()
    return state


def _half_split(weight: Tensor, num_heads: int) -> Tensor:
    """GGUF interleaves each head's rotary pairs, Hugging Face keeps their first halves before the second ones."""
    return weight.unflatten(0, (num_heads, -1, 2)).transpose(1, 2).flatten(0, 2)
