"""A checkpoint folder into a NetworkModel that reads and continues text."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from docqa.kernels.gguf_matmul import BLOCKS, BlockMatrix, activation_rounding_of_blocks
from docqa.kernels.native import is_packed_faster
from docqa.kernels.threads import use_threads

from .answering import ReadingModel
from .checkpoints.gguf.checkpoint import has_experts_in_blocks
from .checkpoints.network import load_mtp, load_network
from .checkpoints.weights import CONFIG_KEY, fingerprint, weight_files
from .config import HybridConfig, load_config
from .cost.machine import has_fast_bfloat16
from .cost.plan import check_length, parameters
from .device import check_device_memory, check_free_memory, device_for_name
from .errors import ConfigUnsupported, ModelNotFound
from .folder import BUNDLED, load_calibration
from .gguf.file import is_gguf, open_gguf
from .heads.evidence import EvidenceHead, load_evidence_adapters
from .heads.reader_text import reader_files
from .linear import Linear
from .mtp import Mtp
from .network import Network
from .protocol import PACKED_PRECISION, Calibration, Reranker
from .state.long_attention import GRID, LongAttention
from .state.state import State
from .tokenizer import CheckpointTokenizer

DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float64": torch.float64,
    "float16": torch.float16,
}

OnHidden = Callable[[int, Any], None]


@dataclass
class NetworkModel(ReadingModel):
    """A loaded checkpoint, safe for one call at a time. `lower` is the network up to the layer that
    the heads work on, `network` the whole. Both and the states are on `device`; heads, ids and
    logits on the CPU."""

    config: HybridConfig
    tokenizer: CheckpointTokenizer
    lower: Network
    fingerprint: str
    folder: Path
    dtype: torch.dtype
    calibration: Calibration = field(default_factory=Calibration)
    evidence_head: EvidenceHead | None = None
    has_reader: bool = False
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    reranker: Reranker | None = None

    @property
    def precision(self) -> str:
        """The compute dtype and whether matrices are packed, which decide the bits of a state."""
        name = str(self.dtype).removeprefix("torch.")
        matrices = self.lower.packed_matrices().values()
        if any(isinstance(matrix, BlockMatrix) for matrix in matrices):
            return f"{name}, blocks of a GGUF file {activation_rounding_of_blocks()}"
        return PACKED_PRECISION if matrices else name

    @property
    def is_on_cpu(self) -> bool:
        return self.device.type == "cpu"

    @property
    def packed(self) -> bool:
        return bool(self.lower.packed_matrices())

    @property
    def item_bytes(self) -> int:
        return int(self.dtype.itemsize)

    @property
    def evidence_layer(self) -> int:
        """The layer whose output `on_hidden` gets: as the folder's calibration says, else the
        last.
        """
        return int(self.calibration.get("evidence_layer", self.config.num_hidden_layers - 1))

    @cached_property
    def network(self) -> Network:
        """The whole network, unpacked when first needed; shares its tensors with `lower`, whose
        adapters are for the evidence head alone. Raises WeightsMissing, WeightsMismatch: the folder
        has changed; the file is named."""
        if len(self.lower.layers) == self.config.num_hidden_layers:
            return self.lower
        whole = load_network(
            self.folder, self.config, self.dtype, known=self.lower, packed=self.packed
        )
        return whole if self.is_on_cpu else whole.to(self.device)

    @cached_property
    def mtp(self) -> Mtp | None:
        """The checkpoint's module of multi-token prediction; None where it has none, and on an
        accelerator, where nobody measured whether guesses pay. Raises WeightsMissing,
        WeightsMismatch: it has a part of one."""
        if not self.is_on_cpu:
            return None
        return load_mtp(self.folder, self.config, self.dtype)

    @property
    def answer_layers(self) -> int:
        """How many of the first layers an answer depends on: up to `evidence_layer` with a reader,
        which answers by itself, else all."""
        if not self.has_reader:
            return self.config.num_hidden_layers
        return self.evidence_layer + 1

    def new_state(
        self,
        yarn_factor: float = 1.0,
        *,
        grid: int = GRID,
        long: LongAttention | None = None,
        layers: int | None = None,
    ) -> State:
        """An empty state whose whole lineage uses `yarn_factor` (see `plan.yarn_factor_for`), read
        by `layers` or all."""
        config = self.config if layers is None else self.config.first_layers(layers)
        return State(config, yarn_factor, grid=grid, long=long)

    def prefill(
        self, ids: Sequence[int] | Tensor, state: State, *, on_hidden: OnHidden | None = None
    ) -> Tensor:
        """Reads `ids` into `state` from its position on; returns the last token's hidden state
        [dim]: after the last norm where the state has all layers, else the output of the last that
        it has.

        The text is cut where positions are multiples of the state's grid, so the same text always
        runs in the same shapes, whether read at once, resumed, or reused. `on_hidden`(position,
        hidden [seq, dim]) gets the output of `evidence_layer` for each piece. Raises
        ContextTooLong: the text would not fit the state's YaRN factor; ValueError: `ids` is empty,
        or the state has too few layers for the hook.
        """
        numbers = np.asarray(ids)
        if not len(numbers):
            raise ValueError("prefill needs at least one token")
        if on_hidden and len(state.layers) <= self.evidence_layer:
            raise ValueError(
                f"a hook needs the output of layer {self.evidence_layer}, "
                f"the state has {len(state.layers)} layers"
            )
        check_length(self.config, state.yarn_factor, state.position + len(numbers))
        done = 0
        while done < len(numbers):
            count = min(state.grid - state.position % state.grid, len(numbers) - done)
            hidden = self._run_layers(numbers[done : done + count], state, on_hidden)
            done += count
        return hidden

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits over the vocabulary, float32 at least: hidden [.., dim] -> [.., vocab]."""
        with torch.inference_mode():
            out = self.network.logits(hidden.to(self.device)).cpu()
        return out if out.dtype == torch.float64 else out.float()

    def evidence_states(self, ids: Sequence[int]) -> np.ndarray:
        """What `evidence_layer` puts out for `ids` alone, float32 [seq, dim]; layers above are not
        run.
        """
        tokens = torch.as_tensor(ids, dtype=torch.long).to(self.device)
        with torch.inference_mode():
            return np.asarray(
                self.lower(tokens[None], layers=self.evidence_layer + 1)[0].float().cpu()
            )

    def _run_layers(self, numbers: np.ndarray, state: State, on_hidden: OnHidden | None) -> Tensor:
        """At most a block of the grid through the layers; the last token's hidden state."""
        outputs: list[Tensor] = []
        hooks = {self.evidence_layer: outputs.append} if on_hidden else {}
        position = state.position
        depth = len(state.layers)
        all_layers = depth == self.config.num_hidden_layers
        network = self.lower if depth <= len(self.lower.layers) else self.network
        ids = torch.as_tensor(numbers.tolist()).to(self.device)
        with torch.inference_mode():
            hidden = network(
                ids[None],
                state.layers,
                position=position,
                factor=state.yarn_factor,
                hooks=hooks,
                layers=None if all_layers else depth,
            )
            last = hidden[0, -1].clone()
            state.advance(numbers, last if all_layers else None)
        if on_hidden:
            on_hidden(position, outputs[0][0].float().cpu())
        return last


