"""A checkpoint folder as bf16 safetensors for transformers, dequantized; decays and norms stay
float32.
"""

import os
import tempfile
from pathlib import Path

import torch
from torch import Tensor

from docqa.model.config import HybridConfig, load_config
from docqa.model.errors import ConfigUnsupported
from docqa.model.tokenizer import CheckpointTokenizer, tokenizer_spec

from .checkpoint import load_tensors, open_checkpoint
from .layout import tensors_as_released, text_config
from .network import tensor_shapes
from .quantize import COPIED, copy_files, write_chat_template, write_json
from .weights import SINGLE

ALONGSIDE = (*COPIED, "chat_template.jinja", "MODEL_CARD.md")


def export(source: Path, target: Path) -> list[Path]:
    """Writes the checkpoint folder `source` into `target`, new or empty, whole or not at all;
    returns the files, sorted. Raises ModelErrors of reading a folder, OSError where `target` holds
    something or cannot be written."""
    config = HybridConfig.from_folder(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        fresh = Path(folder) / "export"
        fresh.mkdir()
        _write_transformers_files(source, config, fresh)
        os.rename(fresh, target)  # over an empty folder; anything in it is an error
    return sorted(target.iterdir())


def checkpoint_tensors(
    folder: Path, config: HybridConfig, dtype: torch.dtype = torch.bfloat16
) -> dict[str, Tensor]:
    """All tensors of a checkpoint by their plain names, an MTP module's too, dequantized, matrices
    in `dtype`, decays and norms float32. Raises WeightsMissing, WeightsMismatch: no whole
    checkpoint of `config`."""
    with open_checkpoint(folder) as checkpoint:
        return load_tensors(checkpoint, tensor_shapes(folder, config), dtype, config=config)


def _write_transformers_files(source: Path, config: HybridConfig, target: Path) -> None:
    from safetensors.torch import save_file

    tensors = dict(tensors_as_released(config, checkpoint_tensors(source, config)))
    named = {
        name if name.startswith(("lm_head", "mtp.")) else f"model.{name}": part
        for name, part in tensors.items()
    }
    save_file(named, target / SINGLE, metadata={"format": "pt"})
    write_json(target / "config.json", _plain_config(source, config))
    os.chmod(
        target / SINGLE, (target / "config.json").stat().st_mode
    )  # the library leaves it to its owner alone
    copy_files(source, target, ALONGSIDE)
    if not (target / "tokenizer.json").exists():
        write_json(target / "tokenizer.json", tokenizer_spec(source))
    if not (target / "tokenizer_config.json").exists():
        write_json(target / "tokenizer_config.json", _tokenizer_config(source, config))
    write_chat_template(source, target)


def _plain_config(source: Path, config: HybridConfig) -> dict[str, object]:
    """config.json of the text model alone, without docqa's quantization. Raises ConfigUnsupported:
    a GGUF file may divide rotary frequencies by numbers that config.json has no words for."""
    if config.rope_parameters.get("frequency_factors"):
        raise ConfigUnsupported(
            f"{source} divides its rotary frequencies one by one, which a config.json cannot say; export the model "
            "from the folder that the file was made of"
        )
    causal = f"{config.family.classes.removesuffix('Text')}ForCausalLM"
    named = {"model_type": config.model_type, "architectures": [causal], "dtype": "bfloat16"}
    return text_config(source, config) | named


def _tokenizer_config(source: Path, config: HybridConfig) -> dict[str, object]:
    """Has transformers take tokenizer.json as it is, instead of the family's own splitting."""
    spec = tokenizer_spec(source)
    names = {number: token for token, number in spec["model"]["vocab"].items()}
    names |= {entry["id"]: entry["content"] for entry in spec.get("added_tokens") or []}
    raw = load_config(source)
    ids = {f"{kind}_token": raw.get(f"{kind}_token_id") for kind in ("bos", "pad")}
    ids["eos_token"] = next(iter(CheckpointTokenizer.load(source).eos_ids), None)
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_max_length": config.max_position_embeddings,
        **{kind: names[number] for kind, number in sorted(ids.items()) if number in names},
    }
