"""The sides of a comparison on the same weights: docqa, transformers, llama.cpp (`xllamacpp`)."""

import json
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from docqa.model.checkpoints.check import transformers_model
from docqa.model.checkpoints.export import checkpoint_tensors
from docqa.model.cost.plan import yarn_factor_for
from docqa.model.decode.continuation import Continuation
from docqa.model.load import NetworkModel

from .gguf_writer import write_gguf
from .machine import installed_version

PACKAGE = "xllamacpp"
# of matrices: the fastest of Q4_0, Q4_1, Q8_0 and BF16 here, with docqa's own number of bits
QUANTIZATION = "Q4_0"
ROOM = 256  # tokens of a context beyond the prompt
BATCH = 512  # tokens at a time, llama.cpp's default


class Docqa:
    """As it is installed: all layers, its own choice of kernels and precision."""

    name = "docqa"

    def __init__(self, model: NetworkModel) -> None:
        self.model = model

    def run(self, ids: Tensor, count: int) -> tuple[float, float]:
        """Read `ids` [seq] and write `count` tokens greedily; seconds of each."""
        reading = self.prefill(ids)
        token = 1
        continuation = Continuation(self.model, self.state)
        token = int(
            continuation.logits(token).argmax()
        )  # the first one prepares what the others use
        started = time.perf_counter()
        for _ in range(count):
            token = int(continuation.logits(token).argmax())
        return reading, time.perf_counter() - started

    def prefill(self, ids: Tensor) -> float:
        """Read `ids` [seq]; seconds until the next token's logits are there."""
        started = time.perf_counter()
        self.state = self.model.new_state(yarn_factor_for(self.model.config, len(ids)))
        self.model.logits(self.model.prefill(ids, self.state))
        return time.perf_counter() - started


class Transformers:
    """In float32, with torch's fused attention."""

    name = "transformers"

    def __init__(self, model: NetworkModel) -> None:
        self.network = transformers_model(model.folder, model.config)
        self.network.set_attn_implementation("sdpa")

    def run(self, ids: Tensor, count: int) -> tuple[float, float]:
        """As Docqa."""
        started = time.perf_counter()
        with torch.inference_mode():
            cache = self.network(ids[None], use_cache=True, logits_to_keep=1).cache
            read = time.perf_counter()
            token = torch.tensor([[1]])
            for number in range(count + 1):
                if number == 1:
                    first = time.perf_counter()
                token = self.network(token, cache=cache, use_cache=True).logits[:, -1:].argmax(-1)
        return read - started, time.perf_counter() - first


def llama_missing(model: NetworkModel) -> str:
    """Why llama.cpp cannot be measured here, "" where it can."""
    if find_spec(PACKAGE) is None:
        return f"not measured: {PACKAGE} is not installed"
    config = model.config
    dims = {config.linear_key_head_dim, config.linear_value_head_dim}
    if len(dims) > 1 or dims == {0} or config.num_experts or config.family.gguf is None:
        return "not measured: GGUF files are written of dense hybrids of some shapes; give a file with --real"
    return ""


def llama_version() -> str:
    import xllamacpp

    used = [
        part.split("=")[0].strip()
        for part in xllamacpp.get_system_info().replace("CPU :", "").split("|")
    ]
    return f"llama.cpp, {PACKAGE} {installed_version(PACKAGE)} ({', '.join(name for name in used if name)})"


class LlamaCpp:
    """On the same number of threads; times are those that it reports."""

    name = "llama.cpp"

    def __init__(self, file: Path, length: int) -> None:
        """`length`: tokens of the longest prompt."""
        import xllamacpp

        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(file)
        parameters.n_ctx = length + ROOM
        parameters.n_parallel = 1
        parameters.n_batch = parameters.n_ubatch = BATCH
        for part in (parameters.cpuparams, parameters.cpuparams_batch):
            part.n_threads = torch.get_num_threads()
        parameters.n_gpu_layers = 0
        parameters.verbosity = 0
        parameters.fit_params = False
        self.server = xllamacpp.Server(parameters)
        self.ids: list[int] = []
        self.reading = 0.0

    def run(self, ids: Tensor, count: int) -> tuple[float, float]:
        """As Docqa."""
        asked = {
            "prompt": ids.tolist(),
            "n_predict": count + 1,
            "temperature": 0,
            "ignore_eos": True,
        }
        found: Any = self.server.handle_completions({**asked, "cache_prompt": False})
        answer = json.loads(found) if isinstance(found, str) else found
        times = answer.get("timings") if isinstance(answer, dict) else None
        if not times or times["prompt_n"] < len(ids) - 1:
            raise RuntimeError(f"llama.cpp did not read the prompt: {str(answer)[:300]}")
        written = times["predicted_ms"] / 1000 * count / max(1, times["predicted_n"] - 1)
        return times["prompt_ms"] / 1000, written


def llama_file(model: NetworkModel, folder: Path, length: int) -> Path:
    """The weights as a GGUF file in `folder`, for prompts of `length` at most."""
    file = folder / f"docqa-{QUANTIZATION}.gguf"
    context = length + ROOM
    tensors = checkpoint_tensors(model.folder, model.config, torch.float32)
    config = replace(
        model.config, max_position_embeddings=max(context, model.config.max_position_embeddings)
    )
    write_gguf(config, tensors, file, matrices=QUANTIZATION)
    return file
