"""What a person touches: the command line, the terminal interface and batches over one Session. No
tensors here.

`from docqa import Options, open_session` is the public surface; the same names are here.
"""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answer.answer import Answer, Quote
    from .answer.events import Event
    from .options import Options
    from .session.asynchronous import AsyncSession
    from .session.engine import open_session

# Threads of numpy's products and of the native kernels wait for each other. Elsewhere torch goes by
# it, too.
if not hasattr(os, "uname") or os.uname().machine == "x86_64":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
__all__ = ["Answer", "AsyncSession", "Event", "Options", "Quote", "open_session"]
_MODULES = {
    "Answer": "answer.answer",
    "AsyncSession": "session.asynchronous",
    "Event": "answer.events",
    "Options": "options",
    "Quote": "answer.answer",
    "open_session": "session.engine",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first used, so that `docqa --help` does not pay for
    them.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