def load_model(
    folder: Path | str | None = None,
    *,
    dtype: torch.dtype | str | None = None,
    threads: int | None = None,
    device: str = "auto",
) -> NetworkModel:
    """Loads a checkpoint folder or a GGUF file, by default the bundled folder.

    `dtype`: of matrices and keys; by default float32 with quantized matrices left so where native
    kernels multiply them faster (always those in blocks of a GGUF file), else bfloat16 where the
    processor multiplies it, else float32. `threads`: torch's, for the whole process.
    `device`: one of `device.DEVICES`; off the CPU all matrices are dense.

    Raises ModelNotFound, ConfigUnsupported, TokenizerUnsupported, WeightsMissing, WeightsMismatch,
    naming the file; NoMemory: a model with experts is larger than the memory that is free.
    """
    where = Path(folder) if folder is not None else BUNDLED
    if not where.is_dir() and not is_gguf(where):
        raise ModelNotFound(f"there is no model folder {where}; see `docqa models list`")
    if threads is not None:
        use_threads(threads)
    torch.set_flush_denormal(True)  # decays underflow; denormals cost half the speed
    config = HybridConfig.from_folder(where)
    target = device_for_name(device)
    compute, packed = _resolve_precision(where, target, dtype or os.environ.get("DOCQA_DTYPE"))
    unpacked = parameters(config)["total"] * compute.itemsize
    check_device_memory(target, unpacked, str(where))
    if config.num_experts and target.type == "cpu":
        on_disk = sum(path.stat().st_size for path in weight_files(where))
        check_free_memory(on_disk if packed else unpacked, str(where))
    calibration = load_calibration(where)
    evidence_head = EvidenceHead.load(where)
    has_reader = bool(reader_files(where))
    layers = None
    if has_reader or evidence_head:
        layers = int(calibration.get("evidence_layer", config.num_hidden_layers - 1)) + 1
    with ThreadPoolExecutor(2) as pool:  # hashing and JSON run beside the unpacking of the weights
        digest = pool.submit(fingerprint, where)
        tokens = pool.submit(CheckpointTokenizer.load, where)
        lower = load_network(where, config, compute, layers, packed=packed)
        _add_adapters(lower, where, target, compute)
        return NetworkModel(
            config=config,
            tokenizer=tokens.result(),
            lower=lower if target.type == "cpu" else lower.to(target),
            fingerprint=digest.result(),
            folder=where,
            dtype=compute,
            calibration=calibration,
            evidence_head=evidence_head,
            has_reader=has_reader,
            device=target,
        )


