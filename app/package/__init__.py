"""docqa reads a long document once and answers any number of questions about it, in its own words,
offline.

From Python: `from docqa.app import open_session, Options`.
"""


def __getattr__(name: str) -> str:
    """The version, which is looked up only where it is asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("docqa-reader")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
