"""Checkpoints of docqa's family: names on the hub, sizes, and what they need. Shapes are those of
the published configurations, text part only; the rest of a download (vision, multi-token
prediction) is at most a tenth of it."""

import csv
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path

from docqa.model.config import FULL, LINEAR, HybridConfig
from docqa.model.cost.plan import parameters, state_bytes
from docqa.model.foreign.folder import ENCODER, READER, RERANKER

# of the delta layers, the same in all of them
_KEY_HEADS = 16
_HEAD = 128
_ATTENTION_HEAD = 256
_FULL_EVERY = 4  # one attention layer after three delta layers
_VOCABULARY = 248_320
_VOCABULARY_OF_NEXT = 151_936


@dataclass(frozen=True)
class AttentionShape:
    """What a member with attention in every layer has otherwise. `rope_type`: llama3 where its
    frequencies are scaled for `native context` in tokens."""

    model_type: str
    vocabulary: int
    head_dim: int
    context: int
    rope_type: str = "default"


APACHE = "Apache-2.0"
BITS = (4, 6, 8)
"""What `docqa models quantize` writes the matrices in."""
_BYTES_OF_BITS = {4: 0.5 + 4 / 64, 6: 210 / 256, 8: 1 + 4 / 64}  # with their scales
_EMBEDDING_BITS = 8  # at least


@dataclass(frozen=True)
class KnownModel:
    """The shape as in config.json: heads of attention and of the delta layers' values, the width of
    an MLP or expert. `experts`: of a layer and of a token, (0, 0) for dense models. `tied`: the
    embedding is the head too. `form`: bf16 or fp8. `transformer`: of a member without delta
    layers."""

    id: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    value_heads: int
    width: int
    experts: tuple[int, int] = (0, 0)
    tied: bool = False
    form: str = "bf16"
    license: str = APACHE
    transformer: AttentionShape | None = None

    @cached_property
    def config(self) -> HybridConfig:
        shared = partial(
            HybridConfig,
            hidden_size=self.hidden,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.kv_heads,
            tie_word_embeddings=self.tied,
        )
        if self.transformer:
            return shared(
                vocab_size=self.transformer.vocabulary,
                head_dim=self.transformer.head_dim,
                layer_types=(FULL,) * self.layers,
                model_type=self.transformer.model_type,
                intermediate_size=self.width,
                max_position_embeddings=self.transformer.context,
                rope_parameters={"rope_type": self.transformer.rope_type},
            )
        count, routed = self.experts
        return shared(
            vocab_size=_VOCABULARY_OF_NEXT if "Next" in self.id else _VOCABULARY,
            head_dim=_ATTENTION_HEAD,
            linear_num_key_heads=_KEY_HEADS,
            linear_num_value_heads=self.value_heads,
            linear_key_head_dim=_HEAD,
            linear_value_head_dim=_HEAD,
            layer_types=tuple(
                LINEAR if (at + 1) % _FULL_EVERY else FULL for at in range(self.layers)
            ),
            model_type="qwen3_5_moe_text" if count else "qwen3_5_text",
            intermediate_size=0 if count else self.width,
            num_experts=count,
            num_experts_per_tok=routed,
            moe_intermediate_size=self.width if count else 0,
            shared_expert_intermediate_size=self.width if count else 0,
        )

    @cached_property
    def _counts(self) -> dict[str, int]:
        return parameters(self.config)

    @property
    def download_bytes(self) -> int:
        """About what is fetched: two bytes a parameter, one in FP8."""
        return round(self._counts["total"] * (2 if self.form == "bf16" else 1.03))

    def stored_bytes(self, bits: int | None) -> int:
        """About what the weights take: as they come, or quantized to 4, 6 or 8 bits."""
        if bits is None:
            return self.download_bytes
        bits = 8 if bits == 6 and self.hidden % 256 else bits  # rows that are no whole blocks
        embedding = self._counts["embedding"]
        matrices = (self._counts["total"] - embedding) * _BYTES_OF_BITS[bits]
        return round(matrices + embedding * _BYTES_OF_BITS[max(bits, _EMBEDDING_BITS)])

    @property
    def active_share(self) -> float:
        """The part of the parameters (0 to 1) that one token goes through, embedding and head
        whole.
        """
        return self._counts["active"] / self._counts["total"]

    def memory_bytes(self, tokens: int, bits: int | None = 4) -> int:
        """About what a read of `tokens` tokens takes: weights (`stored_bytes`), and three states
        with one set of keys and values, as `cost.plan.estimate` has it.
        """
        sizes = state_bytes(self.config, tokens)
        return self.stored_bytes(bits) + 3 * sizes["fixed"] + sizes["kv"]


def _known(name: str, *fields: str) -> KnownModel:
    hidden, layers, heads, kv_heads, value_heads, width, experts, used, tied = map(int, fields[:9])
    model_type, *of_transformer = fields[11:]
    transformer = None
    if model_type:
        vocabulary, head_dim, context = map(int, of_transformer[:3])
        transformer = AttentionShape(model_type, vocabulary, head_dim, context, of_transformer[3])
    shape = hidden, layers, heads, kv_heads, value_heads, width
    return KnownModel(name, *shape, (experts, used), bool(tied), fields[9], fields[10], transformer)


with Path(__file__).with_name("known.csv").open(encoding="utf-8") as file:
    KNOWN = tuple(_known(*row) for row in islice(csv.reader(file), 1, None))


OTHERS = (
    ("sentence-transformers/all-MiniLM-L6-v2", ENCODER, 90_868_376, APACHE),
    ("sentence-transformers/all-mpnet-base-v2", ENCODER, 437_971_872, APACHE),
    ("deepset/roberta-base-squad2", READER, 496_254_442, "CC-BY-4.0"),
    ("cross-encoder/ms-marco-MiniLM-L6-v2", RERANKER, 90_870_598, APACHE),
)
"""Others' models for `foreign.folder.ROLES`, in safetensors: id, role, bytes of the download,
license.
"""


KNOWN_IDS = (*(model.id for model in KNOWN), *(row[0] for row in OTHERS))


def known(name: str) -> KnownModel | None:
    """The known model of that id, or of its last part (`Qwen3.5-4B`), in any case."""
    found = known_id(name)
    return next((model for model in KNOWN if model.id == found), None)


def known_id(name: str) -> str | None:
    """The id that such a name means, of whatever role, or None."""
    wanted = name.casefold()
    return next(
        (each for each in KNOWN_IDS if wanted in (each.casefold(), each.casefold().split("/")[1])),
        None,
    )
