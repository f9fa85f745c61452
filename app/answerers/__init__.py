"""The ways to answer a question of one Session: the bundled reader, a checkpoint that writes, a
server.
"""

__all__ = [
    "across",
    "answerer",
    "compose",
    "corpus",
    "document_evidence",
    "extractive",
    "loading",
    "local",
    "local_generator",
    "third_party",
    "written",
]
