"""Where a remote model answers: the kind of server before its name, and the base URL. The key is
read, never kept.
"""

import os
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from docqa.app.errors import UsageError

SERVERS = {"openai": None, "ollama": 11434, "lmstudio": 1234, "vllm": 8000, "llamacpp": 8080}
"""The port of this machine at which the server of a model called KIND:NAME listens if no other
address is named; `openai` is any server.
"""
KEY_VARIABLE = "DOCQA_API_KEY"  # sent to whatever server the user names
# a key that programs share, for no other
OPENAI_KEY_VARIABLE = "OPENAI_API_KEY"
OPENAI_HOST = "api.openai.com"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HINT = "--base-url http://HOST:PORT/v1"


def is_remote(model: str | None) -> bool:
    """Whether a name of a model means a server's."""
    return model is not None and ":" in model and model.partition(":")[0] in SERVERS


def default_url(model: str | None) -> str | None:
    """The address at which a model's server listens if no other is named."""
    port = SERVERS.get((model or "").partition(":")[0])
    return f"http://127.0.0.1:{port}/v1" if port else None


@dataclass(frozen=True)
class Address:
    """`name` as the server knows it, `base_url` without a slash at its end, `kind` of SERVERS."""

    name: str
    base_url: str
    kind: str = "openai"

    @classmethod
    def from_model_name(cls, model: str, base_url: str | None) -> Self:
        """From `KIND:NAME` and a URL. Raises UsageError for what names no server, or holds a
        password.
        """
        kind, _, name = model.partition(":")
        name = name.strip()
        base_url = base_url or default_url(model)
        if not name:
            raise UsageError(
                "names no model", where=model, hint=f"{kind}:NAME, as the server calls it"
            )
        if not base_url:
            raise UsageError(f"no server is named for {model}", hint=f"{_HINT}, or DOCQA_BASE_URL")
        try:
            parts = urlsplit(base_url)
            host = (
                parts.hostname
                if parts.scheme in ("http", "https") and (parts.port or 1) > 0
                else None
            )
        except ValueError:  # of a port that is no number as well
            host = None
        if not host:
            raise UsageError(
                "is no address of a server", where=base_url.rpartition("@")[2], hint=_HINT
            )
        if parts.username or parts.password:
            # It would stand in the history and in messages; a key has its own place.
            raise UsageError(
                "the base URL holds a password", where=host, hint=f"put the key into {KEY_VARIABLE}"
            )
        if parts.query or parts.fragment:
            raise UsageError("the base URL has a part behind ? or #", where=host, hint=_HINT)
        return cls(
            name, base_url.strip().rstrip("/").removesuffix("/chat/completions").rstrip("/"), kind
        )

    @property
    def is_on_this_machine(self) -> bool:
        """Whether the server is on this machine; what goes to it must not take the way over a
        proxy.
        """
        return urlsplit(self.base_url).hostname in _LOOPBACK

    @property
    def model(self) -> str:
        """What `provenance` calls the model; a server may change what answers to a name, and does
        not say so.
        """
        return f"{self.kind}:{self.name}"

    def privacy_notice(self) -> str:
        """That passages leave this machine, and where to."""
        url = urlsplit(self.base_url)
        clear = ", unencrypted" if url.scheme == "http" and not self.is_on_this_machine else ""
        return f"passages of the documents and the question are sent to {url.netloc}{clear}, for {self.model}"

    def __str__(self) -> str:
        return f"{self.model} at {self.base_url}"


def api_key(address: Address) -> str | None:
    """The key for `address`, if any. Raises UsageError, without naming it, for one that no header
    can hold.
    """
    variable = KEY_VARIABLE
    if not os.environ.get(variable) and urlsplit(address.base_url).hostname == OPENAI_HOST:
        variable = OPENAI_KEY_VARIABLE
    key = os.environ.get(variable, "").strip()
    if any(not "!" <= character <= "~" for character in key):
        raise UsageError(
            "holds characters that no key has", where=variable, hint="set it again, on one line"
        )
    return key or None