def _add_adapters(network: Network, folder: Path, device: torch.device, dtype: torch.dtype) -> None:
    """Adds the evidence head's small matrices to those of the layers below it."""
    for name, (down, up) in load_evidence_adapters(folder).items():
        linear = network.get_submodule(name)
        assert isinstance(linear, Linear)
        linear.adapter = (
            torch.from_numpy(down).to(device, dtype),
            torch.from_numpy(up).to(device, dtype),
        )


def _resolve_precision(
    folder: Path, device: torch.device, asked: torch.dtype | str | None
) -> tuple[torch.dtype, bool]:
    """What a model computes in on `device`, and whether quantized matrices stay so. Raises
    ConfigUnsupported: `asked` names no known dtype."""
    if isinstance(asked, torch.dtype):
        return asked, False
    if asked:
        if asked not in DTYPES:
            raise ConfigUnsupported(f"dtype '{asked}' is not known; one of {', '.join(DTYPES)}")
        return DTYPES[asked], False
    if device.type != "cpu":
        return torch.bfloat16 if device.type == "cuda" else torch.float32, False
    plain = default_dtype()
    narrow = plain != torch.float32
    if is_gguf(folder):
        file = open_gguf(folder)
        packed = any(tensor.tensor_type.name in BLOCKS for tensor in file.tensors.values())
        if file.architecture_field("expert_count", 0):
            # else they are dequantized, in a dtype that as many as possible fit in
            packed = packed and has_experts_in_blocks(file)
    else:
        packed = is_packed_faster(than_bfloat16=narrow) and (
            not narrow or CONFIG_KEY in load_config(folder)
        )
    return (torch.float32 if packed else plain), packed


def default_dtype() -> torch.dtype:
    """bfloat16 where the processor has instructions for it, else float32."""
    return torch.bfloat16 if has_fast_bfloat16() else torch.float32
