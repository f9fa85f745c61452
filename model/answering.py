"""A model that reads and answers without torch, whose import takes longer than a first question
about a few pages.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from docqa.kernels.native import is_packed_faster, library_to_use
from docqa.kernels.threads import use_threads

from .checkpoints.weights import CONFIG_KEY, fingerprint, weight_files
from .config import LINEAR, HybridConfig, load_config
from .cost.machine import has_fast_bfloat16
from .cost.plan import check_length
from .folder import load_calibration
from .heads.evidence import EvidenceHead, load_evidence_adapters
from .heads.excerpt_reading import ExcerptReader
from .heads.passage_encoder import PassageEncoder
from .heads.reader_text import reader_files
from .native.tensors import FolderTensors
from .native.trunk import NativeTrunk
from .protocol import PACKED_PRECISION, Calibration, Reranker, VectorEncoder
from .state.state import State
from .tokenizer import CheckpointTokenizer


class ReadingModel:
    """What a model takes from its folder when first needed, with torch and without."""

    folder: Path

    @cached_property
    def reader(self) -> ExcerptReader | None:
        """The checkpoint's reader, or None. Raises WeightsMismatch."""
        return ExcerptReader.load(self.folder)

    @cached_property
    def passage_encoder(self) -> VectorEncoder | None:
        return PassageEncoder.load(self.folder)


class AnsweringModel(ReadingModel):
    """Reads and answers as the `NetworkModel` of its folder does, and writes nothing."""

    is_on_cpu = True
    packed = True
    item_bytes = 4
    precision = PACKED_PRECISION
    has_reader = True
    device = None
    reranker: Reranker | None = None

    def __init__(self, folder: Path, config: HybridConfig, calibration: Calibration) -> None:
        """Raises TokenizerUnsupported, WeightsMissing, WeightsMismatch: each names its file."""
        self.folder = folder
        self.config = config
        self.calibration = calibration
        self.evidence_head = EvidenceHead.load(folder)
        with ThreadPoolExecutor(1) as pool:  # hashing runs beside the rest
            print_of = pool.submit(fingerprint, folder)
            self.tokenizer = CheckpointTokenizer.load(folder)
            library = library_to_use()
            assert library is not None
            tensors = FolderTensors(weight_files(folder))
            adapters = load_evidence_adapters(folder)
            self._trunk = NativeTrunk(tensors, config, self.answer_layers, library, adapters)
            self.fingerprint = print_of.result()

    @property
    def evidence_layer(self) -> int:
        return self.answer_layers - 1

    @property
    def answer_layers(self) -> int:
        return int(self.calibration["evidence_layer"]) + 1

    def evidence_states(self, ids: Sequence[int]) -> np.ndarray:
        return self._trunk.states(ids)

    def new_state(self, yarn_factor: float = 1.0, *, layers: int | None = None) -> State:
        """An empty state of the `answer_layers`, all that is read here."""
        return State(self.config.first_layers(self.answer_layers), yarn_factor)

    def prefill(
        self, ids: Any, state: State, *, on_hidden: Callable[[int, np.ndarray], None] | None = None
    ) -> np.ndarray:
        check_length(self.config, state.yarn_factor, state.position + len(ids))
        done = 0
        while done < len(ids):
            position = state.position
            count = state.grid - state.position % state.grid
            hidden = self._trunk.states(ids[done : done + count], state)
            if on_hidden:
                on_hidden(position, hidden)
            done += count
        return hidden[-1]


def answering_model(folder: Path, threads: int | None, device: str) -> AnsweringModel | None:
    """The model of a checkpoint folder that answers without torch; None where it needs torch:
    without the native library, on an accelerator, in another precision, or where answers come from
    more than delta nets and packed heads. Raises ConfigUnsupported, TokenizerUnsupported,
    WeightsMissing, WeightsMismatch, naming the file."""
    if (
        device not in ("auto", "cpu")
        or os.environ.get("DOCQA_DTYPE")
        or not (folder / "config.json").is_file()
    ):
        return None
    calibration = load_calibration(folder)
    layer = calibration.get("evidence_layer")
    packed = is_packed_faster(than_bfloat16=has_fast_bfloat16())
    if layer is None or CONFIG_KEY not in load_config(folder) or not packed:
        return None
    config = HybridConfig.from_folder(folder)
    kinds = config.layer_types[: int(layer) + 1]
    if (
        not reader_files(folder)
        or set(kinds) != {LINEAR}
        or any(map(config.is_sparse_layer, range(len(kinds))))
    ):
        return None
    if threads is not None:
        use_threads(threads)
    return AnsweringModel(folder, config, calibration)
