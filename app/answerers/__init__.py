"""The ways to answer a question behind one Session: the bundled reader, a checkpoint that writes, a server."""

__all__ = ["answerer", "compose", "corpus", "extractive", "loading", "written"]
