"""What stands for a model that a server runs, where a Session wants one. Only a tokenizer is loaded, to count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from docqa.app.answerers.remote.address import Address
from docqa.app.answerers.remote.client import ChatClient

if TYPE_CHECKING:
    from docqa.model.tokenizer import Tokenizer


@dataclass(frozen=True)
class RemoteModel:
    """`tokenizer` is the bundled model's: it lays out the documents, and its counts are near those of any other."""

    address: Address
    timeout_s: float

    @cached_property
    def tokenizer(self) -> Tokenizer:
        from docqa.app.models.library import bundled
        from docqa.model.tokenizer import Tokenizer

        return Tokenizer.load(bundled())

    @property
    def client(self) -> ChatClient:
        return ChatClient(self.address, self.timeout_s)

    @property
    def fingerprint(self) -> str:
        """What `provenance` calls the model; a server may change what answers to a name, and does not say so."""
        return f"openai:{self.address.name}"

    def notice(self) -> str:
        """That passages leave this machine, and where to."""
        clear = ", unencrypted" if self.address.in_the_clear else ""
        return (
            f"passages of the documents and the question are sent to {self.address.host}{clear}, for {self.fingerprint}"
        )
