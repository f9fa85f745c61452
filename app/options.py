"""Options: how documents are read and questions answered; the defaults are those of the
commands.
"""

from dataclasses import dataclass
from typing import Literal

Source = Literal["auto", "whole", "passages"]
SOURCES: tuple[Source, ...] = ("auto", "whole", "passages")

LISTED_PASSAGES = 5
"""Passages that an answer lists as evidence where no number is asked for."""


@dataclass(frozen=True)
class Options:
    """What a Session is opened with.

    `k`: passages that are read for a question and listed as evidence; None reads as many as the
    model reads best and lists LISTED_PASSAGES. `quick`: only the preliminary answer. `preview`: a
    preliminary answer first when reading takes long. `store`: keep on disk what was read;
    `store_protected`: also of documents that were opened with a password.
    `model_scores`: let the model's own signals rank evidence (off: literal words alone). `model`
    openai:NAME is asked of the server at `base_url`, which may be silent for `timeout_s`. `think`:
    whether a model that can think does so; None leaves it to the model. `source`: what a model that
    writes is given, the whole documents or passages of them (`--from`); auto: the whole where it
    was read before or is short. `within`: documents may take in other files at or below these real
    paths. `sections`: only these ("3-5,A"). `reader`, `encoder`, `reranker`: folders of third-party
    models in these roles next to the bundled model.
    """

    model: str | None = None
    k: int | None = None
    quick: bool = False
    preview: bool = True
    store: bool = True
    store_protected: bool = False
    include_hidden: bool = False
    within: tuple[str, ...] | None = None
    password: str | None = None
    media_type: str | None = None
    cache_dir: str | None = None
    threads: int | None = None
    device: str = "auto"
    model_scores: bool = True
    base_url: str | None = None
    timeout_s: float = 120.0
    think: bool | None = None
    source: Source = "auto"
    sections: str | None = None
    reader: str | None = None
    encoder: str | None = None
    reranker: str | None = None

    @property
    def listed_passages(self) -> int:
        return self.k or LISTED_PASSAGES
