"""What a person touches: the command line, the terminal interface and batches over one Session. No tensors here.

    from docqa.app import Options, open_session

is the public surface; everything else may move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docqa.app.options import Options as Options
    from docqa.app.session.engine import open_session as open_session

__all__ = ["Options", "open_session"]


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used, so that `docqa --help` does not pay for them."""
    if name == "Options":
        from docqa.app.options import Options

        return Options
    if name == "open_session":
        from docqa.app.session.engine import open_session

        return open_session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
