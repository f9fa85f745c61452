"""Checkpoints of docqa's family, and others for one role: names on the hub, and what they need."""

import csv
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from docqa.model.foreign.folder import ENCODER, READER, RERANKER

APACHE = "Apache-2.0"
BITS = (4, 6, 8)
"""What `docqa models quantize` writes the matrices in."""


class KnownModel(NamedTuple):
    """About what a checkpoint needs, by its published configuration (text part only: vision and
    multi-token prediction are at most a tenth of a download). `packed_bytes`: of the weights in 4
    bits; `memory_bytes`: with these for 262,144 tokens; `active_share`: the part of the parameters
    (0 to 1) that one token goes through, embedding and head whole."""

    id: str
    download_bytes: int
    packed_bytes: int
    memory_bytes: int
    active_share: float
    license: str


with Path(__file__).with_name("known.csv").open(encoding="utf-8") as file:
    KNOWN = tuple(
        KnownModel(name, *map(int, sizes), float(share), license_)
        for name, *sizes, share, license_ in islice(csv.reader(file), 1, None)
    )


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
