"""The types of what app is given: a model that runs here, its tokenizer, its calibration.

`answering.AnsweringModel` answers without torch, `load.NetworkModel` computes all layers with it;
a test can hand in a smaller one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, Protocol, TypedDict, cast

from .state.header import StateModel

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import Tensor

    from .heads.evidence import EvidenceHead
    from .heads.excerpt_reading import ExcerptReader
    from .mtp import Mtp
    from .network import Network
    from .state.state import State


PACKED_PRECISION = "float32, packed matrices times 8-bit activations"


class Logistic(TypedDict):
    """A weight for each of some features, and a bias."""

    weights: list[float]
    bias: float


class NamedLogistic(Logistic):
    """A logistic over named signals."""

    features: list[str]


class RefusalCalibration(NamedLogistic):
    """Logistics over named signals of "the answer is right"; under `threshold` a question counts as
    not answered.

    `forms`: by the form of the answer, where fitted; `weights` and `bias` are for all others.
    `evidence`: of "the first passage answers"; from `possible_threshold` on a refusal shows it as
    possible.
    """

    threshold: float
    forms: NotRequired[dict[str, Logistic]]
    evidence: NotRequired[Logistic]
    possible_threshold: NotRequired[float]


class Calibration(TypedDict, total=False):
    """calibration.json of a model folder: what was fitted for its answers; every part may be
    missing.

    `evidence_layer`: what the evidence head works on. `evidence_weights`: of bm25, vector, passage.
    `span_reader`: of the signals that order the candidates of a reader.
    `agrees`: of "what is asked holds by this document".
    """

    evidence_layer: int
    evidence_weights: dict[str, float]
    span_reader: dict[str, float]
    refusal: RefusalCalibration
    agrees: NamedLogistic


class Tokenizer(Protocol):
    """Text to token ids."""

    @property
    def eos_ids(self) -> tuple[int, ...]:
        """All ids that end a text."""

    def token_id(self, name: str) -> int | None:
        """The id of a token by its name, or None."""

    def encode_template(self, text: str) -> list[int]:
        """The ids of `text`, in which control tokens are read as such."""

    def encode(self, text: str) -> list[int]:
        """The ids of `text`, read as plain words."""

    def encode_with_offsets(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """The ids of `text` and the characters (start, end) that each covers."""

    def decode(self, ids: list[int]) -> str:
        """The text of `ids`."""

    def token_bytes(self, token: int) -> bytes:
        """The bytes that a token stands for."""

    @property
    def vocab_size(self) -> int: ...


class VectorEncoder(Protocol):
    """Makes vectors of passages and of questions; `identity` names the file that it came from."""

    @property
    def identity(self) -> str: ...

    def vectors(self, texts: Sequence[str], *, asked: bool = False) -> np.ndarray:
        """Vectors of texts, or of questions (`asked`), float32 [texts, dim]; the product of two is
        their likeness.
        """


class Reranker(Protocol):
    """Reads a question with each passage and says which answer best."""

    def scores(self, question: str, texts: Sequence[str]) -> np.ndarray:
        """How well each text answers, [texts]."""


class Model(StateModel, Protocol):
    """A checkpoint that runs on this machine, and reads."""

    @property
    def tokenizer(self) -> Tokenizer: ...
    @property
    def folder(self) -> Path: ...
    @property
    def is_on_cpu(self) -> bool: ...
    @property
    def packed(self) -> bool:
        """Whether matrices stay in the bits of their file."""

    @property
    def item_bytes(self) -> int:
        """Bytes of a number of the compute dtype."""

    @property
    def calibration(self) -> Calibration: ...
    @property
    def evidence_head(self) -> EvidenceHead | None: ...
    @property
    def has_reader(self) -> bool:
        """Whether a reader cuts answers from the documents, and only `answer_layers` are read for
        them.
        """

    @property
    def reader(self) -> ExcerptReader | None:
        """The encoder that reads excerpts with a question, or None."""

    @property
    def passage_encoder(self) -> VectorEncoder | None:
        """What makes vectors of passages, or None."""

    @property
    def reranker(self) -> Reranker | None:
        """What orders the best passages anew, or None."""

    @property
    def evidence_layer(self) -> int: ...
    @property
    def answer_layers(self) -> int:
        """How many of the first layers an answer depends on."""

    def new_state(self, yarn_factor: float = 1.0, *, layers: int | None = None) -> State:
        """An empty state, of the first `layers` only where given."""

    def prefill(
        self,
        ids: Sequence[int] | Tensor,
        state: State,
        *,
        on_hidden: Callable[[int, Any], None] | None = None,
    ) -> Any:
        """Reads `ids` into `state`; returns the last token's hidden state [dim].

        The hook gets a position and the output of `evidence_layer` [seq, dim] of the tokens from
        there on.
        """

    def evidence_states(self, ids: Sequence[int]) -> np.ndarray:
        """Output of `evidence_layer` for `ids` alone, float32 [seq, dim]."""


class WritingModel(Model, Protocol):
    """A model that can write text too: all but `AnsweringModel`."""

    @property
    def dtype(self) -> torch.dtype: ...
    @property
    def mtp(self) -> Mtp | None: ...
    @property
    def network(self) -> Network:
        """All layers."""

    def logits(self, hidden: Tensor) -> Tensor:
        """Hidden states [.., dim] to logits over the vocabulary [.., vocab], float32 at least."""


def writing_model(model: Model) -> WritingModel:
    """`model` as one that writes, which its caller knows."""
    return cast(WritingModel, model)
