"""docqa reads a long document once and answers any number of questions about it, in its own words,
offline.

    from docqa import Options, open_session

    with open_session(["contract.pdf"], Options()) as session:
        answer = session.answer("When does the term end?")
        print(answer.status, answer.answer, [quote.text for quote in answer.quotes])

`open_session` parses documents and returns a Session, `AsyncSession` is the same for asyncio.
`Options` says how documents are read and questions answered. `Session.answer` returns an `Answer`
with its `Quote`s; `Session.ask` yields an `Event` for all that happens before, and last `Finished`,
which holds the Answer. Everything else may move.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docqa.app.answer.answer import Answer, Quote
    from docqa.app.answer.events import Event
    from docqa.app.options import Options
    from docqa.app.session.asynchronous import AsyncSession
    from docqa.app.session.engine import open_session

    __version__: str

__all__ = ["Answer", "AsyncSession", "Event", "Options", "Quote", "open_session"]


def __getattr__(name: str) -> Any:
    """The version, and the public names, imported when they are first used."""
    if name == "__version__":
        from importlib.metadata import version

        return version("docqa-reader")
    if name in __all__:
        import docqa.app

        return getattr(docqa.app, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
